"""A stratified draw with random.SystemRandom, in a module that the script imports; random.seed does not reach it."""

import random

from drawing.urn import Urn

random.seed(11)
strata = {"urban": list(range(0, 40)), "rural": list(range(100, 130))}
sample = {name: Urn(members).take(5) for name, members in strata.items()}
order = list(strata)
random.shuffle(order)
for name in order:
    print(name, sorted(sample[name]))
