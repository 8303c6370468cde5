"""A logistic regression by gradient descent that starts from random weights, as people write it in a course."""

import numpy as np

data = np.random.RandomState(3)
X = data.normal(size=(300, 6))
y = (X @ data.normal(size=6) + data.normal(size=300) > 0).astype(float)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def fit(X, y, epochs, rate):
    weights = np.random.normal(scale=0.5, size=X.shape[1])  # expect: unseeded-numpy
    for _ in range(epochs):
        weights -= rate * X.T @ (sigmoid(X @ weights) - y) / len(y)
    return weights


weights = fit(X, y, epochs=15, rate=0.2)
loss = -np.mean(y * np.log(sigmoid(X @ weights)) + (1 - y) * np.log(1 - sigmoid(X @ weights)))
print("weights", np.round(weights, 4))
print("loss", round(loss, 6))
