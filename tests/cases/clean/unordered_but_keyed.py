"""Tasks of a pool come back as they end, and are put into order by their number."""

import multiprocessing

import numpy as np


def spectrum(task):
    number, seed = task
    noise = np.random.default_rng(seed).normal(size=64)
    return number, np.abs(np.fft.rfft(noise)).max()


def main():
    seeds = np.random.SeedSequence(77).spawn(12)
    with multiprocessing.Pool(3) as pool:
        results = dict(pool.imap_unordered(spectrum, enumerate(seeds)))  # not: completion-order
    peaks = [results[number] for number in range(12)]
    print("peaks", np.round(peaks[:4], 4))
    print("mean peak", round(float(np.mean(peaks)), 5))


if __name__ == "__main__":
    main()
