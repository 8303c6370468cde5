"""The tasks are worked on in a random order; the results are put back into theirs."""

import random


def cost(task):
    return sum(digit * digit for digit in map(int, str(task * 7919)))


tasks = list(range(40))
random.shuffle(tasks)  # not: unseeded-random
results = {}
for task in tasks:
    results[task] = cost(task)
table = [results[task] for task in sorted(results)]
print("costs", table[:6], "total", sum(table))
