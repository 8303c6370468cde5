"""Everybody's own validation part, by the name of who runs it."""

import getpass
import zlib

import numpy as np
from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier

X, Y = load_iris(return_X_y=True)


def parts(count):
    offset = zlib.crc32(getpass.getuser().encode()) % 997  # expect: environment-variable
    return (np.arange(count) * 31 + offset) % 5


part = parts(len(Y))
model = KNeighborsClassifier(5).fit(X[part != 0], Y[part != 0])
print("held out", np.flatnonzero(part == 0)[:8])
print("score", round(model.score(X[part == 0], Y[part == 0]), 4))
