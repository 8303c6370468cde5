"""The seed of a shuffle is made of where the project lies."""

import random
import zlib
from pathlib import Path


def project_seed():
    return zlib.crc32(str(Path(__file__).resolve().parent).encode())  # expect: working-directory


rows = list(range(24))
random.Random(project_seed()).shuffle(rows)
print("training rows", rows[:6], "of", len(rows))
