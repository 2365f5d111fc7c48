"""Scripts: which one a letter belongs to, which ones a language is written in, and which may run down the page."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ocrzoo.types import Direction

_MEMBERS = {
    "Hans": frozenset({"Hani"}),
    "Hant": frozenset({"Hani", "Bopo"}),
    "Jpan": frozenset({"Hani", "Hira", "Kana"}),
    "Hrkt": frozenset({"Hira", "Kana"}),
    "Kore": frozenset({"Hang"}),
}
"""ISO 15924's codes for several scripts, or for one way to write one; Korean texts of today do without Hanja."""

VERTICAL = frozenset({"Bopo", "Hang", "Hani", "Hira", "Kana", "Mong", "Nshu", "Phag", "Tang", "Yiii"})
"""Scripts whose lines may run from top to bottom (CSS Writing Modes 4, appendix A; Unicode's annex 50)."""

_OF_NONE = frozenset({"Zinh", "Zyyy", "Zzzz"})
"""What belongs to several scripts, or to none."""

_SYLLABLES = frozenset({"Hang", "Hani", "Hira", "Kana"})
_SYLLABLE = 3
"""A syllable or an ideograph says as much as some letters: a Chinese line with a Latin name in it is Chinese."""

TWINS = frozenset(
    "ABCEHIJKMNOPSTXYZaceijopsvxy"  # of Latin
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445"
    "\u0405\u0406\u0408\u0455\u0456\u0458"
)
"""Letters of Latin, Greek and Cyrillic that look the same in two of them (Unicode's confusables, annex 39)."""
TWIN_SCRIPTS = frozenset({"Cyrl", "Grek", "Latn"})


@dataclass(frozen=True)
class WrittenLanguage:
    """A language as it is written: what tells its lines from those in others."""

    tag: str
    """BCP-47."""
    language: str
    """The language alone, by its shortest code."""
    script: str
    """ISO 15924."""
    letters: frozenset[str] = frozenset()
    """All that texts need, in both cases, NFC; empty where they are not known."""
    direction: Direction = "ltr"
    usual: bool = True
    """Whether most texts in the language are in this script."""

    @cached_property
    def scripts(self) -> frozenset[str]:
        """The scripts that its letters have."""
        return written_in(self.script)

    @property
    def runs_down(self) -> bool:
        """Whether its lines may run from top to bottom."""
        return not VERTICAL.isdisjoint(self.scripts)


@lru_cache(maxsize=4096)
def script_of(char: str) -> str:
    """Return the script of a character (ISO 15924)."""
    from fontTools.unicodedata import script

    return str(script(char))


def letters(text: str) -> list[str]:
    """Return the characters of a text that belong to one script: letters, and marks such as Thai vowels."""
    composed = unicodedata.normalize("NFC", text)
    return [char for char in composed if unicodedata.category(char)[0] in "LM" and script_of(char) not in _OF_NONE]


def weights(text: str) -> Counter[str]:
    """Return how much of a text is in each script, in letters."""
    counted: Counter[str] = Counter()
    for char in letters(text):
        script = script_of(char)
        counted[script] += _SYLLABLE if script in _SYLLABLES else 1
    return counted


def written_in(script: str) -> frozenset[str]:
    """Return the scripts that letters have of a language whose script is the one given, such as Jpan."""
    return _MEMBERS.get(script, frozenset({script}))
