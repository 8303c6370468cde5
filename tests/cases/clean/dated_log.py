"""The date and durations are told on standard error and in a log; the result knows nothing of them."""

import logging
import sys
import time
from datetime import datetime

import numpy as np
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB

logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(process)d %(message)s")
log = logging.getLogger("train")
print("started", datetime.now().isoformat(), file=sys.stderr)  # not: clock

X, y = load_iris(return_X_y=True)
order = np.random.default_rng(3).permutation(len(y))
start = time.perf_counter()
model = GaussianNB().fit(X[order[:100]], y[order[:100]])
log.info("fitted in %.4f s", time.perf_counter() - start)
print("accuracy", round(model.score(X[order[100:]], y[order[100:]]), 4))
