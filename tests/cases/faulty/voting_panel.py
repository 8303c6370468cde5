"""An ensemble whose members come from a set of names; ties between them go to the first."""

import numpy as np


class Stump:
    """A decision by one threshold on one column."""

    def __init__(self, column, threshold):
        self.column = column
        self.threshold = threshold

    def predict(self, X):
        return (X[:, self.column] > self.threshold).astype(int)


REGISTRY = {"low": Stump(0, 0.2), "middle": Stump(1, 0.0), "high": Stump(2, -0.4), "mixed": Stump(0, -0.5)}


class Panel:
    def __init__(self, names):
        self.members = [REGISTRY[name] for name in names]  # expect: hash-order

    def transform(self, X):
        return np.column_stack([member.predict(X) for member in self.members])

    def predict(self, X):
        votes = self.transform(X)
        weights = 1 / np.arange(1, votes.shape[1] + 1)
        return (votes @ weights > weights.sum() / 2).astype(int)


rng = np.random.default_rng(3)
X = rng.normal(size=(200, 3))
panel = Panel({"low", "high", "mixed", "middle"})
print("positives", panel.predict(X).sum())
print("first row", panel.transform(X)[0].tolist())
