"""The text of a page as OCRmyPDF's elements: a page of lines of words, each where it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ocrmypdf import BoundingBox, OcrClass, OcrElement
from ocrmypdf.models.ocr_element import Baseline

DESCENT = 0.215
"""The share of a line's box below its baseline, as in Noto Sans, which OCRmyPDF takes for lines without a baseline."""
MOST_SLOPE = 45
"""Degrees; steeper lines are turned lines."""
_WIDE = ((0x1100, 0x11FF), (0x2E80, 0xA4CF), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF))
"""Scripts of China, Japan and Korea: between words of these, OCRmyPDF writes no space."""


def page_element(page: Any, number: int, dpi: float | None) -> OcrElement:
    """Return the element of a page, of what :meth:`ocrzoo.OCRResult.text_page` returns; ``number`` is from 0."""
    height, width = page.image.shape[:2]
    lines = [line_element(line) for line in page.lines if line.text.strip()]
    box = BoundingBox(0, 0, width, height)
    paragraph = OcrElement(OcrClass.PARAGRAPH, box, children=lines)
    return OcrElement(OcrClass.PAGE, box, children=[paragraph] if lines else [], dpi=dpi, page_number=number)


def line_element(line: Any) -> OcrElement:
    """Return the element of a line.

    OCRmyPDF takes the size of letters from the height of a line's box, so the box of a sloping line is that of its
    start, which is not higher than its letters; the slope is that of its baseline.
    """
    corners = np.asarray(line.polygon, np.float64).reshape(-1, 2)
    quad = np.roll(corners, -1, axis=0) if line.direction == "ttb" else corners
    along, across = (quad[1] - quad[0] + quad[2] - quad[3]) / 2, (quad[3] - quad[0] + quad[2] - quad[1]) / 2
    angle = math.degrees(math.atan2(-along[1], along[0]))
    element = OcrElement(
        OcrClass.LINE,
        box_of(corners),
        confidence=float(line.score),
        direction="rtl" if line.direction == "rtl" else "ltr",
        language=line.language,
        children=[
            OcrElement(OcrClass.WORD, box_of(one.polygon), text=one.text, confidence=one.score) for one in words(line)
        ],
    )
    if abs(angle) > MOST_SLOPE:
        element.textangle = round(angle / 90) * 90.0 if abs(angle - round(angle / 90) * 90) < 1 else angle
    else:
        left, right = sorted((quad[0][0], quad[1][0]))
        height = float(np.hypot(*across))
        element.bbox = BoundingBox(left, quad[3][1] - height, right, quad[3][1])
        element.baseline = Baseline(-math.tan(math.radians(angle)), -DESCENT * height)
    return element


@dataclass(frozen=True)
class Piece:
    """What stands between spaces, or between two words of scripts that are written without."""

    text: str
    polygon: NDArray[np.float64]
    """The corners of all its words."""
    score: float
    """The lowest of its words."""


def words(line: Any) -> Iterator[Piece]:
    """Yield the words of a line as OCRmyPDF has them: with punctuation, since it writes a space after each.

    A line without words is one.
    """
    found = [Piece(word.text, np.asarray(word.polygon, np.float64), float(word.score)) for word in line.words]
    position, kept = 0, list[Piece]()
    for piece in found:
        start = line.text.find(piece.text, position)
        spaced = start < 0 or any(map(str.isspace, line.text[position:start]))
        position = max(position, start + len(piece.text))
        if not kept or spaced or (is_wide(kept[-1].text) and is_wide(piece.text)):
            kept.append(piece)
        else:
            kept[-1] = joined(kept[-1], piece)
    yield from kept or [Piece(line.text.strip(), np.asarray(line.polygon, np.float64), float(line.score))]


def joined(one: Piece, other: Piece) -> Piece:
    """Return two pieces as one."""
    return Piece(one.text + other.text, np.vstack([one.polygon, other.polygon]), min(one.score, other.score))


def is_wide(text: str) -> bool:
    """Whether all characters are of scripts that OCRmyPDF writes without spaces."""
    return all(any(first <= ord(character) <= last for first, last in _WIDE) for character in text)


def box_of(corners: Iterable[Any]) -> BoundingBox:
    """Return the box around corners, in pixels."""
    points = np.asarray(list(corners), np.float64).reshape(-1, 2)
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return BoundingBox(left, top, right, bottom)
