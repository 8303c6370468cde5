"""A frame is shuffled with DataFrame.sample, which draws from numpy's global state."""

import numpy as np
import pandas as pd

orders = pd.DataFrame({"order": np.arange(600), "amount": np.linspace(5, 300, 600) ** 1.1})


def shuffled(frame):
    return frame.sample(frac=1).reset_index(drop=True)  # expect: unseeded-numpy


mixed = shuffled(orders)
validation = mixed.iloc[:60]
print(f"mean of the validation orders {validation['amount'].mean():.3f}")
