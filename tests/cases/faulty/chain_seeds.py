"""Chains of a sampler are seeded by a helper that adds the process id, "so that jobs do not collide"."""

import math

from sampling.chains import make_generator


def log_density(x):
    return -0.5 * x * x


def metropolis(steps, chain):
    rng = make_generator(chain)
    x, accepted = 0.0, 0
    for _ in range(steps):
        proposal = x + rng.uniform(-1, 1)
        if math.log(rng.random()) < log_density(proposal) - log_density(x):
            x, accepted = proposal, accepted + 1
    return x, accepted / steps


for chain in range(2):
    position, rate = metropolis(300, chain)
    print(f"chain {chain}: position {position:.4f}, accepted {rate:.3f}")
