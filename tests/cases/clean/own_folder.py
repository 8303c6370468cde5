"""Data are found beside the script, wherever it lies; where that is, is only printed."""

from pathlib import Path

import pandas as pd

here = Path(__file__).resolve().parent  # not: working-directory
table = pd.read_csv(here.parent / "stations" / "aalen.csv")
print("reading from", here)
print(len(table), "rows, columns", list(table.columns))
