"""A factory."""

from sklearn.ensemble import ExtraTreesClassifier

SETTINGS = {"small": {"n_estimators": 5, "max_depth": 2}, "large": {"n_estimators": 12, "max_depth": 4}}


def build(name):
    return ExtraTreesClassifier(
        **SETTINGS[name],
        min_samples_leaf=3,
    )
