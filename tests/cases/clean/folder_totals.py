"""Sums and counts over listings of a folder, in whatever order they come."""

import os
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent / "leaves"

kinds = Counter()
size = 0
for folder, folders, names in os.walk(ROOT):  # not: file-order
    kinds[Path(folder).name] += len(names)
    size += sum(len((Path(folder) / name).read_text().split()) for name in names)
with os.scandir(ROOT) as entries:
    present = {entry.name for entry in entries if entry.is_dir()}
print("numbers", size, "kinds", sorted(present))
print({kind: kinds[kind] for kind in sorted(present)})
