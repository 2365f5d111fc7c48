"""Drawing of text that fills a box: along it, or down it if the box is tall."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont, features

from ocrzoo.text.unicode_scripts import script_of
from ocrzoo.visualize.bidi_runs import Run, clusters, in_visual_order, split_runs, starts_at_right
from ocrzoo.visualize.fonts.book import PageFonts, is_visible
from ocrzoo.visualize.fonts.files import Face

Patch: TypeAlias = NDArray[np.uint8]
"""H x W, uint8: black text on white."""

_FILL = 0.8
"""Font size by box height (PaddleX's)."""
_TALL = 2.0
"""Ratio of height to width from which text is drawn downward (PaddleX's)."""
_SMALLEST, _LARGEST = 4, 4096
"""Font sizes, in pixels."""
_INK = 128
"""Pixels below it are ink."""
_READABLE_CODE = 24
"""Font size, in pixels, from which the box of a missing character shows its code point."""
_MARK = 0.75
"""Width of that box by font size."""
_BASELINE = 0.88
"""Baseline in the square of an East Asian character, from its top (usual in such fonts)."""
_UPRIGHT = {"Hani", "Hira", "Kana", "Hang", "Bopo", "Yiii"}
"""Scripts whose characters are upright in vertical text."""
_ROTATED = set("ー…‥—–―～〜：；（）［］｛｝「」『』【】〈〉《》〔〕〖〗＝｜")
"""East Asian characters that are rotated in vertical text (UAX 50, Tr and R)."""
_CORNERED = set("、。，．")
"""Characters that move to the upper right corner of their square."""

log = logging.getLogger("ocrzoo")


def letter(text: str, width: int, height: int, fonts: PageFonts, *, middle: bool = False) -> Patch:
    """Return a patch of the given size in pixels with a line of text, aligned to its start or centered.

    The text must come from :func:`one_line`, and ``fonts`` from :meth:`.FontBook.for_texts` with it.
    """
    text = text[: 2 * max(width, height)]  # more would be invisible
    if height <= width * _TALL or len(clusters(text)) < 2:  # a single letter is never a column
        return _Line(text, fonts, middle).drawn(width, height)
    if not any(_is_upright(part) for part in clusters(text)):
        return np.rot90(_Line(text, fonts, middle).drawn(height, width), 3)
    return _column(text, width, height, fonts)


def ink_of_line(text: str, height: int, fonts: PageFonts, margin: int) -> Patch:
    """Return a line of text, as wide as its ink and a margin on both sides.

    ``height`` and ``margin`` are pixels; text and fonts are those of :func:`letter`.
    """
    wide = letter(text, height * (len(text) + 1), height, fonts)
    columns = np.flatnonzero((wide < _INK).any(axis=0))
    start, end = (int(columns[0]), int(columns[-1]) + 1) if len(columns) else (0, height)
    return np.pad(wide[:, start:end], ((0, 0), (margin, margin)), constant_values=255)


def colored(patch: Patch, ink: Sequence[int], paper: Sequence[int]) -> NDArray[np.float32]:
    """Return black text on white in two colors (BGR): H x W x 3, 0 to 255."""
    share = patch[:, :, np.newaxis].astype(np.float32) / 255
    mixed = share * np.asarray(paper, np.float32) + (1 - share) * np.asarray(ink, np.float32)
    return mixed.astype(np.float32, copy=False)


def one_line(text: str) -> str:
    """Return a text as one line to draw: NFC, plain spaces, no surrogates, no bidirectional controls."""
    controls = {"\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
    kept = (char for char in unicodedata.normalize("NFC", text) if char not in controls)
    replacements = {"Cs": "\ufffd", "Cc": " ", "Zl": " ", "Zp": " ", "Zs": " "}
    return "".join(replacements.get(unicodedata.category(char), char) for char in kept)


@dataclass(frozen=True)
class _Extent:
    """The size of a text, in pixels."""

    advance: float
    top: float
    """Top of the ink from the baseline; negative above it."""
    bottom: float


class _Line:
    """One line of text."""

    def __init__(self, text: str, fonts: PageFonts, middle: bool = False) -> None:
        self._fonts = fonts
        self._runs = split_runs(text, fonts)
        self._broken: set[Run] = set()
        self._extents: dict[tuple[Run, int], _Extent] = {}
        self._place = 0.5 if middle else 1.0 if starts_at_right(text) else 0.0

    @property
    def has_font(self) -> bool:
        """Whether fonts have all its characters."""
        return all(run.face is not None and run not in self._broken for run in self._runs)

    def fitting(self, width: float, height: float) -> int:
        """Return the font size, in pixels, at which the line fits."""
        size = min(max(int(height * _FILL), _SMALLEST), _LARGEST)
        whole = self.extent(size)
        room = min(width / max(whole.advance, 1), height / max(whole.bottom - whole.top, 1), 1)
        return max(int(size * room), _SMALLEST)

    def extent(self, size: int) -> _Extent:
        """Return the size of the line."""
        extents = [self._extent(run, size) for run in self._runs]
        return _Extent(
            sum(one.advance for one in extents),
            min((one.top for one in extents), default=0),
            max((one.bottom for one in extents), default=0),
        )

    def drawn(self, width: int, height: int, size: int | None = None) -> Patch:
        """Draw the line, vertically centered."""
        patch = PillowImage.new("L", (width, height), 255)
        if self._runs:
            size = size or self.fitting(width, height)
            whole = self.extent(size)
            start = max(width - whole.advance, 0) * self._place
            self.draw(ImageDraw.Draw(patch), start, (height - whole.bottom - whole.top) / 2, size)
        return np.asarray(patch)

    def draw(self, onto: ImageDraw.ImageDraw, start: float, baseline: float, size: int) -> None:
        """Draw the runs in order."""
        for run in self._runs:
            try:
                self._draw(run, onto, start, baseline, size)
            except OSError as error:  # a font with a damaged glyph
                self._mark_broken(run, error)
                _mark(onto, run, start, baseline, size)
            start += self._extent(run, size).advance

    def _draw(self, run: Run, onto: ImageDraw.ImageDraw, start: float, baseline: float, size: int) -> None:
        if run.face is None or run in self._broken:
            _mark(onto, run, start, baseline, size)
        else:
            text, direction = self._shaped(run)
            onto.text((start, baseline), text, 0, _font(run.face, size), anchor="ls", direction=direction)

    def _extent(self, run: Run, size: int) -> _Extent:
        key = run, size
        if key not in self._extents:
            try:
                self._extents[key] = self._measured(run, size)
            except OSError as error:
                self._mark_broken(run, error)
                self._extents[key] = self._measured(run, size)
        return self._extents[key]

    def _measured(self, run: Run, size: int) -> _Extent:
        if run.face is None or run in self._broken:
            return _Extent(size * _MARK * len(_visible(run)), -size * _FILL, 0)
        text, direction = self._shaped(run)
        font = _font(run.face, size)
        _, top, _, bottom = font.getbbox(text, anchor="ls", direction=direction)
        return _Extent(font.getlength(text, direction=direction), top, bottom)

    def _shaped(self, run: Run) -> tuple[str, str | None]:
        """Text and direction for Pillow; without shaping, the text in visual order."""
        if not shapes_text():
            return in_visual_order(run, self._fonts), None
        return run.text, "rtl" if run.rtl else "ltr"

    def _mark_broken(self, run: Run, error: OSError) -> None:
        log.debug("font %s could not be used: %s", run.face and run.face.path, error)
        self._broken.add(run)


def shapes_text() -> bool:
    """Whether Pillow shapes text: it has Raqm, and the system FriBiDi."""
    return bool(features.check_feature("raqm"))


@lru_cache(maxsize=128)
def _font(face: Face, size: int) -> ImageFont.FreeTypeFont:
    engine = ImageFont.Layout.RAQM if shapes_text() else ImageFont.Layout.BASIC
    return ImageFont.truetype(face.source(), size, face.index, layout_engine=engine)


def _mark(onto: ImageDraw.ImageDraw, run: Run, start: float, baseline: float, size: int) -> None:
    """Draw a box for each character that no font has, with its code point if there is room."""
    for number, cluster in enumerate(_visible(run)):
        left, top = start + (number + 0.11) * size * _MARK, baseline - size * _FILL
        right = left + size * _MARK * 0.78
        onto.rectangle((left, top, right, baseline), outline=0, width=max(size // 24, 1))
        if size >= _READABLE_CODE:
            code = f"{ord(cluster[0]):04X}"
            half = (len(code) + 1) // 2
            small = ImageFont.load_default(size * _FILL / max(half, 2.2))
            place = ((left + right) / 2, (top + baseline) / 2)
            onto.multiline_text(place, f"{code[:half]}\n{code[half:]}", 0, small, "mm", spacing=0, align="center")


def _visible(run: Run) -> list[str]:
    return [cluster for cluster in clusters(run.text) if is_visible(cluster[0])]


def _is_upright(cluster: str) -> bool:
    """Whether a character is upright in vertical text."""
    return script_of(cluster[0]) in _UPRIGHT or unicodedata.east_asian_width(cluster[0]) in "WF"


def _column(text: str, width: int, height: int, fonts: PageFonts) -> Patch:
    """Draw vertical text: East Asian characters upright, other text rotated."""
    cells = [(part, _Line(part, fonts)) for part in _cells(text)]
    per_size = sum(_squares(part, line) for part, line in cells)
    size = max(int(min(width * 0.9, height / max(per_size, 1))), _SMALLEST)
    patch = np.full((height, width), 255, np.uint8)
    top = min((height - per_size * size) / 2, size / 10)
    for part, line in cells:
        bottom = top + _squares(part, line) * size
        place = patch[max(round(top), 0) : max(round(bottom), 0)]
        if place.size and _stays_upright(part):
            np.minimum(place, _square(part, line, width, len(place), size), out=place)
        elif place.size:
            np.minimum(place, np.rot90(line.drawn(len(place), width, size), 3), out=place)
        top = bottom
    return patch


def _cells(text: str) -> list[str]:
    """Split into cells: each upright character alone, other text together."""
    cells: list[str] = []
    together = False
    for part in clusters(text):
        alone = _is_upright(part)
        if together and not alone:
            cells[-1] += part
        else:
            cells.append(part)
        together = not alone
    return cells


def _stays_upright(cell: str) -> bool:
    return _is_upright(cell) and cell[0] not in _ROTATED


def _squares(cell: str, line: _Line) -> float:
    """Height of a cell by font size."""
    return 1.0 if _is_upright(cell) else line.extent(100).advance / 100


def _square(cell: str, line: _Line, width: int, height: int, size: int) -> Patch:
    patch = PillowImage.new("L", (width, height), 255)
    left, base = (width - line.extent(size).advance) / 2, size * _BASELINE
    aside = size * 0.55 if cell[0] in _CORNERED and line.has_font else 0
    line.draw(ImageDraw.Draw(patch), left + aside, base - aside, size)
    return np.asarray(patch)
