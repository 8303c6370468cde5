"""Resampling by the standard library."""

import random


def resample(values):
    return random.choices(values, k=len(values))  # expect: unseeded-random


def means_of_resamples(values, repeats):
    return sorted(sum(sample) / len(sample) for sample in (resample(values) for _ in range(repeats)))
