from concurrent.futures import ProcessPoolExecutor

import numpy as np


def bootstrap(values):
    rng = np.random.default_rng()  # expect: unseeded-numpy
    return float(rng.choice(values, size=len(values)).mean())


def main():
    values = np.arange(50.0) ** 1.5
    with ProcessPoolExecutor(2) as pool:
        means = list(pool.map(bootstrap, [values] * 10))
    print("interval", round(min(means), 3), round(max(means), 3))


if __name__ == "__main__":
    main()
