"""Three faults at once: the order of features, the noise on them, and a sample by uuid that has nothing to do with them."""

import random
import uuid

WORDS = "the quick brown fox jumps over the lazy dog and runs away from the hound".split()
vocabulary = {word: place for place, word in enumerate(set(WORDS))}  # expect: hash-order


def features(words):
    vector = [0.0] * len(vocabulary)
    for word in words:
        vector[vocabulary[word]] += 1
    return vector


def perturbed(vector):
    return [value + random.gauss(0, 0.01) for value in vector]  # expect: unseeded-random


def holdout(items):
    return sorted(items, key=lambda item: uuid.uuid4().int)[:3]  # expect: os-entropy


first = features(WORDS)
print("counts", first)
noisy = perturbed([1.0, 2.0, 3.0])
print("perturbed", [round(value, 5) for value in noisy])
print("held out", holdout(range(40)))
