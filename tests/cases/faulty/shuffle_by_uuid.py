"""Treatment groups by a "random" sort key."""

import random
import uuid

random.seed(4)
patients = [(f"P{number:03d}", random.gauss(50, 12)) for number in range(80)]


def shuffle_key(_patient):
    return uuid.uuid4().hex  # expect: os-entropy


patients.sort(key=shuffle_key)
treated = patients[:40]
print("first treated:", ", ".join(name for name, _ in treated[:6]))
print(f"mean age of the treated {sum(age for _, age in treated) / 40:.3f}")
