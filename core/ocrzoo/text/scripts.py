"""Scripts (ISO 15924): which one a character belongs to, and which ones a language is written in."""

from __future__ import annotations

import unicodedata
from collections import Counter

from ocrzoo.text.unicode_scripts import script_of
from ocrzoo_registry.languages.tags import Language

SHARED = frozenset({"Zinh", "Zyyy", "Zzzz"})
"""Inherited, common and unknown: digits, punctuation, combining marks and symbols of no single script."""

VERTICAL = frozenset({"Bopo", "Hang", "Hani", "Hira", "Kana", "Mong", "Nshu", "Phag", "Tang", "Yiii"})
"""Scripts whose lines may run from top to bottom (CSS Writing Modes 4, appendix A; Unicode's annex 50)."""

UNSPACED = frozenset({"Bopo", "Hani", "Hira", "Kana", "Khmr", "Laoo", "Mymr", "Thai", "Yiii"})
"""Scripts that are written without spaces between words."""

CONFUSABLES = frozenset(
    "ABCEHIJKMNOPSTXYZaceijopsvxy"  # of Latin
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445"
    "\u0405\u0406\u0408\u0455\u0456\u0458"
)
"""Letters of Latin, Greek and Cyrillic that look the same in two of them (Unicode's annex 39)."""
CONFUSABLE_SCRIPTS = frozenset({"Cyrl", "Grek", "Latn"})

_MEMBERS = {
    "Hans": frozenset({"Hani"}),
    "Hant": frozenset({"Hani", "Bopo"}),
    "Jpan": frozenset({"Hani", "Hira", "Kana"}),
    "Hrkt": frozenset({"Hira", "Kana"}),
    "Kore": frozenset({"Hang"}),
}
"""The scripts of characters behind codes for several scripts or for a variant; modern Korean does without Hanja."""

_SYLLABIC = frozenset({"Hang", "Hani", "Hira", "Kana"})
_SYLLABLE_WEIGHT = 3
"""Letters that a syllable or an ideograph counts for: a Chinese line with a Latin name in it is Chinese."""


def writes_spaces(character: str) -> bool:
    """Whether there may be a space between words beside a character; not beside wide punctuation, as in Chinese."""
    script = script_of(character)
    wide = script == "Zyyy" and unicodedata.east_asian_width(character) in "WF"
    return not wide and script not in UNSPACED


def letters(text: str) -> list[str]:
    """Return the characters of a text that belong to one script: letters, and marks such as Thai vowels."""
    composed = unicodedata.normalize("NFC", text)
    return [char for char in composed if unicodedata.category(char)[0] in "LM" and script_of(char) not in SHARED]


def weights(text: str) -> Counter[str]:
    """Return how much of a text is in each script, in letters."""
    counted: Counter[str] = Counter()
    for char in letters(text):
        script = script_of(char)
        counted[script] += _SYLLABLE_WEIGHT if script in _SYLLABIC else 1
    return counted


def scripts_of(language: Language) -> frozenset[str]:
    """Return the scripts of the letters of a language: Han, Hiragana and Katakana for Japanese."""
    return _MEMBERS.get(language.script, frozenset({language.script}))


def may_run_down(language: Language) -> bool:
    """Whether lines of a language may run from top to bottom."""
    return not VERTICAL.isdisjoint(scripts_of(language))
