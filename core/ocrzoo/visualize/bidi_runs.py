"""Splitting of a text into runs of one font and one direction, in visual order."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

from bidi import algorithm
from bidi.mirror import MIRRORED

from ocrzoo.text.bidi import resolve_levels
from ocrzoo.visualize.fonts.book import PageFonts, is_visible
from ocrzoo.visualize.fonts.files import Face

_RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "RLO", "RLI"}


@dataclass(frozen=True)
class Run:
    """Characters that are drawn in one call."""

    text: str
    """In logical order."""
    face: Face | None
    """``None``: no font has them; each cluster is drawn as a box."""
    rtl: bool = False


def clusters(text: str) -> list[str]:
    """Return the grapheme clusters of a text."""
    import regex

    found: list[str] = regex.findall(r"\X", text)
    return found


def split_runs(text: str, fonts: PageFonts) -> list[Run]:
    """Split a line of text into runs, in visual order from left to right."""
    parts = clusters(text)
    faces = _faces(parts, fonts)
    levels = _levels(text, parts)
    runs: list[tuple[Run, int]] = []
    for (face, level), group in groupby(zip(parts, faces, levels, strict=True), key=lambda part: part[1:]):
        runs.append((Run("".join(part for part, _, _ in group), face, level % 2 == 1), level))
    return _reordered(runs)


def starts_at_right(text: str) -> bool:
    """Whether the base direction of a text is right to left."""
    return bool(algorithm.get_base_level(text))


def in_visual_order(run: Run, fonts: PageFonts) -> str:
    """Return a run's text for drawing letter by letter from the left: reversed, joined, brackets mirrored.

    It is for a Pillow without Raqm, which does no text shaping.
    """
    composed = "".join(char for char in unicodedata.normalize("NFC", run.text) if char == " " or is_visible(char))
    face = run.face
    if face is None or not all(fonts.can_draw(face, char) for char in set(composed) - set(run.text)):
        composed = run.text
    if face is None or not run.rtl:
        return composed
    letters = joined(run.text, lambda char: fonts.can_draw(face, char))
    reversed_clusters = reversed(clusters("".join(char for char in letters if char == " " or is_visible(char))))
    return "".join(str(MIRRORED.get(part, part)) for part in reversed_clusters)


def _faces(parts: Sequence[str], fonts: PageFonts) -> list[Face | None]:
    """The font of each cluster: by its script; shared characters take the font of the preceding or next cluster."""
    own = [fonts.of_script(part) for part in parts]
    current = next((face for face in own if face is not None), None)
    faces: list[Face | None] = []
    for part, face in zip(parts, own, strict=True):
        if face is None and not (current is not None and fonts.has(current, part)):
            face = fonts.any(part)  # noqa: PLW2901
        elif face is None:
            face = current  # noqa: PLW2901
        current = face or current
        faces.append(face)
    return faces


def _levels(text: str, parts: Sequence[str]) -> list[int]:
    """The bidirectional level of each cluster: odd if it runs from right to left."""
    if not any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return [0] * len(parts)
    levels = _resolved(text)
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part))
    return [levels[start] for start in starts[:-1]]


@lru_cache(maxsize=64)
def _resolved(text: str) -> tuple[int, ...]:
    """The level of each character (UAX 9, by python-bidi)."""
    storage = resolve_levels(text)
    known: dict[int, int] = {char["position"]: char["level"] for char in storage["chars"]}
    levels: list[int] = []
    for position in range(len(text)):  # the algorithm omits characters without a direction
        levels.append(known.get(position, levels[-1] if levels else storage["base_level"]))
    return tuple(levels)


def _reordered(runs: Sequence[tuple[Run, int]]) -> list[Run]:
    """Rule L2: from the highest level down, reverse all runs of at least that level."""
    ordered = list(runs)
    for level in range(max((level for _, level in ordered), default=0), 0, -1):
        reordered: list[tuple[Run, int]] = []
        for high, group in groupby(ordered, key=lambda run: run[1] >= level):
            inside = list(group)
            reordered += reversed(inside) if high else inside
        ordered = reordered
    return [run for run, _ in ordered]


def joined(text: str, drawable: Callable[[str], bool]) -> str:
    """Return a text with Arabic letters in their contextual forms, lam-alif as a ligature.

    A form that is not ``drawable`` is replaced by its plain letters.
    """
    return "".join(
        char if char in text or drawable(char) else unicodedata.normalize("NFKC", char)
        for char in _reshaper().reshape(text)
    )


@cache
def _reshaper() -> Any:
    from arabic_reshaper import ArabicReshaper

    return ArabicReshaper({"delete_harakat": False, "delete_tatweel": False, "ARABIC LIGATURE ALLAH": False})
