"""What was read, as Azure's ``analyzeResult`` has it: one text, and where its lines and words are in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import regex
from numpy.typing import NDArray

from ocrzoo.serving.reading import Answer, PageAnswer

if TYPE_CHECKING:
    Points = NDArray[np.floating[Any]]

Unit = Literal["textElements", "unicodeCodePoint", "utf16CodeUnit"]
"""What offsets and lengths count."""
Length = Callable[[str], int]
_POINTS_PER_INCH = 72
_CLUSTER = regex.compile(r"\X")
_LENGTHS: dict[Unit, Length] = {
    "textElements": lambda text: len(text) if text.isascii() else sum(1 for _ in _CLUSTER.finditer(text)),
    "unicodeCodePoint": len,
    "utf16CodeUnit": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
}


def analyze_result(answer: Answer, unit: Unit) -> dict[str, Any]:
    """Return the keys for the text of a file: lines in reading order, of all pages."""
    scale = 1.0
    if answer.kind == "pdf":
        from ocrzoo.inputs.pdfs import pixels_per_point

        scale = 1 / (_POINTS_PER_INCH * pixels_per_point())
    text = _Text(_LENGTHS[unit])
    pages = [_page(page, text, scale) for page in answer.pages]
    failed = [page for page in answer.pages if page.error is not None]
    return {
        "contentFormat": "text",
        "content": text.content,
        "pages": pages,
        "styles": [],
        **({"warnings": [_warning(page) for page in failed]} if failed else {}),
    }


class _Text:
    """The text of a file as it grows, a line a line."""

    def __init__(self, length: Length) -> None:
        self.length = length
        self.offset = 0
        """Where the next line begins."""
        self._lines: list[str] = []

    @property
    def content(self) -> str:
        return "\n".join(self._lines)

    def add(self, line: str) -> dict[str, int]:
        """Add a line and return its span."""
        span = {"offset": self.offset, "length": self.length(line)}
        self._lines.append(line)
        self.offset += span["length"] + 1
        return span


def _page(page: PageAnswer, text: _Text, scale: float) -> dict[str, Any]:
    begin = text.offset
    lines: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    for line in _lines(page):
        span = text.add(line.text)
        lines.append({"content": line.text, "polygon": _flat(line.polygon, scale), "spans": [span]})
        words += _words(line, span, text.length, scale)
    return {
        "pageNumber": page.index + 1,
        "angle": _angle(page.result),
        "width": round(page.width * scale, 4),
        "height": round(page.height * scale, 4),
        "unit": "pixel" if scale == 1 else "inch",
        "words": words,
        "lines": lines,
        "spans": [{"offset": begin, "length": max(0, text.offset - begin - 1)}],
    }


class _Line:
    """A line of a page."""

    def __init__(self, result: Mapping[str, Any], index: int) -> None:
        self.text: str = result["rec_texts"][index]
        self.score = float(result["rec_scores"][index])
        read = np.array(result["rec_polys"][index], np.float32)
        original = result.get("rec_polys_original")
        self.polygon = read if original is None else np.array(original[index], np.float32)
        """On the page as it is in the file."""
        boxes = result.get("text_word_boxes")
        self.words: Sequence[str] = [] if boxes is None else result["text_word"][index]
        self._boxes = [] if boxes is None else boxes[index]
        self._read = read

    def word_polygons(self) -> Iterator[Points]:
        """Yield the corners of each word, on the page as it is in the file."""
        import cv2

        moved = cv2.getPerspectiveTransform(self._read, self.polygon) if self._is_moved else None
        for left, top, right, bottom in self._boxes:
            corners = np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float32)
            yield (corners if moved is None else cv2.perspectiveTransform(corners, moved))[0]

    @property
    def _is_moved(self) -> bool:
        return not np.array_equal(self._read, self.polygon) and _area(self._read) > 0 and _area(self.polygon) > 0


def _lines(page: PageAnswer) -> Iterator[_Line]:
    """The lines of a page that have text, in reading order."""
    result = page.result
    texts = result.get("rec_texts", ())
    for index in result.get("reading_order", range(len(texts))):
        if texts[index].strip():
            yield _Line(result, index)


def _words(
    line: _Line, span: Mapping[str, int], length: Callable[[str], int], scale: float
) -> Iterator[dict[str, Any]]:
    place = 0
    for word, polygon in zip(line.words, line.word_polygons(), strict=False):
        found = line.text.find(word, place)
        if found < 0 or not word.strip():
            continue
        place = found + len(word)
        yield {
            "content": word,
            "polygon": _flat(polygon, scale),
            "confidence": round(line.score, 4),
            "span": {"offset": span["offset"] + length(line.text[:found]), "length": length(word)},
        }


def _flat(polygon: Points, scale: float) -> list[float]:
    """The coordinates of corners in a row: x, y, x, y."""
    return [round(float(value) * scale, 4) for value in polygon.reshape(-1)]


def _area(polygon: Points) -> float:
    x, y = polygon[:, 0], polygon[:, 1]
    return float(abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / 2)


def _angle(result: Mapping[str, Any]) -> int:
    """Degrees clockwise, above -180 and up to 180, by which the page is turned."""
    angle = max((result.get("doc_preprocessor_res") or {}).get("angle", 0), 0)
    return int(angle if angle <= 180 else angle - 360)


def _warning(page: PageAnswer) -> dict[str, str]:
    return {"code": "PageNotRead", "message": str(page.error), "target": f"pages/{page.index}"}
