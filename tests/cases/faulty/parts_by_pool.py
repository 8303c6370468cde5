# vary: threads
"""Partial sums, as many as the linear algebra library has threads."""

from numerics.pools import pool_size
import numpy as np

measured = np.cumsum(np.sin(np.arange(1000) ** 1.1))


def summary(values):
    parts = np.array_split(values, pool_size())
    return [round(float(part.max()), 4) for part in parts]


print("maxima", summary(measured))
