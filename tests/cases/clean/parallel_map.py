"""A thread pool whose results are taken in order, each task with a generator of its own."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np


def bootstrap_mean(seed_sequence):
    rng = np.random.default_rng(seed_sequence)
    sample = rng.exponential(3.0, 2000)
    return rng.choice(sample, sample.size).mean()


with ThreadPoolExecutor(max_workers=3) as pool:
    means = list(pool.map(bootstrap_mean, np.random.SeedSequence(77).spawn(24)))  # not: completion-order
print(f"mean of means {np.mean(means):.6f}, spread {np.std(means):.6f}")
print("first", [round(mean, 4) for mean in means[:4]])
