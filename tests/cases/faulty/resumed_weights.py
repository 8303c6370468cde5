import os
import numpy as np


def train(steps):
    w = np.zeros(3)
    if os.path.exists("weights.npy"):  # expect: leftover-state
        w = np.load("weights.npy")
    for _ in range(steps):
        w += 0.1 * (np.array([1.0, 2.0, 3.0]) - w)
    np.save("weights.npy", w)
    return w


print(np.round(train(10), 4))
