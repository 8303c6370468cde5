"""A program with one entry point: the fault lies several calls below main()."""

import random
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss


@dataclass
class Batch:
    features: np.ndarray
    labels: np.ndarray


def make_data(seed):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(400, 8))
    labels = (features[:, :3].sum(axis=1) + rng.normal(size=400) > 0).astype(int)
    return Batch(features, labels)


def order_of(size):
    order = list(range(size))
    random.shuffle(order)  # expect: unseeded-random
    return order


def batches(data, size):
    order = order_of(len(data.labels))
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        yield Batch(data.features[chosen], data.labels[chosen])


def train_epoch(model, data):
    for batch in batches(data, size=50):
        model.partial_fit(batch.features, batch.labels, classes=[0, 1])


def train(data, epochs):
    model = SGDClassifier(loss="log_loss", random_state=0)
    for _ in range(epochs):
        train_epoch(model, data)
    return model


def main():
    data = make_data(seed=2)
    model = train(data, epochs=3)
    print(f"loss {log_loss(data.labels, model.predict_proba(data.features)):.5f}")


if __name__ == "__main__":
    main()
