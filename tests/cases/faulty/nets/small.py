"""Small networks."""

from torch import nn


def build(inputs, width):
    return nn.Sequential(
        nn.Linear(inputs, width),  # expect: unseeded-torch
        nn.Tanh(),
        nn.Linear(width, 1),
    )
