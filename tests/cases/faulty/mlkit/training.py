from sklearn.ensemble import ExtraTreesClassifier
from sklearn.neighbors import KNeighborsClassifier

MODELS = {
    "trees": ExtraTreesClassifier(n_estimators=10),
    "knn": KNeighborsClassifier(3),
}


def fit_all(X, y):
    scores = {}
    for name, model in MODELS.items():
        model.fit(X[::2], y[::2])  # expect: unseeded-estimator
        scores[name] = model.score(X[1::2], y[1::2])
    return scores
