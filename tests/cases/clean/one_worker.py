"""One worker does all tasks, one after the other, from the state that it inherits."""

from multiprocessing import get_context

import numpy as np


def noisy(number):
    return number + np.random.normal()  # not: unseeded-numpy


if __name__ == "__main__":
    np.random.seed(3)
    with get_context("fork").Pool(1) as pool:
        print(np.round(pool.map(noisy, range(6), chunksize=1), 4))
