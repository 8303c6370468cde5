"""Estimators and splitters with random_state=None that do not draw: nothing here is random."""

from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, cross_val_score, train_test_split
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

X, y = load_wine(return_X_y=True)
for name, model in {"logistic": LogisticRegression(), "svc": SVC(), "ridge": Ridge()}.items():
    scores = cross_val_score(make_pipeline(StandardScaler(), model), X, y, cv=KFold(n_splits=4))
    print(f"{name:8} {scores.mean():.4f}")
metric = NeighborhoodComponentsAnalysis(init="identity", max_iter=3).fit(X, y)
print("metric", metric.components_.shape, metric.n_iter_)
head, tail = train_test_split(X, shuffle=False, test_size=0.25)
print("rows", len(head), len(tail))
