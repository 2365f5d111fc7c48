"""Gutters: white strips between columns of prose, and the lines that were detected across them.

Where a gutter is narrow, a detector may find a line of one column and the line beside it as one. It is blank where the
gutter is, and the lines above and below it show that this is no word space: they end there, or are blank there too.
Tables stay as they are: what is beside the strip has to be as wide as prose.

Distances are relative to the height of the line as it was detected, which is about 1.4 ems.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo.processing.columns import CLOSE, RAGGED, WIDE, Boxes, line_height
from ocrzoo.processing.geometry import is_tall, upright_rectangle
from ocrzoo.processing.reading_order import Lines, straightened
from ocrzoo.types import Image, Quad

Shares = tuple[tuple[float, float], ...]
"""Start and end of each part of a line, as shares of its length."""
Floats = NDArray[np.float64]

_EDGE = 0.1
"""Share of a line's height at its top and at its bottom that is not looked at: letters of other lines reach into it."""
_INK = 0.35
"""Share of the contrast within letters from which a column of pixels has ink."""
_SPACE = 0.12
"""Least width of a blank that counts: letters are closer."""
_NARROW = 0.2
"""Least width of a blank at which a line is cut."""
_CLEAR = 0.6
"""Least width of a blank that is no word space, if it is also wider than the spaces of its line."""
_WIDER = 1.25
"""By how much it is wider than most of them; those of a justified line are equal, and may be wide too."""
_MOST = 0.8
"""Share of the other blanks of a line that counts as most: a line across three columns has two gutters."""
_REACH = 12.0
"""How far above and below other lines are looked at."""
_OPEN = 0.2
"""Width of the strip between other lines below which it ends."""
_LEAST = 3
"""Lines on each side of a gutter."""
_SHOWN = 3
"""Lines in which a gutter shows: they end and begin there, or are clearly blank there."""
_COVERED = 0.6
"""Share of the gutter between the other lines that is blank in the line that is cut: headlines cross it."""
_SIZE = 1.5
"""Most that lines beside a gutter differ in height."""
_FULL = 40
"""Percentile of the widths of lines beside a gutter that is the least of prose: the last lines of paragraphs are
short."""
_MOST_BLANKS = 20_000
"""Blanks that are examined on a page, the widest first; a full page has 500."""
_PART = 2.0
"""Least length of a part."""
_MARGIN = 0.25
"""White space that a part keeps at its end, as a detected line does."""


@dataclass(frozen=True)
class _Page:
    """The lines of a page, straightened, from top to bottom; and the blanks within them, line by line."""

    boxes: Boxes
    middles: Floats
    """N: their heights on the page."""
    ink: Floats
    """N x 2: where the first letter of a line begins, and the last one ends."""
    blanks: Floats
    """M x 2: where a blank begins and ends."""
    clear: NDArray[np.bool_]
    """M: whether it is no word space."""
    owners: NDArray[np.intp]
    """M: the line that it is in."""


def parts(quads: Sequence[Quad], images: Sequence[Image]) -> list[Shares]:
    """Return the parts that each line of a page is cut into at gutters; most have one, from 0 to 1.

    ``images`` are the lines cut out, deskewed (:func:`~ocrzoo.processing.geometry.crop`).
    """
    found: list[Shares] = [((0.0, 1.0),) for _ in quads]
    if len(quads) < 2 * _LEAST - 1:
        return found
    boxes = _straightened(quads)
    order = np.argsort(boxes[:, 1] + boxes[:, 3], kind="stable")
    page = _page(boxes[order], [images[line] for line in order])
    gutters = [blank for blank in _candidates(page) if _is_gutter(page, blank)]
    for line, own in groupby(gutters, lambda blank: int(page.owners[blank])):
        found[order[line]] = _shares(page.boxes[line], page.blanks[list(own)])
    return found


def _straightened(quads: Sequence[Quad]) -> Boxes:
    """Return the boxes of lines after the page is turned so that most of them are level."""
    count = len(quads)
    corners = np.stack([upright_rectangle(quad)[0] for quad in quads])
    tall = np.array([is_tall(quad) for quad in quads])
    return straightened(Lines(corners, tall, np.full(count, 2), np.zeros(count, int)))


def _page(boxes: Boxes, images: Sequence[Image]) -> _Page:
    """Look for the blanks in lines; those at right angles to the others have none."""
    ink = boxes[:, [0, 2]].copy()
    blanks, clear, owners = [np.empty((0, 2))], [np.empty(0, bool)], [np.empty(0, np.intp)]
    for line, ((left, top, right, bottom), image) in enumerate(zip(boxes, images, strict=True)):
        height = bottom - top
        if right - left < height:
            continue
        runs = left + _blank_runs(image) * (right - left)
        ink[line] = runs[0, 1], runs[-1, 0]
        own = runs[1:-1][np.diff(runs[1:-1])[:, 0] >= _SPACE * height]
        blanks.append(own)
        clear.append(_are_clear(np.diff(own)[:, 0], height))
        owners.append(np.full(len(own), line))
    middles = (boxes[:, 1] + boxes[:, 3]) / 2
    return _Page(boxes, middles, ink, np.concatenate(blanks), np.concatenate(clear), np.concatenate(owners))


def _blank_runs(image: Image) -> Floats:
    """Return where a line has no ink, as shares of its length, K x 2; the first and the last run are its margins.

    A column of pixels is blank if it is of one color from top to bottom: paper in any light, and a rule.
    """
    height, width = image.shape[:2]
    edge = int(_EDGE * height)
    inner = np.asarray(cv2.blur(image, (3, 3)))[edge : height - edge]
    contrast = (inner.max(axis=0).astype(np.int16) - inner.min(axis=0)).max(axis=-1)
    inked = contrast > _INK * np.percentile(contrast, 90)
    steps = np.diff(np.concatenate([[True], inked, [True]]).astype(np.int8))
    runs = np.stack([np.flatnonzero(steps < 0), np.flatnonzero(steps > 0)], axis=1)
    before = [] if len(runs) and runs[0, 0] == 0 else [[0, 0]]
    after = [] if len(runs) and runs[-1, 1] == width else [[width, width]]
    found: Floats = np.array([*before, *runs.tolist(), *after], np.float64) / width
    return found


def _are_clear(widths: Floats, height: float) -> NDArray[np.bool_]:
    """Return which blanks of a line are wider than its word spaces are."""
    most = np.sort(widths)[math.ceil(_MOST * (len(widths) - 2))] if len(widths) > 1 else 0.0
    clear: NDArray[np.bool_] = widths >= max(_WIDER * most, _CLEAR * height)
    return clear


def _candidates(page: _Page) -> list[int]:
    """Return the blanks that are wide enough, and not at an end of their line."""
    left, right = page.blanks.T
    heights = (page.boxes[:, 3] - page.boxes[:, 1])[page.owners]
    start, end = page.ink[page.owners].T
    widths = (right - left) / heights
    found = np.flatnonzero((widths >= _NARROW) & (np.minimum(left - start, end - right) >= _PART * heights))
    widest = found[np.argsort(-widths[found], kind="stable")][:_MOST_BLANKS]
    return sorted(widest.tolist())


def _is_gutter(page: _Page, blank: int) -> bool:
    """Whether a blank of a line is of a gutter."""
    line = int(page.owners[blank])
    left, right = page.blanks[blank].tolist()
    height = float(page.boxes[line, 3] - page.boxes[line, 1])
    around = _around(page, line, blank, height)
    above, below = (_in_strip(around, way, (left, right), height) for way in (-1, 1))
    if not _is_shown(around, above, below, clear=bool(page.clear[blank])):
        return False
    others = np.concatenate([above, below])
    shows = others[around.whole[others] | around.clear[others]]
    gutter = around.ends[shows].max(), around.begins[shows].min()
    if min(right, gutter[1]) - max(left, gutter[0]) < _COVERED * (gutter[1] - gutter[0]):
        return False
    both = np.append(others, around.place)
    lefts, rights = both[np.isfinite(around.ends[both])], both[np.isfinite(around.begins[both])]
    return _is_prose(around.boxes[lefts], around.ends[lefts] - around.ink[lefts, 0], height) and _is_prose(
        around.boxes[rights], around.ink[rights, 1] - around.begins[rights], height
    )


def _is_shown(around: _Around, above: NDArray[np.intp], below: NDArray[np.intp], *, clear: bool) -> bool:
    """Whether the lines above and below a blank show a gutter; of one that is ``clear``, those on one side may do."""
    pairs = [around.pairs(lines) for lines in (above, below)]
    shown = [count + int(around.clear[lines].sum()) for count, lines in zip(pairs, (above, below), strict=True)]
    return all(pairs) or (sum(shown) >= _SHOWN and (clear or all(shown)))


@dataclass(frozen=True)
class _Around:
    """The lines near a place in a line, from top to bottom."""

    place: int
    """That line."""
    boxes: Boxes
    ink: Floats
    ends: Floats
    """Where text before the place ends; -inf: there is none near it, inf: there is text at the place."""
    begins: Floats
    """Where text after the place begins; inf: there is none near it, -inf: there is text at the place."""
    whole: NDArray[np.bool_]
    """Whether the line is on one side of the place."""
    clear: NDArray[np.bool_]
    """Whether the line has a blank at the place that is no word space."""

    def pairs(self, lines: NDArray[np.intp]) -> int:
        """How many of these lines end before the place, or how many begin after it, if those are fewer."""
        whole = lines[self.whole[lines]]
        return int(min(np.isfinite(self.ends[whole]).sum(), np.isfinite(self.begins[whole]).sum()))


def _around(page: _Page, line: int, blank: int, height: float) -> _Around:
    """Look at what the lines near a blank have where it is."""
    middle = float(page.blanks[blank].mean())
    reach = np.array([-_REACH, _REACH]) * height
    first, last = np.searchsorted(page.middles, page.middles[line] + reach).tolist()
    ink = page.ink[first:last]
    before, after = ink[:, 1] <= middle, ink[:, 0] >= middle
    ends, begins = np.where(before, ink[:, 1], np.inf), np.where(after, ink[:, 0], -np.inf)
    ends[after], begins[before] = -np.inf, np.inf
    clear = np.zeros(len(ink), bool)
    start, end = np.searchsorted(page.owners, [first, last])
    blanks = page.blanks[start:end]
    here = np.flatnonzero((blanks[:, 0] <= middle) & (blanks[:, 1] >= middle))
    owners = page.owners[start:end][here] - first
    ends[owners], begins[owners] = blanks[here].T
    clear[owners] = page.clear[start:end][here]
    ends[np.isfinite(ends) & (ends < middle - RAGGED * height)] = -np.inf
    begins[np.isfinite(begins) & (begins > middle + RAGGED * height)] = np.inf
    return _Around(line - first, page.boxes[first:last], ink, ends, begins, before | after, clear)


def _in_strip(around: _Around, way: int, strip: tuple[float, float], height: float) -> NDArray[np.intp]:
    """Return the lines beside a strip above (-1) or below (1) a line, nearest first: as long as it stays open.

    It also ends where lines do not follow closely.
    """
    lines = np.arange(around.place + way, -1 if way < 0 else len(around.ends), way)
    lines = lines[(around.ends[lines] > -np.inf) | (around.begins[lines] < np.inf)]
    ends = np.maximum.accumulate(np.maximum(around.ends[lines], strip[0]))
    begins = np.minimum.accumulate(np.minimum(around.begins[lines], strip[1]))
    middles = around.boxes[np.append(around.place, lines)][:, [1, 3]].mean(axis=1)
    close = np.logical_and.accumulate(np.abs(np.diff(middles)) <= CLOSE * height)
    found: NDArray[np.intp] = lines[close & (begins - ends >= _OPEN * height)]
    return found


def _is_prose(boxes: Boxes, widths: Floats, height: float) -> bool:
    """Whether lines on one side of a gutter are long, follow closely, and are as high as the one that crosses it."""
    if len(boxes) < _LEAST:
        return False
    usual = line_height(boxes)
    distance = float(np.median(np.diff(np.sort(boxes[:, 1] + boxes[:, 3])))) / 2
    long = np.percentile(widths, _FULL) >= WIDE * height and distance <= CLOSE * height
    return bool(long and max(usual, height) <= _SIZE * min(usual, height))


def _shares(box: NDArray[np.float64], blanks: Floats) -> Shares:
    """Return the parts of a line beside blanks (K x 2), as shares of its length."""
    left, top, right, bottom = box.tolist()
    kept = np.minimum(np.diff(blanks)[:, 0] / 2, _MARGIN * (bottom - top))
    edges = [0.0, *((np.stack([blanks[:, 0] + kept, blanks[:, 1] - kept], axis=1) - left) / (right - left)).flat, 1.0]
    return tuple((float(begin), float(end)) for begin, end in zip(edges[::2], edges[1::2], strict=True))
