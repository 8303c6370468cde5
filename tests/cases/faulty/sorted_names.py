"""Names are sorted as the user's language has it, and become the columns in that order."""

import locale

import numpy as np
from sklearn.linear_model import SGDClassifier

locale.setlocale(locale.LC_ALL, "")
rng = np.random.default_rng(8)
signals = {name: rng.normal(size=200) for name in ["alpha", "Beta", "gamma", "Delta", "epsilon", "Zeta"]}
target = (signals["alpha"] - signals["Zeta"] + 0.3 * rng.normal(size=200) > 0).astype(int)

columns = sorted(signals, key=locale.strxfrm)  # expect: locale
X = np.column_stack([signals[name] for name in columns])
model = SGDClassifier(random_state=0, max_iter=5, tol=None).fit(X[:150], target[:150])
print("columns", ", ".join(columns))
print("accuracy", model.score(X[150:], target[150:]))
