"""Each worker has a seed of its own, made from the number of workers that there are."""

import multiprocessing

import numpy as np


def simulate(seed):
    return float(np.random.default_rng(seed).exponential(size=50).max())


def main():
    workers = multiprocessing.cpu_count()  # expect: cpu-count
    maxima = [simulate(seed) for seed in np.random.SeedSequence(6).spawn(workers)]
    print("largest loss", round(max(maxima), 4))
    print("mean of maxima", round(sum(maxima) / len(maxima), 4))


if __name__ == "__main__":
    main()
