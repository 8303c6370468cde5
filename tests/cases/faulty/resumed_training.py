"""A grid search that keeps its best score in a file, and goes on from what an earlier run left there."""

import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score

CHECKPOINT = Path("resumed_training_best.json")

rng = np.random.default_rng(7)
X = rng.normal(size=(120, 6))
y = X @ rng.normal(size=6) + rng.normal(scale=0.5, size=120)

best = {"score": -1.0, "alpha": None, "tried": 0}
if CHECKPOINT.exists():  # expect: leftover-state
    best = json.loads(CHECKPOINT.read_text())

for alpha in (0.1, 1.0, 10.0):
    score = float(cross_val_score(Ridge(alpha=alpha), X, y, cv=4).mean())
    best["tried"] += 1
    if score > best["score"]:
        best |= {"score": score, "alpha": alpha}
CHECKPOINT.write_text(json.dumps(best))
print("best alpha", best["alpha"], "after", best["tried"], "settings")
