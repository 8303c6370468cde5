"""Folders whose order does not matter: counted, looked up, summed as integers, kept by name."""

import os
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parent.parent / "stations"
LEAVES = FOLDER.parent / "leaves"

print(len(os.listdir(FOLDER)), "stations,", "emden.csv" in os.listdir(FOLDER), (FOLDER / "kiel.csv").exists())
print(sum(1 for _, _, names in os.walk(LEAVES) for name in names), "leaves")

days = 0
warmest = {}
for file in FOLDER.iterdir():  # not: file-order
    readings = pd.read_csv(file)
    days += len(readings)
    warmest[file.stem] = readings["temperature"].max()
print(days, "days")
for station in sorted(warmest):
    print(f"{station:8} {warmest[station]:5.1f}")

classes = sorted(entry.name for entry in os.scandir(LEAVES) if entry.is_dir())
print({name: number for number, name in enumerate(classes)})
