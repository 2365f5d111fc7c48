"""Spaces that a network sees but does not read: its best class between two words is the blank, not the space.

PP-OCRv4_mobile loses more than half of the spaces of English text so. Whether there is one follows from how probable a
space is to the network anywhere between two characters, and from how far apart these are: from the distance of their
columns, less what letters of their widths need, against the widest such gap of the line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ocrzoo.processing.recognition import Alternative, Line
from ocrzoo.text.scripts import writes_spaces


class Weights(NamedTuple):
    """What is multiplied with the features of a gap (:class:`Candidate`); a space is where the sum is positive."""

    probability: float
    gap: float
    widest: float
    constant: float


WEIGHTS = Weights(1.8, 12.0, -13.0, 14.3)
"""By logistic regression on the gaps of 994 lines of English that PP-OCRv4_mobile read (labelled pages of seeds 1 and
7), the constant less 1, which halves the spaces that are wrong. ``python -m bench.spaces --fit`` fits such weights."""
_LEAST_WIDEST = 0.8
"""Widths of a letter: the least that counts as the widest gap, for lines of one word."""
_LEAST_PROBABILITY = 1e-6
_WIDTHS = {0.5: "iljI1|!.,;:'`", 0.7: 'tfr()[]"-/', 1.5: "mwMW@%"}
"""Widths of characters, of most letters' widths, as in most proportional fonts."""
_WIDTH = {character: width for width, characters in _WIDTHS.items() for character in characters}
_CAPITAL = 1.25

Value = TypeVar("Value")


class Candidate(NamedTuple):
    """A gap that may be a space which the network does not read."""

    place: int
    """The place of the entry before it."""
    probability: float
    """The logarithm of the space's probability."""
    gap: float
    """Its width beyond what the letters need, in widths of a letter."""
    widest: float
    """That of the widest gap of the line."""

    def is_space(self) -> bool:
        """Whether it is one, by :data:`WEIGHTS`."""
        features = (self.probability, self.gap, self.widest, 1.0)
        return sum(weight * feature for weight, feature in zip(WEIGHTS, features, strict=True)) > 0


@dataclass(frozen=True)
class _Gap:
    """What is between two neighboring entries."""

    before: int
    """The place of the first of them."""
    width: float
    """Its width beyond what the letters need, in widths of a letter."""


def with_spaces(line: Line, output: NDArray[np.float32], space: int) -> Line:
    """Return a line with the spaces that it lacks, and so its alternatives; its score stays.

    ``output`` is T x classes, ``space`` the class of the space. None is added beside characters of scripts that are
    written without spaces.
    """
    found = output[:, space]
    places = _places(line.entries, line.columns, found)
    alternatives = tuple(_spaced(one, found) for one in line.alternatives)
    if not places:
        return replace(line, alternatives=alternatives)
    columns = [_column(line.columns, place, found) for place in places]
    entries = _filled(line.entries, places, [" "] * len(places))
    return replace(
        line,
        text="".join(entries),
        entries=entries,
        columns=_filled(line.columns, places, columns),
        probabilities=_filled(line.probabilities, places, [float(found[column]) for column in columns]),
        alternatives=alternatives,
        choices=_filled(line.choices, places, [()] * len(places)) if line.choices else (),
    )


def _spaced(one: Alternative, found: NDArray[np.float32]) -> Alternative:
    places = _places(one.entries, one.columns, found)
    entries = _filled(one.entries, places, [" "] * len(places))
    columns = _filled(one.columns, places, [_column(one.columns, place, found) for place in places])
    return replace(one, text="".join(entries), entries=entries, columns=columns)


def _places(entries: Sequence[str], columns: Sequence[int], found: NDArray[np.float32]) -> list[int]:
    """The places of the entries after which a space is missing; ``found`` is its probability in each column."""
    return [one.place for one in candidates(entries, columns, found) if one.is_space()]


def candidates(entries: Sequence[str], columns: Sequence[int], found: NDArray[np.float32]) -> list[Candidate]:
    """Return the gaps of a line without a space that have room for one; ``found`` is its probability in each column.

    ``columns`` has the column of each entry.
    """
    gaps = _gaps(entries, columns)
    widest = max([_LEAST_WIDEST, *(gap.width for gap in gaps)])
    return [
        Candidate(gap.before, math.log(_chance(columns, gap.before, found)), gap.width, widest)
        for gap in gaps
        if columns[gap.before + 1] - columns[gap.before] >= 2 and " " not in entries[gap.before : gap.before + 2]
    ]


def _gaps(entries: Sequence[str], columns: Sequence[int]) -> list[_Gap]:
    """The gaps between neighbors that may have a space between them, and those that have one."""
    needed = {
        place: (_width(entries[place]) + _width(entries[place + 1])) / 2
        for place in range(len(entries) - 1)
        if " " not in entries[place : place + 2]
    }
    if not needed:
        return []
    unit = median((columns[place + 1] - columns[place]) / width for place, width in needed.items())
    gaps = [
        _Gap(place, (columns[place + 1] - columns[place]) / unit - width)
        for place, width in needed.items()
        if writes_spaces(entries[place][-1]) and writes_spaces(entries[place + 1][0])
    ]
    for place in range(1, len(entries) - 1):
        if entries[place] == " ":
            width = (_width(entries[place - 1]) + _width(entries[place + 1])) / 2
            gaps.append(_Gap(place, (columns[place + 1] - columns[place - 1]) / unit - width))
    return gaps


def _chance(columns: Sequence[int], place: int, found: NDArray[np.float32]) -> float:
    """How probable a space is where it is most so, from an entry's column to the next entry's."""
    return max(float(found[columns[place] : columns[place + 1] + 1].max()), _LEAST_PROBABILITY)


def _width(entry: str) -> float:
    return _WIDTH.get(entry, _CAPITAL if entry.isupper() else 1.0)


def _column(columns: Sequence[int], place: int, found: NDArray[np.float32]) -> int:
    """Where the space after an entry is most probable, between its neighbors' columns."""
    first = columns[place] + 1
    return first + int(found[first : columns[place + 1]].argmax())


def _filled(values: Sequence[Value], places: Sequence[int], added: Sequence[Value]) -> tuple[Value, ...]:
    """The values, with one added after each place."""
    made = list(values)
    for place, value in sorted(zip(places, added, strict=True), key=lambda one: -one[0]):
        made.insert(place + 1, value)
    return tuple(made)
