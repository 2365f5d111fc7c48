"""Arabic letters in the forms that they have beside each other, for a Pillow that does not shape text itself.

Unicode keeps these forms as characters of their own (Arabic Presentation Forms A and B); their decompositions say
which letter and which form each one is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

_FORMS = (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFF00))
_TATWEEL = "\u0640"
_JOINER = "\u200d"
_LAM = "\u0644"


def joined(text: str, drawable: Callable[[str], bool]) -> str:
    """Return a text with its letters in the forms that they have there; order and length but for lam-alif stay.

    A form that is not ``drawable`` is left as its plain letter.
    """
    letters = [index for index, char in enumerate(text) if unicodedata.category(char) != "Mn"]
    out = list(text)
    for here, index in enumerate(letters):
        before = text[letters[here - 1]] if here else ""
        after = text[letters[here + 1]] if here + 1 < len(letters) else ""
        form = _form(text[index], before, after)
        if form and drawable(form):
            out[index] = form
    return _with_lam_alif(text, letters, out, drawable)


def _form(char: str, before: str, after: str) -> str | None:
    back = _joins_on(before) and _joins_back(char)
    on = _joins_on(char) and _joins_back(after)
    kind = ("<medial>" if on else "<final>") if back else ("<initial>" if on else "<isolated>")
    return _forms().get((kind, char))


def _joins_on(char: str) -> bool:
    return char in {_TATWEEL, _JOINER} or ("<initial>", char) in _forms()


def _joins_back(char: str) -> bool:
    return char in {_TATWEEL, _JOINER} or ("<final>", char) in _forms()


def _with_lam_alif(text: str, letters: Sequence[int], out: list[str], drawable: Callable[[str], bool]) -> str:
    """Put the one sign that lam and alif make in place of the two."""
    for here, index in enumerate(letters[:-1]):
        after = letters[here + 1]
        back = here > 0 and _joins_on(text[letters[here - 1]])
        sign = _forms().get(("<final>" if back else "<isolated>", text[index] + text[after]))
        if text[index] == _LAM and sign and drawable(sign):
            out[index], out[after] = sign, ""
    return "".join(out)


@lru_cache(maxsize=1)
def _forms() -> dict[tuple[str, str], str]:
    """The form by its kind and letter, or pair of letters."""
    forms: dict[tuple[str, str], str] = {}
    for code in _FORMS:
        kind, *letters = unicodedata.decomposition(chr(code)).split() or [""]
        forms.setdefault((kind, "".join(chr(int(letter, 16)) for letter in letters)), chr(code))
    return forms
