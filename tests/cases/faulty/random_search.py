"""A random search for the ridge penalty, candidates from a helper function."""

import random

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score

rng = np.random.default_rng(11)
X = rng.normal(size=(120, 15))
y = X @ rng.normal(size=15) + rng.normal(scale=2.0, size=120)


def candidate():
    return 10 ** random.uniform(-3, 3)  # expect: unseeded-random


def search(trials):
    scored = []
    for _ in range(trials):
        alpha = candidate()
        scored.append((cross_val_score(Ridge(alpha=alpha), X, y, cv=4).mean(), alpha))
    return max(scored)


score, alpha = search(12)
print(f"best alpha {alpha:.4f} with R2 {score:.5f}")
