"""random's state is saved, disturbed and restored; numpy's likewise."""

import random

import numpy as np

random.seed(8)
np.random.seed(8)
state, legacy = random.getstate(), np.random.get_state()
first = [random.random() for _ in range(3)], np.random.rand(3).tolist()  # not: unseeded-numpy
random.setstate(state)
np.random.set_state(legacy)
second = [random.random() for _ in range(3)], np.random.rand(3).tolist()
print("the same again:", first == second)
print("mean", round(sum(first[0]) / 3, 6))
