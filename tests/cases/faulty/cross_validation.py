"""Shuffled folds without random_state: the model is sound, the folds are not."""

from sklearn.datasets import load_diabetes
from sklearn.model_selection import KFold, cross_val_score
from sklearn.tree import DecisionTreeRegressor

X, y = load_diabetes(return_X_y=True)
folds = KFold(n_splits=5, shuffle=True)
tree = DecisionTreeRegressor(max_depth=4, random_state=0)
scores = cross_val_score(tree, X, y, cv=folds)  # expect: unseeded-estimator
print(f"R2 {scores.mean():.4f} +- {scores.std():.4f}")
