import joblib
import numpy as np

x = np.random.default_rng(5).exponential(size=600)
jobs = joblib.cpu_count()  # expect: cpu-count
print([round(float(c.mean()), 3) for c in np.array_split(x, jobs)])
