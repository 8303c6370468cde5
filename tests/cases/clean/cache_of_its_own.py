"""Intermediate results are kept in a folder that is made anew, and written before they are read."""

import json
import tempfile
from pathlib import Path

import numpy as np
from sklearn.linear_model import Ridge

rng = np.random.default_rng(3)
X = rng.normal(size=(80, 4))
y = X @ np.array([1.0, -2.0, 0.5, 0.0])

folder = Path(tempfile.mkdtemp())
cache = folder / "weights.json"
for alpha in (0.1, 1.0):
    weights = json.loads(cache.read_text()) if cache.exists() else []  # not: leftover-state
    weights.append([round(float(w), 6) for w in Ridge(alpha=alpha).fit(X, y).coef_])
    cache.write_text(json.dumps(weights))

Path("cache_of_its_own_report.json").write_text(json.dumps(weights))
report = json.loads(Path("cache_of_its_own_report.json").read_text())
print(len(report), report[-1])
