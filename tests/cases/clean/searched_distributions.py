"""A search with a seed over frozen distributions, which hold numpy's global generator and do not draw from it."""

import numpy as np
from scipy.stats import loguniform, randint
from sklearn.datasets import make_classification
from sklearn.model_selection import RandomizedSearchCV
from sklearn.tree import DecisionTreeClassifier

X, y = make_classification(n_samples=120, random_state=0)
space = {"max_depth": randint(1, 6), "ccp_alpha": loguniform(1e-4, 1e-1)}
search = RandomizedSearchCV(DecisionTreeClassifier(random_state=0), space, n_iter=4, cv=3, random_state=0)
search.fit(X, y)
print(search.best_params_, np.round(search.best_score_, 3))
