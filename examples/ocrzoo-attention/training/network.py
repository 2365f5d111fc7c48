"""The two networks: one looks at a line once, the other writes a character a call, looking where it needs to."""

from __future__ import annotations

import torch
from torch import Tensor, nn

HEIGHT, WIDTH = 32, 160
DEPTH = 64
"""Numbers that describe a column, and that the decoder remembers."""


Sides = tuple[int, int]


def _layer(given: int, made: int, kernel: Sides, stride: Sides, padding: Sides) -> nn.Module:
    convolution = nn.Conv2d(given, made, kernel, stride, padding, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(made), nn.ReLU(inplace=True))


class Encoder(nn.Module):
    """Takes lines, N x 1 x 32 x 160, uint8, gray; returns N x 40 x 64 float32, a row for four pixels of width."""

    def __init__(self) -> None:
        """Make it, untrained."""
        super().__init__()
        square, one = (3, 3), (1, 1)
        self.rows = nn.Sequential(
            _layer(1, 12, square, (2, 2), one),
            _layer(12, 24, square, one, one),
            _layer(24, 48, square, (2, 2), one),
            _layer(48, 48, square, one, one),
            _layer(48, DEPTH, square, (2, 1), one),
            _layer(DEPTH, DEPTH, (4, 3), one, (0, 1)),
        )
        self.places = nn.Parameter(torch.randn(WIDTH // 4, DEPTH) * 0.1)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return what the columns of the lines look like, and where they are."""
        features = self.rows(pixels.float() / 127.5 - 1)
        return features.squeeze(2).transpose(1, 2) + self.places


class Decoder(nn.Module):
    """Writes the next character: class 0 ends the line, and also stands before its first character."""

    def __init__(self, classes: int) -> None:
        """``classes`` counts the end."""
        super().__init__()
        self.embedding = nn.Embedding(classes, DEPTH)
        self.question = nn.Linear(DEPTH, DEPTH)
        self.memory = nn.GRUCell(2 * DEPTH, DEPTH)
        self.classes = nn.Linear(2 * DEPTH, classes)

    def scores(self, features: Tensor, last: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the scores of all classes, N x classes, and the new state, N x 64."""
        attention = torch.softmax((features @ self.question(state).unsqueeze(2)).squeeze(2) / DEPTH**0.5, dim=1)
        seen = (attention.unsqueeze(1) @ features).squeeze(1)
        state = self.memory(torch.cat((self.embedding(last), seen), dim=1), state)
        attention = torch.softmax((features @ self.question(state).unsqueeze(2)).squeeze(2) / DEPTH**0.5, dim=1)
        seen = (attention.unsqueeze(1) @ features).squeeze(1)
        return self.classes(torch.cat((state, seen), dim=1)), state

    def forward(self, features: Tensor, last: Tensor, state: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the next class, N int64, its probability, N float32, and the new state."""
        scores, state = self.scores(features, last, state)
        probability, chosen = torch.softmax(scores, dim=1).max(dim=1)
        return chosen, probability, state
