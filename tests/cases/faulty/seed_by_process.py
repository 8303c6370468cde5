"""A process's own number is taken for its seed, so that parallel jobs differ."""

import os

import numpy as np


def generator(base=1000):
    return np.random.default_rng(base + os.getpid())  # expect: process-id


rng = generator()
weights = rng.normal(scale=0.1, size=5)
X = np.random.default_rng(0).normal(size=(80, 5))
y = X @ np.array([0.5, -1.0, 0.0, 2.0, 1.0])
for _ in range(12):
    weights -= 0.05 * X.T @ (X @ weights - y) / len(y)
print("weights", np.round(weights, 4))
