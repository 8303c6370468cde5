"""random.seed stands there, but the jitter of the templates is drawn before, while a module is imported."""

import random

from templates.shapes import TEMPLATES

random.seed(42)


def noisy(shape, amount=0.1):
    return [value + random.gauss(0, amount) for value in shape]


def distance(left, right):
    return sum((a - b) ** 2 for a, b in zip(left, right)) ** 0.5


query = noisy([1.0, 0.5, 0.0, -0.5, -1.0, -0.5, 0.0, 0.5, 1.0, 0.5, 0.0, -0.5])
ranking = sorted(TEMPLATES, key=lambda name: distance(query, TEMPLATES[name]))
print("ranking", ranking)
for name in ranking:
    print(f"{name:6s} {distance(query, TEMPLATES[name]):.5f}")
