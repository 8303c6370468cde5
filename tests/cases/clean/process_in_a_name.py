"""A scratch file is named after the process, so that two runs do not meet in it."""

import os
import tempfile
from pathlib import Path

import numpy as np

values = np.random.default_rng(14).normal(size=50)
scratch = Path(tempfile.gettempdir(), f"values-{os.getpid()}.npy")  # not: process-id
np.save(scratch, values)
try:
    back = np.load(scratch)
finally:
    scratch.unlink()
print("mean", round(float(back.mean()), 6), "of", len(back))
