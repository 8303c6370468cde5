"""Templates with a jitter that is drawn once."""

import math
from random import uniform

SIZE = 12
JITTER = [uniform(-0.05, 0.05) for _ in range(SIZE)]  # expect: unseeded-random


def shape(function):
    return [function(n / SIZE) + JITTER[n] for n in range(SIZE)]


TEMPLATES = {
    "wave": shape(lambda x: math.sin(6 * x)),
    "ramp": shape(lambda x: x),
    "bump": shape(lambda x: math.exp(-20 * (x - 0.5) ** 2)),
}
