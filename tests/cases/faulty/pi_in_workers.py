import numpy as np
from joblib import Parallel, delayed


def estimate(n):
    points = np.random.rand(n, 2)  # expect: unseeded-numpy
    return 4 * np.mean((points**2).sum(axis=1) < 1)


if __name__ == "__main__":
    np.random.seed(0)
    found = Parallel(n_jobs=2)(delayed(estimate)(200) for _ in range(6))
    print("pi", np.round(found, 4))
