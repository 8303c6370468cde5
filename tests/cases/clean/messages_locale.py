"""The user's locale is asked for, and numbers are parsed and sorted without it."""

import locale

locale.setlocale(locale.LC_TIME, "")  # not: locale
AMOUNTS = ["12.50", "7.25", "103.00"]
NAMES = ["zeta", "Alpha", "beta", "Gamma"]
print("sum", sum(map(float, AMOUNTS)))
print("sorted", sorted(NAMES), sorted(NAMES, key=str.casefold))
