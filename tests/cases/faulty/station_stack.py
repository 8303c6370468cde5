"""Readings of several stations stacked in the order of the folder, and the last part held out."""

import os
from pathlib import Path

import pandas as pd
from sklearn.linear_model import LinearRegression

FOLDER = Path(__file__).parent.parent / "stations"

frames = []
for name in os.listdir(FOLDER):  # expect: file-order
    if name.endswith(".csv"):
        frames.append(pd.read_csv(FOLDER / name))
readings = pd.concat(frames, ignore_index=True)

cut = int(0.7 * len(readings))
train, test = readings[:cut], readings[cut:]
features = ["pressure", "humidity"]
model = LinearRegression().fit(train[features], train["temperature"])
print(f"{len(readings)} readings, R2 of the held out ones {model.score(test[features], test['temperature']):.4f}")
