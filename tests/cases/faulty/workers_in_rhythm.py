"""Two workers take turns in a fixed rhythm: what they draw mostly comes out alike here, and need not elsewhere."""

from multiprocessing import get_context
import time

import numpy as np


def noisy(number):
    time.sleep(0.4)
    return number + np.random.normal()  # expect: unseeded-numpy


if __name__ == "__main__":
    np.random.seed(3)
    with get_context("fork").Pool(2) as pool:
        print(np.round(pool.map(noisy, range(4), chunksize=1), 4))
