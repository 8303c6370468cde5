"""A layer with dropout from a helper module whose generator nobody seeded."""

import numpy as np
from layers.dropout import Dropout

data = np.random.default_rng(1)
X = data.normal(size=(60, 8))
w = data.normal(size=8)
y = X @ w

layer = Dropout(rate=0.3)
weights = np.zeros(8)
for _ in range(40):
    inputs = layer(X)
    weights -= 0.05 * inputs.T @ (inputs @ weights - y) / len(y)
print("error", round(float(np.mean((X @ weights - y) ** 2)), 6))
