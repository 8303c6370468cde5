import multiprocessing
import random


def walk(steps):
    return sum(random.choice((-1, 1)) for _ in range(steps))  # expect: unseeded-random


if __name__ == "__main__":
    random.seed(1)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        print(pool.map(walk, [50] * 8))
