"""As many jobs as there are cores build a forest that is seeded: how many they are decides nothing."""

import os

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

X, y = load_breast_cancer(return_X_y=True)
order = np.random.default_rng(9).permutation(len(y))
forest = RandomForestClassifier(12, random_state=5, n_jobs=os.cpu_count()).fit(
    X[order[:400]], y[order[:400]]
)  # not: cpu-count
print("accuracy", round(forest.score(X[order[400:]], y[order[400:]]), 4))
print("importances", np.round(forest.feature_importances_[:4], 5))
