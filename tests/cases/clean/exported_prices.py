"""Converted prices go to a file of their own; the input stays as it was."""

import csv
import tempfile
from pathlib import Path

source = Path(__file__).resolve().parent.parent / "prices" / "sold.csv"
with source.open(newline="") as file:
    rows = list(csv.DictReader(file))
for row in rows:
    row["price"] = round(float(row["price"]) * 1.19, 2)
target = Path(tempfile.mkdtemp()) / "sold_gross.csv"
with target.open("w", newline="") as file:  # not: input-mutated
    writer = csv.DictWriter(file, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
print("mean", round(sum(row["price"] for row in rows) / len(rows), 2))
