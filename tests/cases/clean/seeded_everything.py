"""Every source of randomness is seeded, each in its own way."""

import random

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import KFold, cross_val_score, train_test_split

random.seed(1)
np.random.seed(2)
rng = np.random.default_rng(3)

X = rng.normal(size=(300, 6))
y = (X[:, 0] + np.random.normal(size=300) > 0).astype(int)
order = random.sample(range(300), 300)
frame = pd.DataFrame(X[order]).sample(frac=0.8, random_state=4)
target = y[order][frame.index]
X_train, X_test, y_train, y_test = train_test_split(frame, target, random_state=np.random.RandomState(5))
forest = RandomForestClassifier(n_estimators=20, random_state=6)
folds = KFold(n_splits=3, shuffle=True, random_state=7)
print(f"cross-validated {cross_val_score(forest, X_train, y_train, cv=folds).mean():.4f}")
print(f"held out {forest.fit(X_train, y_train).score(X_test, y_test):.4f}")
