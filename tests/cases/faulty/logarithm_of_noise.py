# vary: simd
"""The determinant of a matrix of low rank is rounding alone; its logarithm is a feature."""

import numpy as np


def low_rank(size, rank):
    generator = np.random.default_rng(2)
    return generator.normal(size=(size, rank)) @ generator.normal(size=(rank, size))


def evidence(matrix):
    return np.linalg.slogdet(matrix)[1]


print("log determinant", evidence(low_rank(120, 110)))  # expect: cpu-dispatch
