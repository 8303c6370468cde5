"""Paths of a price, each in a task of a process pool."""

from concurrent.futures import ProcessPoolExecutor
import math
import random
import statistics


def final_price(task):
    start, volatility = task
    price = start
    for _ in range(60):
        price *= math.exp(random.gauss(0.0004, volatility))  # expect: unseeded-random
    return price


def main():
    random.seed(20)
    tasks = [(100.0, 0.01 + 0.001 * (number % 5)) for number in range(24)]
    with ProcessPoolExecutor(3) as pool:
        prices = list(pool.map(final_price, tasks))
    print(f"mean {statistics.fmean(prices):.4f}")
    print(f"value at risk {100 - sorted(prices)[1]:.4f}")


if __name__ == "__main__":
    main()
