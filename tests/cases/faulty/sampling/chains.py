"""Generators for chains."""

import os
import random


def make_generator(chain, base=20_000):
    seed = base + 31 * chain + os.getpid()  # expect: process-id
    return random.Random(seed)
