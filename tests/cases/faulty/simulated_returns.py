"""Returns by scipy's distributions, which draw from numpy's global state; the seed is given to random alone."""

import random

import numpy as np
from scipy import stats

random.seed(2024)
DAYS = 250
MODELS = {"calm": stats.norm(0.0004, 0.008), "wild": stats.t(3, 0.0002, 0.015)}


def path(model, days):
    returns = model.rvs(size=days)  # expect: unseeded-numpy
    return np.cumprod(1 + returns)


def drawdown(values):
    peaks = np.maximum.accumulate(values)
    return float(((peaks - values) / peaks).max())


for name in sorted(MODELS):
    values = path(MODELS[name], DAYS)
    print(f"{name}: end {values[-1]:.4f}, drawdown {drawdown(values):.4f}")
print("scenario", random.choice(sorted(MODELS)))
