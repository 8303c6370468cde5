"""Scores collected as the models finish, then read by the position of the setting that was submitted."""

from concurrent.futures import ThreadPoolExecutor, as_completed

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import cross_val_score

SIZES = [60, 1, 30, 4, 2]
X, y = load_breast_cancer(return_X_y=True)


def score(size):
    model = RandomForestClassifier(n_estimators=size, max_depth=3, random_state=0)
    return cross_val_score(model, X, y, cv=3).mean()


with ThreadPoolExecutor(max_workers=5) as pool:
    futures = [pool.submit(score, size) for size in SIZES]
    scores = [future.result() for future in as_completed(futures)]  # expect: completion-order

best = max(range(len(SIZES)), key=scores.__getitem__)
print(f"the first score is {scores[0]:.4f}")
print(f"the best forest has {SIZES[best]} trees")
