"""How far two answers to the same pages agree: pairs of lines, counts, and every difference in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from answers import Line, Pages, Polygon

REACH = 10
"""Pixels that corners may lie apart and the line still be the same, where it is no higher than that."""


@dataclass(frozen=True)
class Tolerance:
    """What still counts as equal."""

    pixels: int = 1
    """Largest distance of a corner's coordinate."""
    score: float = 1e-3
    """Largest difference of a score; PaddleX's own engines differ by 1e-4."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not equal."""

    page: str
    line: int | None
    """Index in the recording; ``None`` where only we have the line, or for the whole page."""
    what: str
    ours: object
    theirs: object

    def __str__(self) -> str:
        """Return the difference in one line."""
        place = self.page if self.line is None else f"{self.page}, line {self.line}"
        return f"{place}: {self.what}: ours {self.ours!r}, theirs {self.theirs!r}"


@dataclass
class Agreement:
    """Counts over some pages, and the differences found on them."""

    pages: int = 0
    theirs: int = 0
    """Lines in the recording."""
    ours: int = 0
    exact_boxes: int = 0
    boxes: int = 0
    """Boxes equal within the tolerance."""
    texts: int = 0
    score_gap: float = 0.0
    """Largest difference of scores among lines of the same text."""
    differences: list[Difference] = field(default_factory=list)


def corner_distance(one: Polygon, other: Polygon) -> float:
    """Return the largest difference of a coordinate; infinite if one has more corners."""
    if len(one) != len(other):
        return inf
    return max((max(abs(x - u), abs(y - v)) for (x, y), (u, v) in zip(one, other, strict=True)), default=0)


def pair_lines(ours: Sequence[Line], theirs: Sequence[Line]) -> dict[int, int]:
    """Return which of our lines is which of theirs (their index -> ours), the nearest first."""
    candidates = sorted(
        (distance, line.text != other.text, abs(i - j), j, i)
        for j, other in enumerate(theirs)
        for i, line in enumerate(ours)
        if (distance := corner_distance(line.polygon, other.polygon)) <= _reach(other.polygon)
    )
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for *_, j, i in candidates:
        if j not in pairs and i not in taken:
            pairs[j] = i
            taken.add(i)
    return dict(sorted(pairs.items()))


def compare_pages(ours: Pages, theirs: Pages, tolerance: Tolerance) -> Agreement:
    """Compare our answers with the recording's, page by page."""
    agreement = Agreement()
    for page, lines in theirs.items():
        if page in ours:
            compare_page(agreement, page, ours[page], lines, tolerance)
        else:
            agreement.differences.append(Difference(page, None, "page", "no answer", f"{len(lines)} lines"))
    return agreement


def compare_page(
    agreement: Agreement, page: str, ours: Sequence[Line], theirs: Sequence[Line], tolerance: Tolerance
) -> None:
    """Compare one page and add what is found to the agreement."""
    pairs = pair_lines(ours, theirs)
    agreement.pages += 1
    agreement.ours += len(ours)
    agreement.theirs += len(theirs)
    for j, i in pairs.items():
        _count(agreement, ours[i], theirs[j], tolerance)
        agreement.differences += _line_differences(page, j, ours[i], theirs[j], tolerance)
    agreement.differences += _unpaired(page, ours, theirs, pairs)
    if list(pairs.values()) != sorted(pairs.values()):
        agreement.differences.append(Difference(page, None, "order", list(pairs.values()), list(pairs)))


def _reach(polygon: Polygon) -> float:
    height = max(y for _, y in polygon) - min(y for _, y in polygon)
    width = max(x for x, _ in polygon) - min(x for x, _ in polygon)
    return max(REACH, min(height, width))


def _count(agreement: Agreement, ours: Line, theirs: Line, tolerance: Tolerance) -> None:
    agreement.exact_boxes += ours.polygon == theirs.polygon
    agreement.boxes += corner_distance(ours.polygon, theirs.polygon) <= tolerance.pixels
    if ours.text == theirs.text:
        agreement.texts += 1
        agreement.score_gap = max(agreement.score_gap, abs(ours.score - theirs.score))


def _line_differences(page: str, index: int, ours: Line, theirs: Line, tolerance: Tolerance) -> Iterator[Difference]:
    if corner_distance(ours.polygon, theirs.polygon) > tolerance.pixels:
        yield Difference(page, index, "box", ours.polygon, theirs.polygon)
    if ours.text != theirs.text:
        yield Difference(page, index, "text", ours.text, theirs.text)
    elif abs(ours.score - theirs.score) > tolerance.score:
        yield Difference(page, index, "score", round(ours.score, 6), round(theirs.score, 6))


def _unpaired(
    page: str, ours: Sequence[Line], theirs: Sequence[Line], pairs: Mapping[int, int]
) -> Iterator[Difference]:
    for j, line in enumerate(theirs):
        if j not in pairs:
            yield Difference(page, j, "missing", None, f"{line.text} {line.polygon}")
    for i, line in enumerate(ours):
        if i not in pairs.values():
            yield Difference(page, None, "extra", f"{line.text} {line.polygon}", None)
