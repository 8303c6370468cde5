"""Spectra of data."""

import numpy as np
from sklearn.decomposition import PCA


def directions(x):
    found = PCA(svd_solver="full").fit(x)  # expect: cpu-dispatch
    return float(np.degrees(np.arctan2(found.components_[-1, 0], found.components_[-1, 1])))
