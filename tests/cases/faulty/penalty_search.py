"""A randomised search over penalties; the folds and the data are seeded, the search is not."""

import numpy as np
from scipy.stats import loguniform
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, RandomizedSearchCV

rng = np.random.default_rng(31)
X = rng.normal(size=(90, 10))
y = X @ rng.normal(size=10) + rng.normal(size=90)

search = RandomizedSearchCV(
    Ridge(),
    {"alpha": loguniform(1e-3, 1e3)},
    n_iter=6,
    cv=KFold(3, shuffle=True, random_state=0),
)
search.fit(X, y)  # expect: unseeded-estimator
print("alpha", round(search.best_params_["alpha"], 5))
print("score", round(search.best_score_, 6))
