"""Listings that are only counted and summed."""

import os
from pathlib import Path

folder = Path("made_files")
folder.mkdir(exist_ok=True)
for number in range(9):
    (folder / f"part-{number}.bin").write_bytes(bytes(number * 11))
total, count = 0, 0
for entry in os.scandir(folder):  # not: file-order
    total += entry.stat().st_size
    count += 1
largest = max(folder.iterdir(), key=lambda file: (file.stat().st_size, file.name))
by_name = {file.name: file.stat().st_size for file in folder.glob("*.bin")}
print("files", count, "bytes", total, "largest", largest.name)
print("second", sorted(by_name)[1], by_name["part-3.bin"])
