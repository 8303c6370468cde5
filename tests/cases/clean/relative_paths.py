"""Paths are made from the script's own place, and only their last parts are shown."""

import os
from pathlib import Path

here = Path(__file__).resolve().parent
data = here.parent / "prices" / "sold.csv"
rows = data.read_text().splitlines()
print(data.name, len(rows), os.path.relpath(data, here))  # not: working-directory
