"""Dictionaries keep the order of insertion, also as a way to drop duplicates; hash() of numbers is the same everywhere."""

import numpy as np
from sklearn.tree import DecisionTreeClassifier

rng = np.random.default_rng(21)
rows = [{"height": h, "weight": w, "age": a} for h, w, a in rng.normal([170, 70, 40], [9, 12, 11], (200, 3))]
columns = list(dict.fromkeys(["weight", "height", "weight", *rows[0]]))  # not: hash-order
X = np.array([[row[column] for column in columns] for row in rows])
y = [int(row["weight"] / (row["height"] / 100) ** 2 > 25) for row in rows]

tree = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, y)
print("columns", ", ".join(columns))
for column, importance in zip(columns, tree.feature_importances_):
    print(f"{column:8} {importance:.4f}")
shards = [hash((number, number % 7)) % 4 for number in range(40)]
print("shards", shards.count(0), shards.count(1), shards.count(2), shards.count(3), {3, 1, 2})
