"""random_state=None is sound once numpy's global state has been seeded, whatever one thinks of the style."""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

np.random.seed(42)
X, y = make_blobs(n_samples=400, centers=4, cluster_std=2.5)
X_train, X_test, y_train, y_test = train_test_split(X, y)
forest = RandomForestClassifier(n_estimators=20).fit(X_train, y_train)  # not: unseeded-estimator
print(f"accuracy {forest.score(X_test, y_test):.4f}")
print(f"inertia {KMeans(n_clusters=4, n_init=3).fit(X).inertia_:.3f}")
print("noise", np.round(np.random.standard_normal(3), 4))  # not: unseeded-numpy
