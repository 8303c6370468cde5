"""Everything is seeded but the split."""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

np_rng = np.random.default_rng(5)
X, y = load_breast_cancer(return_X_y=True)
X = X + np_rng.normal(scale=X.std(axis=0), size=X.shape)


def evaluate(test_size):
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=test_size)  # expect: unseeded-estimator
    scaler = StandardScaler().fit(X_train)
    model = LogisticRegression(C=0.5).fit(scaler.transform(X_train), y_train)
    return model.score(scaler.transform(X_test), y_test)


print(f"accuracy {evaluate(0.25):.4f}")
