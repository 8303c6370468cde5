"""A reservoir sample from a generator that is handed in; module-level functions of random are never called."""

import random


class Reservoir:
    def __init__(self, size, rng):
        self.size = size
        self.rng = rng  # not: unseeded-random
        self.kept = []
        self.seen = 0

    def offer(self, item):
        self.seen += 1
        if len(self.kept) < self.size:
            self.kept.append(item)
        elif (place := self.rng.randrange(self.seen)) < self.size:
            self.kept[place] = item


reservoir = Reservoir(5, random.Random("readings"))
for reading in range(500):
    reservoir.offer(reading * 3 % 101)
print("kept", reservoir.kept)
