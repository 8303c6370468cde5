"""Customers are weighted by how long ago they last bought, counted from today."""

from datetime import datetime

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(17)
orders = pd.DataFrame(
    {
        "last_order": pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 500, 240), unit="D"),
        "spent": rng.gamma(2.0, 40.0, 240),
    }
)
orders["returned"] = (orders["spent"] + rng.normal(0, 30, 240) > 80).astype(int)


def recency(last_order):
    return (datetime.now() - last_order).dt.days  # expect: clock


features = pd.DataFrame({"spent": orders["spent"], "recency": recency(orders["last_order"])})
features["decayed"] = features["spent"] * np.exp(-features["recency"] / 365)
model = LogisticRegression(max_iter=500).fit(features / features.std(), orders["returned"])
print("returning customers", model.predict(features / features.std()).sum())
