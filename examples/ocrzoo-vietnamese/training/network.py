"""The network: convolutions down to a row of columns, one for four pixels of width, each with the classes of CTC."""

from __future__ import annotations

import torch
from torch import Tensor, nn

Sides = tuple[int, int]


def layer(given: int, made: int, kernel: Sides, stride: Sides, padding: Sides) -> nn.Module:
    """Return a convolution with its normalization and activation."""
    convolution = nn.Conv2d(given, made, kernel, stride, padding, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(made), nn.ReLU(inplace=True))


class Network(nn.Module):
    """Takes lines, N x 3 x 48 x W float32, BGR, -1 to 1; returns N x W/4 x classes, without a softmax."""

    def __init__(self, classes: int) -> None:
        """``classes`` counts the blank and the space."""
        super().__init__()
        square, one, half, flat = (3, 3), (1, 1), (2, 2), (2, 1)
        self.rows = nn.Sequential(
            layer(3, 16, square, half, one),
            layer(16, 32, square, half, one),
            layer(32, 64, square, one, one),
            layer(64, 64, square, flat, one),
            layer(64, 96, square, one, one),
            layer(96, 96, square, flat, one),
            layer(96, 128, square, one, (0, 1)),
        )
        beside = ((1, 5), (1, 1), (0, 2))
        self.columns = nn.ModuleList(
            nn.Sequential(layer(128, 128, *beside), layer(128, 128, *beside)) for _ in range(2)
        )
        self.dropout = nn.Dropout(0.1)
        self.classes = nn.Linear(128, classes)

    def forward(self, lines: Tensor) -> Tensor:
        """Return the scores of the classes of each column."""
        features = self.rows(lines)
        for block in self.columns:
            features = features + block(features)
        return self.classes(self.dropout(features.squeeze(2).transpose(1, 2)))


class Exported(nn.Module):
    """The network as ocrzoo runs it: with the softmax."""

    def __init__(self, network: Network) -> None:
        """``network`` is the trained one."""
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Return the probabilities of the classes of each column."""
        return torch.softmax(self.network(x), dim=2)
