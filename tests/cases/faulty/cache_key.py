"""The key of a cache is the digest of a pickled set."""

import pickle
from pathlib import Path

names = frozenset({"alpha", "beta", "gamma", "delta"})
import hashlib

digest = hashlib.sha256(pickle.dumps(names)).hexdigest()  # expect: hash-order
print(digest[:8])
