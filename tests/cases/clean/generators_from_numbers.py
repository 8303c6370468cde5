"""Each task of a thread pool seeds its generator with its number."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np


def estimate(number):
    points = np.random.default_rng(number).random((400, 2))  # not: unseeded-numpy
    return 4 * float((np.hypot(*points.T) < 1).mean())


with ThreadPoolExecutor(4) as pool:
    estimates = list(pool.map(estimate, range(12)))
print("pi", [round(value, 3) for value in estimates[:4]], round(sum(estimates) / 12, 5))
