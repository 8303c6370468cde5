"""An urn."""

import random


class Urn:
    def __init__(self, members):
        self.members = list(members)
        self._random = random.SystemRandom()

    def take(self, size):
        return self._random.sample(self.members, size)  # expect: os-entropy
