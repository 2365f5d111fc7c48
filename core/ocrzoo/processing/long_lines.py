"""Lines wider than the network takes without squeezing: cut into pieces that overlap, read, and joined.

Neighboring pieces are joined at a character that both have read at the same place, so spaces are those that the network
sees, whatever the script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ocrzoo.processing.recognition import MAX_WIDTH, USUAL, Line, LineShape
from ocrzoo.types import Image

SQUEEZED = 1.1
"""How many times ``MAX_WIDTH`` a line may be wide: squeezed so little it is legible."""
PIECE = 1600
"""Pixels, at the network's height: the most of a piece. Longer ones are read worse, and take more memory."""
OVERLAP = 320
"""Pixels, at the network's height, that neighbors share: some words."""
SAME_PLACE = 12
"""Pixels, at the network's height, within which two pieces agree on a character's place: one and a half columns."""
CUT = 24
"""Pixels, at the network's height, from the end of a piece within which a character may be cut."""


@dataclass(frozen=True)
class Piece:
    """A part of a line."""

    image: Image
    start: int
    """Its first column in the line's crop, in the crop's pixels."""


def pieces(crop: Image, shape: LineShape = USUAL) -> list[Piece]:
    """Cut a line into pieces of one width; a line that need not be cut is one piece."""
    height, width = crop.shape[:2]
    scale = shape.height / height
    if width * scale <= SQUEEZED * MAX_WIDTH:
        return [Piece(crop, 0)]
    count = int(np.ceil((width * scale - OVERLAP) / (PIECE - OVERLAP)))
    size = int(np.ceil((width + (count - 1) * OVERLAP / scale) / count))
    starts = [(width - size) * index // (count - 1) for index in range(count)]
    return [Piece(crop[:, start : start + size], start) for start in starts]


@dataclass(frozen=True)
class _Character:
    entry: str
    probability: float
    place: float
    """Its middle, in pixels of the line at the network's height."""


def join(read: Sequence[Line], cut: Sequence[Piece], shape: LineShape = USUAL) -> Line:
    """Join the readings of a line's pieces, in visual order; columns and cells are those of the whole line."""
    if len(read) == 1:
        return read[0]
    scale = shape.height / cut[0].image.shape[0]
    widths = [piece.image.shape[1] * scale for piece in cut]
    starts = [piece.start * scale for piece in cut]
    joined: list[_Character] = []
    seen = 0.0
    for line, start, width in zip(read, starts, widths, strict=True):
        characters = _characters(line, start, width)
        joined = _joined(joined, characters, start, seen - start)
        seen = start + width
    column = widths[0] / read[0].cells
    probabilities = tuple(one.probability for one in joined)
    return Line(
        "".join(one.entry for one in joined),
        float(np.mean(probabilities)) if joined else 0.0,
        tuple(one.entry for one in joined),
        tuple(int(one.place / column) for one in joined),
        probabilities,
        seen / column,
        margin=min(line.margin for line in read),
    )


def _characters(line: Line, start: float, width: float) -> list[_Character]:
    column = width / line.cells
    return [
        _Character(entry, probability, start + (place + 0.5) * column)
        for entry, place, probability in zip(line.entries, line.columns, line.probabilities, strict=True)
    ]


def _joined(before: list[_Character], after: list[_Character], start: float, shared: float) -> list[_Character]:
    """Join at the character that both read, nearest to the middle of what they share; else at the middle."""
    if not before or not after:
        return before or after
    middle = start + shared / 2
    whole = (start + CUT, start + shared - CUT)
    agreed = [
        (abs(one.place - middle), first, second)
        for first, one in enumerate(before)
        for second, other in enumerate(after)
        if one.entry == other.entry and abs(one.place - other.place) <= SAME_PLACE and whole[0] <= one.place <= whole[1]
    ]
    if agreed:
        _, first, second = min(agreed)
        return before[:first] + after[second:]
    return [one for one in before if one.place < middle] + [one for one in after if one.place >= middle]
