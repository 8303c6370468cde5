"""A generator object of its own, made without a seed and kept on a class."""

import random as rnd


class Deck:
    _rng = rnd.Random()  # expect: unseeded-random

    def __init__(self, cards):
        self.cards = list(cards)

    def deal(self, size):
        self._rng.shuffle(self.cards)
        hand, self.cards = self.cards[:size], self.cards[size:]
        return hand


rnd.seed(1)
deck = Deck(f"{suit}{value}" for suit in "SHDC" for value in range(2, 11))
print("hand", sorted(deck.deal(5)))
print("luck", rnd.randint(1, 6))
