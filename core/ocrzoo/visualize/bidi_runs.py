"""A text cut into runs of one font and one direction, in the order in which the eye meets them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

from ocrzoo.visualize.fonts.book import PageFonts, needs_ink
from ocrzoo.visualize.fonts.files import Face

_RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "RLO", "RLI"}


@dataclass(frozen=True)
class Run:
    """Characters that are drawn in one go."""

    text: str
    """In the order of reading."""
    face: Face | None
    """``None``: no font has them; each cluster gets a mark."""
    rtl: bool = False


def clusters(text: str) -> list[str]:
    """Return the characters that a reader sees, each with its combining marks."""
    import regex

    found: list[str] = regex.findall(r"\X", text)
    return found


def in_runs(text: str, fonts: PageFonts) -> list[Run]:
    """Cut a text of one line into runs, from left to right as they are drawn."""
    parts = clusters(text)
    faces = _faces(parts, fonts)
    levels = _levels(text, parts)
    runs: list[tuple[Run, int]] = []
    for (face, level), group in groupby(zip(parts, faces, levels, strict=True), key=lambda part: part[1:]):
        runs.append((Run("".join(part for part, _, _ in group), face, level % 2 == 1), level))
    return _reordered(runs)


def reads_from_right(text: str) -> bool:
    """Whether a line of this text starts at its right end."""
    strong = (unicodedata.bidirectional(char) for char in text)
    return next((kind in {"R", "AL"} for kind in strong if kind in {"L", "R", "AL"}), False)


def in_order_of_sight(run: Run, fonts: PageFonts) -> str:
    """Return a run for drawing letter by letter from the left: turned round, joined, brackets mirrored.

    This is for a Pillow without Raqm, which shapes no text.
    """
    seen = "".join(char for char in unicodedata.normalize("NFC", run.text) if char == " " or needs_ink(char))
    face = run.face
    if face is None or not all(fonts.can_draw(face, char) for char in set(seen) - set(run.text)):
        seen = run.text
    if face is None or not run.rtl:
        return seen
    from bidi.mirror import MIRRORED

    letters = joined(run.text, lambda char: fonts.can_draw(face, char))
    turned = reversed(clusters("".join(char for char in letters if char == " " or needs_ink(char))))
    return "".join(str(MIRRORED.get(part, part)) for part in turned)


def _faces(parts: Sequence[str], fonts: PageFonts) -> list[Face | None]:
    """The font of each cluster: by its script; what many scripts share is drawn in the font before or after it."""
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
    """The bidirectional algorithm's level of each cluster: odd where it runs from right to left."""
    if not any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in text):
        return [0] * len(parts)
    levels = _resolved(text)
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part))
    return [levels[start] for start in starts[:-1]]


@lru_cache(maxsize=64)
def _resolved(text: str) -> tuple[int, ...]:
    """A level for each character (UAX 9, by python-bidi)."""
    from bidi import algorithm

    storage: dict[str, Any] = algorithm.get_empty_storage()
    base = 1 if reads_from_right(text) else 0
    storage["base_level"], storage["base_dir"] = base, "LR"[base]
    algorithm.get_embedding_levels(text, storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    left = list(reversed(storage["chars"]))
    levels: list[int] = []
    for char in text:  # the algorithm leaves out what says nothing of direction
        known = bool(left) and left[-1]["ch"] == char
        levels.append(left.pop()["level"] if known else levels[-1] if levels else base)
    return tuple(levels)


def _reordered(runs: Sequence[tuple[Run, int]]) -> list[Run]:
    """Rule L2: from the highest level down, what is at least as high is turned round."""
    ordered = list(runs)
    for level in range(max((level for _, level in ordered), default=0), 0, -1):
        turned: list[tuple[Run, int]] = []
        for high, group in groupby(ordered, key=lambda run: run[1] >= level):
            inside = list(group)
            turned += reversed(inside) if high else inside
        ordered = turned
    return [run for run, _ in ordered]


def joined(text: str, drawable: Callable[[str], bool]) -> str:
    """Return a text with its letters in the forms that they have there, lam and alif as one sign.

    A form that is not ``drawable`` is left as its plain letters.
    """
    return "".join(
        char if char in text or drawable(char) else unicodedata.normalize("NFKC", char)
        for char in _reshaper().reshape(text)
    )


@cache
def _reshaper() -> Any:
    from arabic_reshaper import ArabicReshaper

    return ArabicReshaper({"delete_harakat": False, "delete_tatweel": False, "ARABIC LIGATURE ALLAH": False})
