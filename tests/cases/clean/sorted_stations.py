"""Files listed in four ways, each time put in order before anything is made of it."""

import glob
import os
from pathlib import Path

import pandas as pd
from sklearn.linear_model import LinearRegression

FOLDER = Path(__file__).parent.parent / "stations"

files = sorted(FOLDER.glob("*.csv"))  # not: file-order
assert files == sorted(FOLDER / name for name in os.listdir(FOLDER))
assert [str(file) for file in files] == sorted(glob.glob(str(FOLDER / "*.csv")))
with os.scandir(FOLDER) as entries:
    assert [file.name for file in files] == sorted(entry.name for entry in entries)

readings = pd.concat([pd.read_csv(file).assign(station=file.stem) for file in files], ignore_index=True)
cut = int(0.7 * len(readings))
features = ["pressure", "humidity"]
model = LinearRegression().fit(readings[:cut][features], readings[:cut]["temperature"])
score = model.score(readings[cut:][features], readings[cut:]["temperature"])
print(f"{len(files)} stations, R2 of the held out ones {score:.4f}")
