# needs: torch
"""numpy is seeded, the loader's order is not."""

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

np.random.seed(0)
X = torch.tensor(np.random.normal(size=(64, 5)), dtype=torch.float32)
Y = X[:, :2].prod(1, keepdim=True)


def train(epochs):
    weights = torch.zeros(5, 1, requires_grad=True)
    losses = []
    for _ in range(epochs):
        for inputs, targets in DataLoader(TensorDataset(X, Y), batch_size=8, shuffle=True):  # expect: unseeded-torch
            loss = ((inputs @ weights - targets) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                weights -= 0.1 * weights.grad
                weights.grad.zero_()
            losses.append(loss.item())
    return weights.detach(), losses


weights, losses = train(3)
print("weights", weights.ravel().numpy().round(4))
print("mean of the last losses", round(float(np.mean(losses[-4:])), 5))
