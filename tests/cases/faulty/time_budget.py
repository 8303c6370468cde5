"""Hyperparameters are searched for as long as the budget lasts: how many are tried is a matter of speed."""

import time

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge

X, y = load_diabetes(return_X_y=True)
rng = np.random.default_rng(4)
BUDGET = 0.9

best_alpha, best_error, tried = None, np.inf, 0
deadline = time.monotonic() + BUDGET
while time.monotonic() < deadline:  # expect: clock
    alpha = 10 ** rng.uniform(-4, 2)
    model = Ridge(alpha=alpha).fit(X[:300], y[:300])
    error = float(np.mean((model.predict(X[300:]) - y[300:]) ** 2))
    tried += 1
    if error < best_error:
        best_alpha, best_error = alpha, error
    time.sleep(0.1)

print("candidates", tried)
print(f"alpha {best_alpha:.6f}, error {best_error:.3f}")
