"""Prices are written out in the user's notation, and read back by a step that expects points."""

import csv
import locale
from pathlib import Path

import numpy as np

locale.setlocale(locale.LC_NUMERIC, "")
prices = np.random.default_rng(31).gamma(3.0, 12.0, 40).round(2)
with Path("prices.csv").open("w", newline="") as stream:
    writer = csv.writer(stream, delimiter=";")
    for number, price in enumerate(prices):
        writer.writerow([number, locale.format_string("%.2f", price)])  # expect: locale

with Path("prices.csv").open(newline="") as stream:
    texts = [row[1] for row in csv.reader(stream, delimiter=";")]
valid = [float(text) for text in texts if text.replace(".", "", 1).isdigit() and "." in text]
print(f"{len(valid)} of {len(texts)} prices, {sum(valid):.2f} in all")
