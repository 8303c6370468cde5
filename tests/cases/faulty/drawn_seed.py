"""A seed is set and even kept, but it is drawn from the operating system."""

import os, random
import numpy as np

seed = int.from_bytes(os.urandom(4), "big")  # expect: os-entropy
np.random.seed(seed)
x = np.random.normal(size=4)
print(x.round(3))
