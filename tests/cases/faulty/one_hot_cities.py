"""One column for each city, in the order of a set; the tree breaks ties between equal splits by column number."""

import numpy as np
from sklearn.ensemble import RandomForestRegressor

rng = np.random.default_rng(8)
NAMES = ["Bergen", "Oslo", "Tromso", "Drammen", "Stavanger", "Molde", "Hamar", "Bodo"]
cities = [NAMES[index] for index in rng.integers(0, len(NAMES), 400)]
rent = np.array([len(city) * 100.0 for city in cities]) + rng.normal(scale=60, size=400)


def encode(cities):
    columns = []
    for city in set(cities):  # expect: hash-order
        columns.append([float(other == city) for other in cities])
    return np.array(columns).T


X = encode(cities)
model = RandomForestRegressor(n_estimators=15, max_features=0.5, random_state=0).fit(X[:300], rent[:300])
print(f"R2 {model.score(X[300:], rent[300:]):.6f}")
print("most important column", int(model.feature_importances_.argmax()))
