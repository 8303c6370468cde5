"""Models are made by a factory in another module, and all of them are fitted in one loop."""

import numpy as np
from zoo.models import build

rng = np.random.default_rng(7)
X = rng.normal(size=(200, 6))
y = (X[:, 0] * X[:, 1] + 0.3 * rng.normal(size=200) > 0).astype(int)


def evaluate(model):
    model.fit(X[:140], y[:140])  # expect: unseeded-estimator
    return model.score(X[140:], y[140:])


def main():
    for name in ("small", "large"):
        model = build(name)
        print(f"{name} {evaluate(model):.4f} {model.predict_proba(X[140:])[:, 1].sum():.4f}")


if __name__ == "__main__":
    main()
