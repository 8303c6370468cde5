"""Two faults that have nothing to do with each other: feature order, and noise without a seed."""

import numpy as np
from sklearn.datasets import load_wine
from sklearn.ensemble import ExtraTreesClassifier

bunch = load_wine(as_frame=True)
frame = bunch.data
chemical = {"alcohol", "malic_acid", "ash", "magnesium", "proline"}
visual = {"color_intensity", "hue", "proline"}

columns = list(chemical | visual)  # expect: hash-order
model = ExtraTreesClassifier(n_estimators=20, max_depth=3, random_state=0).fit(frame[columns], bunch.target)
print("importances", np.round(model.feature_importances_, 4))

drift = np.random.standard_normal(len(frame))  # expect: unseeded-numpy
simulated = frame["hue"] + 0.1 * drift
print(f"share of the simulated hue above 1: {(simulated > 1).mean():.4f}, mean {simulated.mean():.5f}")
