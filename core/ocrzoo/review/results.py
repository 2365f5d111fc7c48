"""Results of the OCR pipeline as they were saved, checked: they are files that others may have written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ocrzoo.validation import faults, joined
from ocrzoo_registry.errors import InputError, UsageError
from ocrzoo_registry.files import os_errors_as, read_bounded

_MOST_BYTES = 256 << 20
_MOST_LINES = 100_000
"""Lines of a page."""
_SUFFIX = ".json"

Coordinate = Annotated[int, Field(ge=-(1 << 15), lt=1 << 15)]
"""PaddleX's are int16."""
Point = tuple[Coordinate, Coordinate]
Quad = tuple[Point, Point, Point, Point]
Score = Annotated[float, Field(ge=0, le=1)]


class _Plain(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Character(_Plain):
    """One character of a line."""

    text: str
    score: Score


class Alternative(_Plain):
    """Another reading of a line."""

    text: str
    probability: Score


class Switches(_Plain):
    """The stages before detection that were on."""

    use_doc_unwarping: bool = False


class Preprocessed(_Plain):
    """How the page was preprocessed."""

    angle: Literal[-1, 0, 90, 180, 270] = -1
    model_settings: Switches = Switches()


class SavedResult(_Plain):
    """What of a saved result is reviewed; the names are those of :class:`~ocrzoo.results.ocr.OCRResult`."""

    input_path: str | None = None
    page_index: int | None = Field(None, ge=0)
    doc_preprocessor_res: Preprocessed | None = None
    dt_polys: list[Quad] = Field(default_factory=list, max_length=_MOST_LINES)
    textline_orientation_angles: list[int] = Field(default_factory=list)
    rec_texts: list[str] = Field(max_length=_MOST_LINES)
    rec_scores: list[Score]
    rec_polys: list[Quad]
    rec_polys_original: list[Quad] | None = None
    rec_chars: list[list[Character]] | None = None
    rec_alternatives: list[list[Alternative]] | None = None
    rec_languages: list[str | None] | None = None
    reading_order: list[int] | None = None

    @model_validator(mode="after")
    def _alike(self) -> SavedResult:
        count = len(self.rec_texts)
        for name in ("rec_scores", "rec_polys", "rec_chars", "rec_alternatives", "rec_languages"):
            values = getattr(self, name)
            if values is not None and len(values) != count:
                raise ValueError(f"{name} has {len(values)} lines, and rec_texts {count}")
        return self

    @property
    def angle(self) -> int:
        """Degrees counter-clockwise by which the page was turned before it was read."""
        return max(0, self.doc_preprocessor_res.angle) if self.doc_preprocessor_res else 0

    @property
    def is_unwarped(self) -> bool:
        """Whether lines are those of an unwarped page, whose picture nobody kept."""
        return bool(self.doc_preprocessor_res and self.doc_preprocessor_res.model_settings.use_doc_unwarping)

    @property
    def detected(self) -> int:
        """How many lines were detected; those with a low score have no text here."""
        return max(len(self.dt_polys), len(self.rec_texts))

    @property
    def order(self) -> Sequence[int]:
        """The indices of the lines in reading order."""
        given = self.reading_order or []
        return given if sorted(given) == list(range(len(self.rec_texts))) else range(len(self.rec_texts))

    def upside_down(self) -> list[bool]:
        """Return whether each line was turned by 180 degrees before it was read.

        Angles are those of all lines that were detected, of which lines with a low score are left out: the others
        follow each other in the same order.
        """
        angles = self.textline_orientation_angles
        if len(angles) == len(self.rec_polys):
            return [angle == 1 for angle in angles]
        pairs = iter(zip(self.dt_polys, angles, strict=False))
        return [next((angle == 1 for quad, angle in pairs if quad == wanted), False) for wanted in self.rec_polys]


def result_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files with results: those named, and ``*.json`` of folders, sorted by name.

    Raises:
        UsageError: There is none.
    """
    files: list[Path] = []
    for path in paths:
        found = sorted(path.rglob(f"*{_SUFFIX}")) if path.is_dir() else [path]
        if not found:
            raise UsageError(f"{path} has no *{_SUFFIX}: save results with 'ocrzoo ocr PAGE --save_path {path}'")
        files += found
    return list(dict.fromkeys(file.absolute() for file in files))


def read_result(file: Path) -> SavedResult:
    """Return a saved result.

    Raises:
        InputError: It cannot be read, or is not the result of an OCR pipeline.
    """
    with os_errors_as(InputError, f"{file} could not be read"):
        content = read_bounded(file, _MOST_BYTES)
    try:
        data: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: not JSON") from error
    if isinstance(data, dict) and isinstance(data.get("res"), dict):
        data = data["res"]
    if not isinstance(data, dict) or "rec_texts" not in data:
        raise InputError(f"{file}: not a result of 'ocrzoo ocr', which has rec_texts")
    try:
        return SavedResult.model_validate(data)
    except ValidationError as error:
        first = faults(error, data)[0]
        where = joined(first.place)
        raise InputError(f"{file}: {where + ': ' if where else ''}{first.reason}") from error
