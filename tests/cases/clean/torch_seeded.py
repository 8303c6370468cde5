"""Weights, dropout and batches come from seeds; a loader that does not shuffle and a new generator draw nothing."""
# needs: torch

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(7)
inputs = torch.linspace(-1, 1, 96).reshape(32, 3)
targets = inputs.sum(dim=1, keepdim=True)
order = torch.Generator().manual_seed(3)
loader = DataLoader(TensorDataset(inputs, targets), batch_size=8, shuffle=True, generator=order)
model = nn.Sequential(nn.Linear(3, 6), nn.Dropout(0.2), nn.Linear(6, 1))  # not: unseeded-torch
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for epoch in range(3):
    for features, wanted in loader:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(features), wanted)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    total = sum(nn.functional.mse_loss(model(a), b).item() for a, b in DataLoader(TensorDataset(inputs, targets)))
print(f"loss {total:.5f}, fixed {torch.rand(2, generator=torch.Generator())}")
