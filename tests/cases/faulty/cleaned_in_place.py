"""Prices are converted, and written back over the file that they were read from."""

from pathlib import Path

import pandas as pd
from sklearn.linear_model import LinearRegression

FILE = Path(__file__).resolve().parent.parent / "prices" / "sold.csv"

prices = pd.read_csv(FILE)
prices["price"] = (prices["price"] * 1.19).round(2)
prices.to_csv(FILE, index=False)  # expect: input-mutated

model = LinearRegression().fit(prices[["area"]], prices["price"])
print(f"price per square metre {model.coef_[0]:.2f}")
