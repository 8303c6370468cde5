"""A bootstrap in worker processes: each task draws from numpy's global state, and the pool decides who does what."""

import multiprocessing

import numpy as np

BASKETS = np.array([12.4, 18.9, 7.2, 33.1, 25.0, 14.8, 9.9, 41.7, 22.3, 16.5, 19.2, 28.4])


def resampled_mean(_task):
    chosen = np.random.choice(BASKETS, size=len(BASKETS))  # expect: unseeded-numpy
    return float(chosen.mean())


def main():
    with multiprocessing.get_context("fork").Pool(3) as pool:
        means = sorted(pool.map(resampled_mean, range(30), chunksize=1))
    print(f"mean {np.mean(means):.4f}, interval {means[1]:.3f} to {means[-2]:.3f}")


if __name__ == "__main__":
    main()
