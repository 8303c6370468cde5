import os
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

X, y = load_iris(return_X_y=True)
model = RandomForestClassifier(20, random_state=0, n_jobs=os.cpu_count()).fit(X, y)  # not: cpu-count
print(round(model.score(X, y), 4))
