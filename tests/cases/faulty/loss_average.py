"""Chunks of a file are scored side by side; an exponential average takes them as they come."""

from concurrent.futures import ProcessPoolExecutor, as_completed

import numpy as np


def chunk_loss(number):
    values = np.sin(np.arange(1 + number * 500) * 0.37) ** 2
    return float(values.mean() + 0.01 * number)


class Average:
    def __init__(self, decay):
        self.decay, self.value = decay, None

    def add(self, loss):
        self.value = loss if self.value is None else self.decay * self.value + (1 - self.decay) * loss


def main():
    average = Average(0.7)
    with ProcessPoolExecutor(2) as pool:
        futures = [pool.submit(chunk_loss, number) for number in range(8)]
        for future in as_completed(futures):  # expect: completion-order
            average.add(future.result())
    print(f"smoothed loss {average.value:.6f}")


if __name__ == "__main__":
    main()
