"""The lines that are reviewed: their crops, how doubtful they are, and which of their characters."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import bidirectional

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo.datasets.corrections import CROPS, Place
from ocrzoo.datasets.pages import PageFinder
from ocrzoo.inputs import Password
from ocrzoo.processing.geometry import crop, is_tall
from ocrzoo.processing.rotation import turn_line, undo_rotation
from ocrzoo.review.results import SavedResult, read_result
from ocrzoo.text.scripts import VERTICAL
from ocrzoo.text.unicode_scripts import script_of
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError, UsageError
from ocrzoo_registry.files import os_errors_as, write_atomically

DOUBTFUL = 0.9
"""Characters below it are marked. Of first readings at or above it, 92 % or more are right (docs/characters.md)."""
_MARGIN = 2
"""Pixels that a line may be beyond its page: boxes are rounded."""


@dataclass(frozen=True)
class ReviewLine:
    """One line."""

    place: Place
    read: str
    score: float
    """Of the line."""
    doubt: float
    """What lines are sorted by: the lowest score of a character, or that of the line; 0 if nothing was read."""
    marks: Sequence[tuple[int, int]] = ()
    """The doubtful characters of the text: where each run of them begins and ends, in UTF-16 code units."""
    alternatives: Sequence[str] = ()
    """Other readings, the most probable first."""
    language: str | None = None
    page: str = ""
    """The page's name, to be shown."""
    size: tuple[int, int] = (0, 0)
    """Width and height of its crop, in pixels."""
    runs_down: bool = False
    """Whether its letters are one below the other: its crop is turned for the network."""

    def to_dict(self) -> dict[str, Any]:
        """Return what the page shows of it."""
        width, height = self.size
        return {
            "read": self.read,
            "score": self.score,
            "doubt": self.doubt,
            "marks": self.marks,
            "alternatives": self.alternatives,
            "language": self.language,
            "page": self.page,
            "width": height if self.runs_down else width,
            "height": width if self.runs_down else height,
            "runsDown": self.runs_down,
            "fromRight": _runs_from_right(self.read),
        }


def _runs_from_right(text: str) -> bool:
    """Whether most letters run from the right; figures among them do not count."""
    classes = Counter(map(bidirectional, text))
    return classes["R"] + classes["AL"] > classes["L"]


def lines_of(
    files: Sequence[Path],
    folder: Path,
    images: Path | None,
    *,
    below: float = 1.0,
    password: Password = None,
    on_error: Callable[[InputError], object],
    advance: Callable[[], object] = lambda: None,
) -> list[ReviewLine]:
    """Return the lines of results, the most doubtful first, and write their crops into the folder.

    A result that cannot be read, or whose page cannot, is reported to ``on_error``; the others go on. Lines that are
    not below the score ``below`` are left out, unless it is 1. ``password`` opens encrypted PDFs.

    Raises:
        UsageError: A crop cannot be written.
    """
    finder = PageFinder(images, password)
    found: list[ReviewLine] = []
    for file in files:
        try:
            result = read_result(file)
            found += _lines_of_page(file, result, folder, finder)
        except InputError as error:
            on_error(error)
        advance()
    kept = [line for line in found if below >= 1 or line.doubt < below]
    return sorted(kept, key=lambda line: line.doubt)  # which keeps files, and reading order, among equals


def _lines_of_page(file: Path, result: SavedResult, folder: Path, finder: PageFinder) -> Iterator[ReviewLine]:
    if not result.rec_texts:
        return
    page = finder.read(result.input_path, result.page_index, result.angle, file)
    quads = _quads(file, result, page)
    upside_down = result.upside_down()
    name = Path((result.input_path or "").replace("\\", "/")).name
    name += "" if result.page_index is None else f", page {result.page_index + 1}"
    for index in result.order:
        cut = crop(page, quads[index])
        if cut is None:
            continue
        cut = np.ascontiguousarray(turn_line(cut) if upside_down[index] else cut)
        text = result.rec_texts[index]
        place = Place(
            str(file),
            result.input_path or "",
            result.page_index,
            result.angle,  # type: ignore[arg-type]  # one of the four
            result.detected,
            index,
            tuple((int(x), int(y)) for x, y in quads[index]),  # type: ignore[arg-type]  # four of them
            _write_crop(folder, cut),
        )
        yield ReviewLine(
            place,
            text,
            result.rec_scores[index],
            _doubt(result, index),
            _marks(result, index),
            _alternatives(result, index),
            result.rec_languages[index] if result.rec_languages else None,
            name,
            (cut.shape[1], cut.shape[0]),
            is_tall(quads[index]) and any(script_of(letter) in VERTICAL for letter in text),
        )


def _quads(file: Path, result: SavedResult, page: Image) -> NDArray[np.int16]:
    """The lines in pixels of the page as it is here, N x 4 x 2.

    Those of an unwarped page are known on the original page too, and are turned with it.
    """
    height, width = page.shape[:2]
    quads = np.array(result.rec_polys, np.int16)
    if result.is_unwarped:
        if result.rec_polys_original is None or len(result.rec_polys_original) != len(quads):
            raise InputError(f"{file}: its page was unwarped, and nobody knows where its lines were: read it without")
        points = np.array(result.rec_polys_original, np.float32).reshape(-1, 2)
        turned = undo_rotation(points, -result.angle % 360, height, width, edges=True)
        quads = np.rint(turned).astype(np.int16).reshape(-1, 4, 2)
    beyond = quads.max(axis=(0, 1)) > np.array([width, height]) + _MARGIN
    if beyond.any() or quads.min() < -_MARGIN:
        raise InputError(
            f"{file}: its lines are outside of {result.input_path}, {width} x {height} pixels: it is another file now"
        )
    return quads


def _write_crop(folder: Path, cut: Image) -> str:
    """Write a crop by the name of its digest, unless it is there; return its path in the folder."""
    _, encoded = cv2.imencode(".png", cut)
    content = encoded.tobytes()
    name = f"{CROPS}/{hashlib.sha256(content).hexdigest()}.png"
    if not (folder / name).is_file():
        with os_errors_as(UsageError, f"{folder / name} could not be written"):
            write_atomically(folder / name, content)
    return name


def _doubt(result: SavedResult, index: int) -> float:
    text, score = result.rec_texts[index], result.rec_scores[index]
    if not text.strip():
        return 0.0
    characters = result.rec_chars[index] if result.rec_chars else []
    return min((one.score for one in characters), default=score)


def _marks(result: SavedResult, index: int) -> list[tuple[int, int]]:
    """The runs of characters with a low score; none if the characters do not make up the text."""
    characters = result.rec_chars[index] if result.rec_chars else []
    if "".join(one.text for one in characters) != result.rec_texts[index]:
        return []
    marks: list[tuple[int, int]] = []
    start = 0
    for one in characters:
        end = start + len(one.text.encode("utf-16-le", "surrogatepass")) // 2
        if one.score < DOUBTFUL:
            if marks and marks[-1][1] == start:
                marks[-1] = (marks[-1][0], end)
            else:
                marks.append((start, end))
        start = end
    return marks


def _alternatives(result: SavedResult, index: int) -> list[str]:
    given = result.rec_alternatives[index] if result.rec_alternatives else []
    return [one.text for one in given if one.text != result.rec_texts[index]]


def upright_picture(folder: Path, line: ReviewLine) -> bytes:
    """Return the crop of a line as PNG, with its letters as they are on the page.

    Raises:
        OSError: It is not there any more.
    """
    content = (folder / line.place.crop).read_bytes()
    if not line.runs_down:
        return content
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise OSError(f"{line.place.crop} is damaged")
    _, encoded = cv2.imencode(".png", cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE))
    return encoded.tobytes()


def decisions_for(lines: Sequence[ReviewLine], decided: Mapping[tuple[str, int], Any]) -> dict[int, Any]:
    """Return which of the lines are decided; decisions on other pictures, of a result since replaced, do not count."""
    return {
        number: one
        for number, line in enumerate(lines)
        if (one := decided.get(line.place.key)) is not None and one.place.crop == line.place.crop
    }
