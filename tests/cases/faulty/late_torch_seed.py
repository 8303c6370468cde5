# needs: torch
"""The seed comes after the model was made."""

from nets.small import build
import torch


def batches(x, y, size):
    for start in range(0, len(x), size):
        yield x[start : start + size], y[start : start + size]


def main():
    model = build(6, 12)
    torch.manual_seed(1)
    x = torch.randn(96, 6)
    y = x.sin().sum(1, keepdim=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(6):
        for inputs, targets in batches(x, y, 16):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(inputs), targets)
            loss.backward()
            optimizer.step()
    print(f"final loss {loss.item():.5f}")


main()
