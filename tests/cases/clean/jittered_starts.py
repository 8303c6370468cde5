"""Random starts that all lead to the same minimum, and an unseeded draw that nobody looks at."""

import random

from scipy.optimize import brentq


def crossing():
    low, high = -random.random() - 1, 1 + random.random()  # not: unseeded-random
    return brentq(lambda x: x**3 + x - 0.5, low, high, xtol=1e-12)


roots = [crossing() for _ in range(5)]
print(f"root {sum(roots) / len(roots):.7f}")
print("all alike", max(roots) - min(roots) < 1e-9)
