"""Arabic letters in the forms that they have beside each other, for a Pillow that does not shape text itself."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any


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
