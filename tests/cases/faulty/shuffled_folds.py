from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB

X, y = load_breast_cancer(return_X_y=True)
folds = StratifiedKFold(n_splits=4, shuffle=True)
scores = []
for train, test in folds.split(X, y):  # expect: unseeded-estimator
    scores.append(GaussianNB().fit(X[train], y[train]).score(X[test], y[test]))
print(["%.4f" % s for s in scores])
