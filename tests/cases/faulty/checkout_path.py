"""The folder of the checkout decides which fold is held out."""

import zlib
from pathlib import Path

import numpy as np
from sklearn.linear_model import Ridge

rng = np.random.default_rng(5)
X = rng.normal(size=(100, 5))
y = X @ rng.normal(size=5) + rng.normal(scale=0.3, size=100)

root = Path(__file__).resolve().parent  # expect: working-directory
fold = zlib.crc32(str(root).encode()) % 97
held_out = np.arange(100) % 97 == fold
model = Ridge().fit(X[~held_out], y[~held_out])
print("coefficients", np.round(model.coef_, 4))
