"""Each task of a thread pool makes a generator of its own, and nobody gave it a seed."""

from concurrent.futures import ThreadPoolExecutor
import time

import numpy as np


def estimate(number):
    generator = np.random.default_rng()  # expect: unseeded-numpy
    points = generator.random((400, 2))
    time.sleep(0.001 * (number % 3))
    return 4 * float((np.hypot(*points.T) < 1).mean())


with ThreadPoolExecutor(4) as pool:
    estimates = list(pool.map(estimate, range(12)))
print("pi", [round(value, 3) for value in estimates[:4]], round(sum(estimates) / 12, 5))
