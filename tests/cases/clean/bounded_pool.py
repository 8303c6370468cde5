"""The number of workers follows the machine, the number of parts does not, and results come in order."""

import os
from concurrent.futures import ThreadPoolExecutor

PARTS = 6
VALUES = [(n * 97) % 89 for n in range(240)]


def part_mean(index):
    part = VALUES[index::PARTS]
    return sum(part) / len(part)


with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:  # not: cpu-count
    means = list(pool.map(part_mean, range(PARTS)))
print([round(mean, 3) for mean in means])
