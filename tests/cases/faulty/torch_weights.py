"""The data are seeded; the network's first weights and the order of its batches are not."""
# needs: torch

import numpy as np
import torch
from sklearn.datasets import load_iris
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(0)
X, y = load_iris(return_X_y=True)
keep = np.random.permutation(len(X))
X, y = X[keep], y[keep]


def build(width):
    return nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, 3))  # expect: unseeded-torch


def train(model, loader, epochs):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(epochs):
        for features, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(features), labels).backward()
            optimizer.step()


def main():
    inputs = torch.tensor(X[:100], dtype=torch.float32)
    targets = torch.tensor(y[:100])
    model = build(8)
    train(model, DataLoader(TensorDataset(inputs, targets), batch_size=20, shuffle=True), epochs=3)
    model.eval()
    with torch.no_grad():
        scores = model(torch.tensor(X[100:], dtype=torch.float32)).softmax(dim=1)
    print(f"mean confidence {scores.max(dim=1).values.mean():.4f}")


main()
