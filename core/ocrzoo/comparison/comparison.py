"""The readings of pages by several models side by side, with what differs, times and errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from typing import Any

import cv2
import numpy as np

from ocrzoo.comparison.readers import PageLines, Reader, Reading
from ocrzoo.comparison.truth import Errors, Truth, errors
from ocrzoo.inputs import Page
from ocrzoo.predictors.base import Detector
from ocrzoo.processing import geometry
from ocrzoo.processing.reading_order import Lines, reading_order
from ocrzoo.types import Image, Quad
from ocrzoo_registry.errors import InputError, OcrzooError

_COVERED = 0.5
"""Two lines are the same if they share more than this part of the smaller one."""

Span = tuple[str, bool]
"""A part of a text, and whether it differs."""

ToPicture = Callable[[Image], bytes]
"""Makes what is kept of a line's image, H x W x 3, uint8, BGR."""


@dataclass(frozen=True)
class Cell:
    """What one model read of one line."""

    text: str
    score: float
    spans: Sequence[Span]
    """The text in parts, by what differs from the text of the first model."""


@dataclass(frozen=True)
class Row:
    """One line of a page."""

    quad: Sequence[Sequence[int]]
    """Corners from the top left one, x and y in pixels."""
    cells: Sequence[Cell | None]
    """In the order of the models; ``None``: the model read nothing there, or failed on the page."""
    picture: bytes | None = field(default=None, repr=False, compare=False)
    """What it looks like, for a report: a JPEG."""

    @property
    def differs(self) -> bool:
        """Whether the models read it differently."""
        return len({None if cell is None else cell.text for cell in self.cells}) > 1


@dataclass(frozen=True)
class PageReadings:
    """What the models read of one page."""

    name: str
    rows: Sequence[Row] = ()
    seconds: Sequence[float | None] = ()
    """In the order of the models."""
    errors: Sequence[Errors | None] = ()
    faults: Sequence[str] = ()
    """What could not be read: the page, its truth, or by a model."""


@dataclass(frozen=True)
class Summary:
    """The figures of one model over all pages."""

    model: str
    what: str
    """What its time is that of."""
    pages: int
    lines: int
    differing: int
    """Lines that it read otherwise than the first model."""
    seconds_per_page: float | None
    errors: Errors | None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data; error rates are ``None`` without a truth."""
        rates = {"cer": None, "wer": None} if self.errors is None else {"cer": self.errors.cer, "wer": self.errors.wer}
        return {**asdict(self), **rates}


@dataclass(frozen=True)
class Comparison:
    """The readings of all pages."""

    models: Sequence[str]
    detection: str
    pages: Sequence[PageReadings]
    summaries: Sequence[Summary]

    @property
    def faults(self) -> list[str]:
        """Everything that could not be read."""
        return [fault for page in self.pages for fault in page.faults]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, without pictures."""
        return {
            "models": [*self.models],
            "detection": self.detection,
            "summary": [one.as_dict() for one in self.summaries],
            "pages": [_plain(page) for page in self.pages],
        }


def compare(
    pages: Iterable[Page],
    readers: Sequence[Reader],
    detector: tuple[str, Detector],
    truth: Truth | None,
    on_page: Callable[[], object] = lambda: None,
    *,
    to_picture: ToPicture | None = None,
) -> Comparison:
    """Read pages with each of the readers; a page, or a model on a page, that fails costs only itself.

    ``to_picture`` makes what is kept of how a line looks; without it, nothing is.
    """
    name, finder = detector
    found: list[PageReadings] = []
    for page in pages:
        found.append(_page(page, readers, finder, truth, to_picture, warm=any(one.rows for one in found)))
        on_page()
    summaries = [_summary(reader, place, found) for place, reader in enumerate(readers)]
    return Comparison([reader.name for reader in readers], name, found, summaries)


def _page(
    page: Page,
    readers: Sequence[Reader],
    detector: Detector,
    truth: Truth | None,
    to_picture: ToPicture | None,
    *,
    warm: bool,
) -> PageReadings:
    name = _name(page)
    try:
        lines = detected(page.read(), detector)
    except OcrzooError as error:
        return PageReadings(name, faults=[str(error)])
    faults: list[str] = []
    readings: list[Reading | None] = []
    seconds: list[float | None] = []
    for reader in readers:
        try:
            if not warm:
                reader.read(lines)  # engines prepare themselves for shapes that are new
            start = time.perf_counter()
            readings.append(reader.read(lines))
            seconds.append(time.perf_counter() - start)
        except OcrzooError as error:
            faults.append(f"{name}: {reader.name}: {error}")
            readings.append(None)
            seconds.append(None)
    wrong: list[Errors | None] = [None] * len(readers)
    if truth is not None:
        try:
            written = truth.of(page.stem, page.page_index)
        except InputError as error:
            faults.append(f"{name}: {error}")
        else:
            wrong = [None if one is None else errors(written, "\n".join(one.texts)) for one in readings]
    return PageReadings(name, _rows(lines, readings, to_picture), seconds, wrong, faults)


def detected(image: Image, detector: Detector) -> PageLines:
    """Return a page with its lines, in reading order."""
    quads = detector.predict([image])[0].quads
    cut = [(quad, crop) for quad in quads if (crop := geometry.crop(image, quad)) is not None]
    if cut:
        count = len(cut)
        polygons = np.stack([quad for quad, _ in cut]).astype(np.float32)
        level = np.zeros(count, np.bool_)
        order = reading_order(Lines(polygons, level, np.ones(count, np.int_), np.zeros(count, np.int_)))
        cut = [cut[index] for index in order]
    return PageLines(image, [quad for quad, _ in cut], [crop for _, crop in cut])


def _rows(lines: PageLines, readings: Sequence[Reading | None], to_picture: ToPicture | None) -> list[Row]:
    """The readings line by line; lines that only a whole pipeline found come last."""

    def row(quad: Quad, crop: Image, found: Sequence[tuple[str, float] | None]) -> Row:
        return _row(quad, None if to_picture is None else to_picture(crop), found)

    columns = [_by_line(lines.quads, reading) for reading in readings]
    rows = [
        row(quad, crop, [column.get(index) for column in columns])
        for index, (quad, crop) in enumerate(zip(lines.quads, lines.crops, strict=True))
    ]
    for place, reading in enumerate(readings):
        for quad, text, score in _unmatched(lines.quads, reading):
            crop = geometry.crop(lines.image, quad)
            if crop is not None:
                only = [(text, score) if place == other else None for other in range(len(readings))]
                rows.append(row(quad, crop, only))
    return rows


def _by_line(quads: Sequence[Quad], reading: Reading | None) -> dict[int, tuple[str, float]]:
    """The text and score of each line that was read; parts of one line are joined."""
    if reading is None:
        return {}
    if reading.quads is None:
        return dict(enumerate(zip(reading.texts, reading.scores, strict=True)))
    found: dict[int, tuple[str, float]] = {}
    for own, text, score in zip(reading.quads, reading.texts, reading.scores, strict=True):
        index = _same(own, quads)
        if index is not None:
            before = found.get(index)
            found[index] = (text, score) if before is None else (f"{before[0]} {text}", min(before[1], score))
    return found


def _unmatched(quads: Sequence[Quad], reading: Reading | None) -> Iterator[tuple[Quad, str, float]]:
    if reading is not None and reading.quads is not None:
        for own, text, score in zip(reading.quads, reading.texts, reading.scores, strict=True):
            if _same(own, quads) is None:
                yield own, text, score


def _same(own: Quad, quads: Sequence[Quad]) -> int | None:
    """The line of the page that a line is, by what they share of the smaller one."""
    shares = [_shared(own, quad) for quad in quads]
    best = int(np.argmax(shares)) if shares else 0
    return best if shares and shares[best] > _COVERED else None


def _shared(one: Quad, other: Quad) -> float:
    a, b = (cv2.convexHull(quad.astype(np.float32)) for quad in (one, other))
    least = min(cv2.contourArea(a), cv2.contourArea(b))
    return float(cv2.intersectConvexConvex(a, b)[0]) / least if least > 0 else 0.0


def _row(quad: Quad, picture: bytes | None, found: Sequence[tuple[str, float] | None]) -> Row:
    first = "" if found[0] is None else found[0][0]
    cells = [None if one is None else Cell(one[0], one[1], spans(first, one[0])) for one in found]
    return Row([[int(x), int(y)] for x, y in quad], cells, picture)


def spans(first: str, text: str) -> list[Span]:
    """Return a text in parts, by what differs from another; what it lacks is an empty part."""
    parts: list[Span] = []
    for kind, _, _, start, end in SequenceMatcher(None, first, text, autojunk=False).get_opcodes():
        parts.append((text[start:end], kind != "equal"))
    return parts


def _summary(reader: Reader, place: int, pages: Sequence[PageReadings]) -> Summary:
    read = [page for page in pages if page.seconds and page.seconds[place] is not None]
    rows = [row for page in read for row in page.rows]
    cells = [(row.cells[0], row.cells[place]) for row in rows]
    seconds = [taken for page in read if (taken := page.seconds[place]) is not None]
    wrong = [one for page in read if (one := page.errors[place]) is not None]
    differing = sum((a and a.text) != (b and b.text) for a, b in cells)
    return Summary(
        reader.name,
        reader.what,
        len(read),
        sum(cell is not None for _, cell in cells),
        differing,
        sum(seconds) / len(seconds) if seconds else None,
        sum(wrong, Errors()) if wrong else None,
    )


def _name(page: Page) -> str:
    name = page.input_path or "the page"
    return name if page.page_index is None else f"{name}, page {page.page_index + 1}"


def _plain(page: PageReadings) -> dict[str, Any]:
    rows = [
        {"quad": row.quad, "differs": row.differs, "readings": [cell and asdict(cell) for cell in row.cells]}
        for row in page.rows
    ]
    wrong = [one and {**asdict(one), "cer": one.cer, "wer": one.wer} for one in page.errors]
    return {"page": page.name, "lines": rows, "seconds": [*page.seconds], "errors": wrong, "faults": [*page.faults]}
