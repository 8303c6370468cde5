"""Independent streams spawned from one seeded generator, handed to helpers, plus a seeded Random instance."""

import random

import numpy as np
from sklearn.utils import check_random_state, shuffle

streams = np.random.default_rng(0).spawn(3)


def walk(rng, steps):
    return rng.choice([-1, 1], size=steps).cumsum()


ends = [int(walk(rng, 1000)[-1]) for rng in streams]
print("ends", ends)
deck = random.Random(13)  # not: unseeded-random
hand = deck.sample([f"{value}{suit}" for suit in "CDHS" for value in range(1, 14)], 5)
print("hand", hand)
legacy = check_random_state(3)
print("shuffled", shuffle(list("abcdef"), random_state=legacy), round(float(legacy.rand()), 5))
