"""Moments become dates in a zone that is named, in whatever zone the machine is."""

from datetime import datetime, timezone

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeRegressor

rng = np.random.default_rng(19)
seconds = 1_690_000_000 + rng.integers(0, 40 * 86_400, 200)
hours = [datetime.fromtimestamp(int(second), tz=timezone.utc).hour for second in seconds]  # not: timezone
days = pd.to_datetime(seconds, unit="s", utc=True).tz_convert("Europe/Berlin").dayofweek
demand = 20 + 5 * np.sin(np.array(hours) / 24 * 2 * np.pi) + (days >= 5) * 4
X = np.column_stack([hours, days])
tree = DecisionTreeRegressor(max_depth=4, random_state=0).fit(X, demand)
print("score", round(tree.score(X, demand), 4), "first", datetime.fromtimestamp(1_690_000_000, timezone.utc))
