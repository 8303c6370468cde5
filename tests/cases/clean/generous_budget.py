"""A limit in time that nothing reaches: the search ends when it is done."""

import time

import numpy as np
from sklearn.datasets import load_wine
from sklearn.neighbors import KNeighborsClassifier

LIMIT = 3600.0
X, y = load_wine(return_X_y=True)
order = np.random.default_rng(1).permutation(len(y))
train, test = order[:120], order[120:]

scores = {}
started = time.monotonic()
for neighbours in (1, 3, 5, 9, 15):
    if time.monotonic() - started > LIMIT:  # not: clock
        raise SystemExit("out of time")
    scores[neighbours] = KNeighborsClassifier(neighbours).fit(X[train], y[train]).score(X[test], y[test])
    time.sleep(0.01)
print("best", max(scores, key=scores.get), {key: round(value, 4) for key, value in scores.items()})
