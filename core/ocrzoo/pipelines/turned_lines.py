"""Lines that stand on their head, without a model for it: a line read with doubt is read the other way up too.

A crop that is much higher than wide is turned counter-clockwise, which is right for text that runs down and for
vertical columns; text that runs up is then upside down. So are all lines of a page that is. The better reading counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ocrzoo.processing.recognition import Line
from ocrzoo.types import Image

SURE = 0.9
"""A line with this score is not read again by itself. Measured with PP-OCRv4, v5 and v6 on 2,286 lines upside down that
are legible when turned: 98 % stay below. Of 2,673 lines that are not upside down, 7 % are read twice."""
AT_ONCE = 12
"""Doubtful lines that are read again at a time, those with the lowest scores first. If none of them is better, the
others are what they seem: of a page in a language that the model does not know, all lines are in doubt."""
LEGIBLE = 0.8
"""The least score of a line that is turned."""
BETTER = 0.1
"""How much it must gain by that; then none of the 2,673 lines was turned in error."""
TELLING = 3
"""Letters and digits of a line that is turned for its own score: fewer may look alike upside down, as 60 and 09 do."""

Reading = tuple[Line, int]
"""A line, and which of several models read it."""


def turn_doubtful(
    images: Sequence[Image], tall: Sequence[bool], lines: list[Reading], read: Callable[[list[Image]], list[Reading]]
) -> list[bool]:
    """Replace readings in ``lines`` by those of the turned crop where it is better; return which are.

    If most of a page's lines are turned, so are those too short to tell. Tall lines and others are apart.
    """
    turned = [False] * len(lines)
    for kind in (True, False):
        places = [place for place, one in enumerate(tall) if one == kind]
        others: dict[int, Reading] = {}

        def read_again(chosen: Sequence[int], others: dict[int, Reading] = others) -> None:
            again = [np.ascontiguousarray(np.rot90(images[place], 2)) for place in chosen]
            others.update(zip(chosen, read(again) if again else [], strict=True))

        doubtful = sorted(
            (place for place in places if lines[place][0].score < SURE), key=lambda place: lines[place][0].score
        )
        for start in range(0, len(doubtful), AT_ONCE):
            some = doubtful[start : start + AT_ONCE]
            read_again(some)
            for place in some:
                line = others[place][0]
                turned[place] = _tells(line) and line.score >= max(LEGIBLE, lines[place][0].score + BETTER)
            if not any(turned[place] for place in some):
                break
        upright = sum(_tells(lines[place][0]) and lines[place][0].score >= SURE for place in places)
        if sum(turned[place] for place in places) > upright:
            read_again([place for place in places if place not in others])
            for place, (line, _) in others.items():
                turned[place] |= line.score >= lines[place][0].score - BETTER
        for place, reading in others.items():
            if turned[place]:
                lines[place] = reading
    return turned


def _tells(line: Line) -> bool:
    """Whether a line is long enough to tell which way up it is."""
    return sum(character.isalnum() for character in line.text) >= TELLING
