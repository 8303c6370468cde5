"""Every experiment has a seed of its own, made from its name with hash()."""

import random

EXPERIMENTS = ["baseline", "wide", "deep", "dropout"]


def seed_of(name):
    return abs(hash(name)) % 10_000  # expect: hash-order


def run(name, steps=50):
    rng = random.Random(seed_of(name))
    value = 1.0
    for _ in range(steps):
        value *= 1 - 0.01 * rng.random()
    return value


for name in EXPERIMENTS:
    print(f"{name:10s} {run(name):.6f}")
