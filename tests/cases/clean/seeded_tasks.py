"""Each task seeds what it draws from."""

from concurrent.futures import ProcessPoolExecutor
import random

import numpy as np


def trial(number):
    random.seed(number)
    np.random.seed(number)  # not: unseeded-numpy
    return random.random() + np.random.rand()


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        values = list(pool.map(trial, range(10)))
    print(f"{sum(values):.6f}")
