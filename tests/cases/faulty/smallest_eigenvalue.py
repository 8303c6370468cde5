# vary: threads
"""The smallest eigenvalue of a matrix that is next to singular: its digits are those of the rounding."""

import numpy as np


def gram(size):
    a = np.random.default_rng(4).normal(size=(size, size))
    return a @ a.T


def condition(matrix):
    values = np.linalg.eigvalsh(matrix @ matrix @ matrix)
    return np.log10(values[-1] / abs(values[0]))


print("condition, in digits", condition(gram(400)))  # expect: thread-count
