from sklearn.datasets import load_wine
from mlkit.training import fit_all

X, y = load_wine(return_X_y=True)
for name, score in fit_all(X, y).items():
    print(name, round(score, 4))
