"""A seed is set, but it is the clock's."""

import random
import time

import numpy as np

SEED = int(time.time() * 1000) % 2**32  # expect: clock
random.seed(SEED)
np.random.seed(SEED)

population = np.linspace(0, 50, 400) ** 1.3
sample = np.random.choice(population, 60, replace=False)
shuffled = list(range(10))
random.shuffle(shuffled)
print("mean of sample", round(sample.mean(), 4))
print("folds", shuffled)
