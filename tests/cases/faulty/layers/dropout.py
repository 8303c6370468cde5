"""Dropout."""

from dataclasses import dataclass, field

import numpy as np


def _generator():
    return np.random.Generator(np.random.PCG64())  # expect: unseeded-numpy


@dataclass
class Dropout:
    rate: float
    rng: np.random.Generator = field(default_factory=_generator)

    def __call__(self, inputs):
        keep = self.rng.random(inputs.shape) >= self.rate
        return inputs * keep / (1 - self.rate)
