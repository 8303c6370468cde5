"""Trials in threads, each with a generator that nobody seeded."""

import threading
import random
from queue import Queue

results = Queue()


def worker(n):
    rng = random.Random()  # expect: unseeded-random
    results.put((n, rng.random()))


threads = [threading.Thread(target=worker, args=(n,)) for n in range(3)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(sorted(results.get() for _ in range(3)))
