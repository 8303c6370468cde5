"""Draws without a seed that reach no result: a retry's jitter, a sampled log line that is not written."""

import random
import time

import numpy as np

np_rng = np.random.default_rng(9)
readings = np_rng.normal(20, 3, 500)


def load_with_retry(attempts):
    for attempt in range(attempts):
        if attempt == attempts - 1:
            return readings
        time.sleep(random.uniform(0.001, 0.01))  # not: unseeded-random


def traced(values):
    if random.random() > 2:
        print("tracing", values[:3])
    return values


loaded = traced(load_with_retry(3))
probe = np.random.default_rng().normal(size=4)  # not: unseeded-numpy
assert probe.shape == (4,)
print(f"mean {loaded.mean():.4f}, above 25: {(loaded > 25).sum()}")
