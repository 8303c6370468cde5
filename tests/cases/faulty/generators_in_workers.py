"""Each task makes its own generator, but nobody gave it a seed."""

import multiprocessing

import numpy as np


class Trial:
    def __init__(self, patients, effect):
        self.patients, self.effect = patients, effect

    def __call__(self, number):
        generator = np.random.default_rng()  # expect: unseeded-numpy
        treated = generator.normal(self.effect, 1, self.patients)
        control = generator.normal(0, 1, self.patients)
        pooled = np.sqrt((treated.var(ddof=1) + control.var(ddof=1)) / self.patients)
        return number, (treated.mean() - control.mean()) / pooled > 1.96


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        outcomes = dict(pool.imap_unordered(Trial(30, 0.5), range(40)))
    print(f"power {sum(outcomes.values()) / len(outcomes):.3f}")
    print("first significant", min(number for number, significant in outcomes.items() if significant))
