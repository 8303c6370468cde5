"""Progress bars, durations, timestamps of log lines on standard error and addresses, around a sound result."""

import sys
import time

import numpy as np
from tqdm import tqdm

rng = np.random.default_rng(31)


class Model:
    """Without a repr of its own: printing it shows an address."""

    def __init__(self):
        self.weights = np.zeros(3)

    def step(self, x, target):
        self.weights += 0.1 * (target - x @ self.weights) * x


model = Model()
print("training", model)
start = time.perf_counter()
for number in tqdm(range(60), desc="epochs"):
    x = rng.normal(size=3)
    model.step(x, x @ np.array([1.0, -2.0, 0.5]))
    if number % 20 == 0:
        sys.stdout.write(f"\repoch {number} [{time.perf_counter() - start:.2f}s]")
        time.sleep(0.002)
print()
print(f"finished in {time.perf_counter() - start:.3f} seconds")
print("hook", model.step)
print("weights", np.round(model.weights, 5))
