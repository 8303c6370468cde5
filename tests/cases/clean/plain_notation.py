"""The locale is set for messages, while numbers and orders are made without it."""

import locale

import numpy as np

locale.setlocale(locale.LC_ALL, "")  # not: locale
names = ["Zoe", "anna", "Bert", "émile", "carl"]
scores = np.random.default_rng(2).normal(size=len(names)).round(3)
for name in sorted(names, key=str.casefold):
    print(f"{name:>8} {scores[names.index(name)]:.3f}")
print("currency is known to", len(locale.localeconv()) > 3)
print(f"total {scores.sum():,.3f}")
