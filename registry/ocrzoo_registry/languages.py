"""Language tags: BCP-47 in the cards, and the codes that PaddleOCR's users know."""

from __future__ import annotations

from collections.abc import Iterable

PADDLEOCR_CODES = {
    "ch": "zh-Hans",
    "chinese_cht": "zh-Hant",
    "japan": "ja",
    "korean": "ko",
    "french": "fr",
    "german": "de",
    "rs_latin": "sr-Latn",
    "rs_cyrillic": "sr-Cyrl",
}
"""PaddleOCR 3.7.0's own codes (``lang=``) that are no language tags."""

_REGION_SCRIPTS = {
    "zh-cn": "zh-Hans",
    "zh-sg": "zh-Hans",
    "zh-tw": "zh-Hant",
    "zh-hk": "zh-Hant",
    "zh-mo": "zh-Hant",
}
"""Regions that say which script is meant (Unicode CLDR, likely subtags)."""


def normalise(code: str) -> str:
    """Return a language code as a tag: ``pt_BR`` becomes ``pt-BR``, ``japan`` becomes ``ja``."""
    folded = code.strip().lower()
    if folded in PADDLEOCR_CODES:
        return PADDLEOCR_CODES[folded]
    tag = folded.replace("_", "-")
    if tag in _REGION_SCRIPTS:
        return _REGION_SCRIPTS[tag]
    language, *rest = tag.split("-")
    return "-".join([language, *(part.title() if len(part) == 4 else part.upper() for part in rest)])


def matches(wanted: str, offered: Iterable[str]) -> bool:
    """Whether one of the offered tags serves the wanted language.

    A shorter tag serves and asks for everything below it: ``zh`` is served by ``zh-Hant``, and ``pt``
    serves ``pt-BR``; ``sr-Latn`` and ``sr-Cyrl`` do not serve one another.
    """
    asked = normalise(wanted).split("-")
    for tag in offered:
        parts = tag.split("-")
        shared = min(len(asked), len(parts))
        if asked[:shared] == parts[:shared]:
            return True
    return False
