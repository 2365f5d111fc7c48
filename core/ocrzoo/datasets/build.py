"""A training set from the corrections of a folder."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import bidirectional

import cv2

from ocrzoo.datasets.corrections import Correction, latest, read_corrections
from ocrzoo.datasets.labels import IGNORED, line_of, one_line
from ocrzoo.datasets.pages import PageFinder
from ocrzoo.inputs import Password
from ocrzoo.inputs.limits import MAX_BYTES
from ocrzoo.text.bidi import display
from ocrzoo_registry.drafting.new_folder import new_folder
from ocrzoo_registry.errors import InputError, UsageError
from ocrzoo_registry.files import read_bounded

TRAIN_SHARE = 0.9
RECOGNITION, DETECTION = "rec_gt_{part}.txt", "det_gt_{part}.txt"
IMAGES, PAGES = "images", "pages"
_DIGITS = 16
"""Hexadecimal digits of a SHA-256 that name a picture."""

log = logging.getLogger("ocrzoo")


@dataclass(frozen=True)
class Built:
    """What a training set has."""

    lines: Mapping[str, int]
    """Lines for recognition, by ``train`` and ``val``."""
    pages: Mapping[str, int]
    """Pages for detection, by the same."""
    unfinished: int
    """Pages that have lines without a decision."""
    faults: Sequence[str]
    """Pages that could not be read, and crops that are missing."""


def build(
    folder: Path,
    out: Path,
    *,
    train_share: float,
    images: Path | None,
    logical_order: bool = False,
    password: Password = None,
) -> Built:
    """Write the training set of a folder with corrections into a new folder.

    Texts from right to left are written in the order in which networks read them, from left to right, unless
    ``logical_order`` is asked for. A picture is in ``train`` or ``val`` by its digest. ``password`` opens encrypted
    PDFs.

    Raises:
        UsageError: There are no corrections, or the new folder exists or cannot be written.
    """
    decided = latest(read_corrections(folder))
    if not decided:
        raise UsageError(f"{folder} has no corrections: make some with 'ocrzoo review RESULT.json --out {folder}'")
    out.parent.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    with new_folder(out) as stage:
        texts = _texts(decided.values(), logical_order=logical_order)
        crops = _copy_crops(folder, stage, texts, faults)
        lines = _write(stage, RECOGNITION, {name: texts[crop] for crop, name in crops.items()}, train_share)
        finished, unfinished = _pages(decided.values())
        regions = _copy_pages(stage, finished, PageFinder(images, password), faults)
        pages = _write(stage, DETECTION, regions, train_share)
    return Built(lines, pages, unfinished, faults)


def training_text(text: str, *, logical_order: bool = False) -> str:
    """Return a text as a label has it: on one line and, if it runs from right to left, in visual order.

    A network with CTC reads from left to right; PaddleX's Arabic models write what is seen in that order, and their
    text is turned afterwards.
    """
    text = one_line(text)
    from_right = any(bidirectional(character) in {"R", "AL"} for character in text)
    return display(text)[0] if from_right and not logical_order else text


def _texts(decided: Iterable[Correction], *, logical_order: bool) -> dict[str, str]:
    """The text of each crop; of two decisions on one picture, the later counts."""
    texts: dict[str, str] = {}
    for one in decided:
        text = training_text(one.text or "", logical_order=logical_order)
        if not text:
            continue
        if texts.get(one.place.crop, text) != text:
            log.warning("%s has several texts: the last one is kept, %r", one.place.crop, text)
        texts[one.place.crop] = text
    return texts


def _copy_crops(folder: Path, stage: Path, texts: Mapping[str, str], faults: list[str]) -> dict[str, str]:
    """Copy the crops; return the path of each in the training set."""
    (stage / IMAGES).mkdir()
    copied = {}
    for crop in texts:
        name = f"{IMAGES}/{Path(crop).stem[:_DIGITS]}.png"
        content = _content(folder / crop)
        if content is None:
            faults.append(f"{folder / crop} is missing or damaged: remove it, and run 'ocrzoo review' again")
            continue
        (stage / name).write_bytes(content)
        copied[crop] = name
    return copied


def _content(crop: Path) -> bytes | None:
    """The content of a crop, if its digest is its name: a link may lead to anything."""
    try:
        content = read_bounded(crop, MAX_BYTES)
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == crop.stem else None


def _pages(decided: Iterable[Correction]) -> tuple[list[list[Correction]], int]:
    """The pages of which every line was decided, and how many others there are."""
    pages: dict[Any, list[Correction]] = {}
    for one in decided:
        pages.setdefault(one.place.page, []).append(one)
    finished = [lines for lines in pages.values() if len(lines) == lines[0].place.lines]
    return finished, len(pages) - len(finished)


def _copy_pages(
    stage: Path, pages: Sequence[Sequence[Correction]], finder: PageFinder, faults: list[str]
) -> dict[str, list[dict[str, Any]]]:
    """Write the pictures of pages; return the regions of each by its path in the training set."""
    (stage / PAGES).mkdir()
    regions = {}
    for lines in sorted(pages, key=lambda lines: (lines[0].place.input_path, lines[0].place.page_index or 0)):
        place = lines[0].place
        try:
            picture = finder.read(place.input_path, place.page_index, place.angle, Path(place.result))
        except InputError as error:
            faults.append(str(error))
            continue
        _, encoded = cv2.imencode(".png", picture)
        content = encoded.tobytes()
        name = f"{PAGES}/{hashlib.sha256(content).hexdigest()[:_DIGITS]}.png"
        (stage / name).write_bytes(content)
        regions[name] = [_region(one) for one in sorted(lines, key=lambda one: one.place.line)]
    return regions


def _region(one: Correction) -> dict[str, Any]:
    """A line that was rejected may still look like text: it is to be ignored, not to be taken for background."""
    text = one_line(one.text or "") or IGNORED
    return {"transcription": text, "points": [list(point) for point in one.place.points]}


def _write(stage: Path, name: str, labels: Mapping[str, Any], train_share: float) -> dict[str, int]:
    """Write the label files; return how many lines each has."""
    parts = split(labels, train_share)
    for part, paths in parts.items():
        text = "".join(f"{line_of(path, labels[path])}\n" for path in paths)
        (stage / name.format(part=part)).write_bytes(text.encode("utf-8", "replace"))
    return {part: len(paths) for part, paths in parts.items()}


def split(paths: Iterable[str], train_share: float) -> dict[str, list[str]]:
    """Share pictures among ``train`` and ``val`` by their digests, which name them; the same today and tomorrow.

    Neither is left empty where there are two pictures, unless one is asked to be.
    """
    ranked = sorted(paths, key=_rank)
    cut = sum(_rank(path) < train_share for path in ranked)
    if len(ranked) > 1 and 0 < train_share < 1:
        cut = min(max(cut, 1), len(ranked) - 1)
    return {"train": sorted(ranked[:cut]), "val": sorted(ranked[cut:])}


def _rank(path: str) -> float:
    """A number from 0 to below 1 that only depends on the picture."""
    return int(hashlib.sha256(Path(path).stem.encode()).hexdigest()[:8], 16) / (1 << 32)
