"""A uuid and tempfile name the scratch files; what they hold is what counts."""

import csv
import tempfile
import uuid
from pathlib import Path

import numpy as np

rng = np.random.default_rng(12)
totals = rng.gamma(2.0, 30.0, 200).round(2)

with tempfile.TemporaryDirectory(prefix="orders-") as folder:
    spill = Path(folder, f"spill-{uuid.uuid4().hex}.csv")  # not: os-entropy
    with spill.open("w", newline="") as stream:
        csv.writer(stream).writerows([number, total] for number, total in enumerate(totals))
    with tempfile.NamedTemporaryFile("w+", suffix=".txt") as note:
        note.write("checked")
        note.seek(0)
        state = note.read()
    with spill.open(newline="") as stream:
        back = [float(total) for _, total in csv.reader(stream)]
    print("spilled to", spill)

print(f"{state}: {len(back)} totals, sum {sum(back):.2f}")
