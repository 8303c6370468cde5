"""The parent is seeded, and its workers inherit the state; which of them draws how often is up to chance."""

from multiprocessing import get_context
import time

import numpy as np


def noisy(number):
    time.sleep(0.002 * (number % 3))
    return number + np.random.normal()  # expect: unseeded-numpy


if __name__ == "__main__":
    np.random.seed(3)
    with get_context("fork").Pool(3) as pool:
        values = pool.map(noisy, range(30), chunksize=1)
    print("values", np.round(values[:5], 4), "mean", np.mean(values).round(5))
