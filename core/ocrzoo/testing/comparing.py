"""Comparing answers of predictors, whatever their form: texts are equal, numbers and arrays within a tolerance."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from ocrzoo_registry.languages.coverage import APOSTROPHES

SCORE = 2e-3
"""How far scores may differ where the engine computes in another order; those of one engine differ by 1e-6."""

_FEWEST = 4
"""Letters from which a share of them says something."""

_APOSTROPHES = {ord(one): "'" for letter, others in APOSTROPHES.items() for one in (letter, *others)}


def alike(one: Any, other: Any, tolerance: float = SCORE) -> bool:
    """Whether two answers are the same, numbers within a tolerance (of their size, where that is above 1)."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        first, second = np.asarray(one), np.asarray(other)
        if first.shape != second.shape or first.dtype.kind not in "biuf" or second.dtype.kind not in "biuf":
            return bool(np.array_equal(first, second))
        loose = 1.0 if first.dtype.kind in "iu" else tolerance  # rounded pixels
        return bool(np.allclose(first.astype(np.float64), second.astype(np.float64), tolerance, loose, equal_nan=True))
    if isinstance(one, bool | str | None) or isinstance(other, bool | str | None):
        return bool(one == other)
    if isinstance(one, float | np.floating) and isinstance(other, float | np.floating):
        return abs(float(one) - float(other)) <= tolerance * max(1.0, abs(float(one)))
    parts, others = _parts(one), _parts(other)
    if parts is None or others is None:
        return bool(one == other)
    return len(parts) == len(others) and all(alike(a, b, tolerance) for a, b in zip(parts, others, strict=True))


def is_finite(answer: Any) -> bool:
    """Whether no number in an answer is NaN or infinite."""
    if isinstance(answer, np.ndarray | float | np.floating):
        return bool(np.isfinite(answer).all()) if np.asarray(answer).dtype.kind == "f" else True
    return all(map(is_finite, _parts(answer) or ()))


def _parts(value: Any) -> Sequence[Any] | None:
    """What an answer consists of; ``None`` for a single value."""
    if is_dataclass(value):
        return [getattr(value, one.name) for one in fields(value)]
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple):
        return value
    return None


def share_read(written: str, read: str, *, own: bool = False) -> float:
    """Return the share, 0 to 1, of the letters written that were read in their order; of all, or of those not in ASCII.

    Spaces are left out, and capitals count as small letters: made words do not tell which is meant. Of fewer than four
    letters that are not in ASCII the share is 1.
    """
    truth, found = (_plain(text) for text in (written, read))
    matched = [
        truth[block.a + offset]
        for block in SequenceMatcher(None, truth, found, autojunk=False).get_matching_blocks()
        for offset in range(block.size)
    ]
    if not own:
        return len(matched) / len(truth) if truth else 1.0
    due = sum(not one.isascii() for one in truth)
    return sum(not one.isascii() for one in matched) / due if due >= _FEWEST else 1.0


def _plain(text: str) -> str:
    joined = unicodedata.normalize("NFC", "".join(text.split()).casefold())
    return joined.translate(_APOSTROPHES)
