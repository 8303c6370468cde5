"""The process id goes to a log and into a lock's name; the seed is written down."""

import os
import random
import sys

SEED = 20_240_105
print(f"[{os.getpid()}] starting", file=sys.stderr)  # not: process-id
owner = f"worker-{os.getpid()}"
locks = {owner: True}
rng = random.Random(SEED)
sample = sorted(rng.sample(range(500), 6))
assert locks.pop(f"worker-{os.getpid()}")
print("sample", sample)
