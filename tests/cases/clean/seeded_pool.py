"""Workers get a seed for each task, made from the number of the task; the pool decides nothing."""

import multiprocessing

import numpy as np


def simulate(task):
    rng = np.random.default_rng([5, task])  # not: unseeded-numpy
    return float(rng.exponential(size=40).mean())


def main():
    with multiprocessing.get_context("fork").Pool(3) as pool:
        means = pool.map(simulate, range(8), chunksize=1)
    print("means", [round(mean, 5) for mean in means])


if __name__ == "__main__":
    main()
