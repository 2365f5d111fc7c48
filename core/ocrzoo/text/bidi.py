"""Bidirectional text: from visual to logical order, and the direction of a line.

A network reads a line in visual order, from left to right, so right-to-left text comes out reversed. The Unicode
bidirectional algorithm, which turns logical into visual order, also turns it back. PaddleX applies it for its two
Arabic models; here it applies to every model whose card names a right-to-left script, with two exceptions, because the
algorithm is for text as it is stored, and this text is as it is printed: where a line begins does not depend on what is
at its left end, and what a reader reads from the left wherever it is (dates, telephone and part numbers, amounts,
addresses) keeps the order in which it is printed.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import regex
from bidi import algorithm

from ocrzoo.processing.geometry import is_tall
from ocrzoo.processing.recognition import Line
from ocrzoo.text.scripts import may_run_down
from ocrzoo.text.unicode_scripts import script_named
from ocrzoo.types import Quad
from ocrzoo_registry.languages.orthography import Direction
from ocrzoo_registry.languages.tags import Language

_KNOWN_CLASSES = frozenset(
    ("L", "R", "AL", "EN", "ES", "ET", "AN", "CS", "NSM", "BN", "B", "S", "WS", "ON", "LRE", "LRO", "RLE", "RLO", "PDF")
)
"""Bidirectional classes that python-bidi implements; it fails on others (isolates, unassigned characters)."""

_CHARACTER = r"[\p{bc=L}\p{bc=EN}\p{bc=AN}]\p{M}*"
"""A letter that runs from the left, or a digit of any script."""
_JOINER = r"[-\u2010-\u2015\u2212.,:/\\_@#&=?%~*'\u2019\u00b0\u00d7^|+\u066a]"
_UNBROKEN = regex.compile(
    rf"(?:(?<![^\s(\[.,:;!?])[-+\u2212#\p{{Sc}}]{{1,2}})?{_CHARACTER}(?:{_JOINER}{{0,3}}{_CHARACTER})*[%\u2030\u066a\u00b0\p{{Sc}}]?"
)
"""Letters and digits with what joins them, and a sign before or after."""
_NUMBER_GROUPS = regex.compile(
    r"(?<![\p{L}\d][-.,:/]?)"
    r"(?:\+\d[-\d ()./]*\d|\(\+?\d+\)[-\d /]*\d|\d+(?: \d+)+(?:[.,]\d+)?)"
    r"(?![-.:/]?[\p{L}\d])"
)
"""A telephone number, or digits in groups."""
_WORD = regex.compile(rf"([\p{{bc=R}}\p{{bc=AL}}][\p{{bc=R}}\p{{bc=AL}}\p{{M}}]*)|{_UNBROKEN.pattern}")
"""A word that runs from the right, or what is read from the left."""
_MOSTLY_LATIN = 3
"""So many times more words from the left make a line one that is read from the left."""
_QUOTING = 2
"""The same of a line whose first and last words are from the left."""


def runs_right_to_left(scripts: Sequence[str]) -> bool:
    """Whether one of a model's scripts (ISO 15924) runs from right to left."""
    return any(script_named(script).direction == "rtl" for script in scripts)


def letters_from_right(text: str) -> int:
    """Return how many letters of a text run from right to left, less those that run from left to right.

    A text that is mostly figures, such as a price or a part number, has no direction: 0.
    """
    classes = Counter(map(unicodedata.bidirectional, text))
    from_right, from_left = classes["R"] + classes["AL"], classes["L"]
    return from_right - from_left if 2 * (from_right + from_left) > len("".join(text.split())) else 0


def in_logical_order(line: Line, *, as_paddlex: bool = False) -> Line:
    """Reorder a line from visual to logical order; each character keeps its column.

    Brackets are mirrored and direction marks dropped. ``as_paddlex`` gives the text of ``bidi.algorithm.get_display``.
    """
    seen = "".join(line.entries)
    text, positions = display(seen, as_paddlex=as_paddlex)
    sources = replace(line, text=seen, order=None).sources
    others = tuple(
        replace(one, text=display("".join(one.entries), as_paddlex=as_paddlex)[0]) for one in line.alternatives
    )
    return replace(line, text=text, order=tuple(sources[position] for position in positions), alternatives=others)


def display(text: str, *, as_paddlex: bool = False) -> tuple[str, list[int]]:
    """Turn a text from visual to logical order; return it, and the previous position of each of its code points.

    ``as_paddlex`` leaves out the exceptions of this module: the steps are those of ``bidi.algorithm.get_display``, with
    each character's position carried along.
    """
    storage = resolve_levels(text) if as_paddlex else resolve_levels(text, starts_right(text), _printed_classes(text))
    algorithm.reorder_resolved_levels(storage, debug=False)
    algorithm.apply_mirroring(storage, debug=False)
    shown = storage["chars"]
    return "".join(character["ch"] for character in shown), [character["position"] for character in shown]


def resolve_levels(
    text: str, from_right: bool | None = None, classes: Mapping[int, str] = MappingProxyType({})
) -> dict[str, Any]:
    """Return python-bidi's storage with the level and the position of each character; controls are left out.

    ``from_right`` is the direction of the whole text (``None``: that of its first letter), ``classes`` the
    bidirectional classes of the characters at some positions, in place of their own.
    """
    storage: dict[str, Any] = algorithm.get_empty_storage()
    level = algorithm.get_base_level(text) if from_right is None else int(from_right)
    storage.update(base_level=level, base_dir="LR"[level])
    algorithm.get_embedding_levels(text, storage)
    for position, character in enumerate(storage["chars"]):
        character["position"] = position
        if character["type"] not in _KNOWN_CLASSES:
            character.update(type="ON", orig="ON")
        if position in classes:
            character.update(type=classes[position], orig=classes[position])
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    return storage


def starts_right(text: str) -> bool:
    """Whether a line with words of both directions is read from the right, in visual or in logical order.

    It is, unless words from the left are far more, or a few from the right are quoted between more of them.
    """
    words = ["R" if word[1] else "L" for word in _WORD.finditer(text) if word[1] or _has_letter(word[0])]
    from_right, from_left = words.count("R"), words.count("L")
    if not from_right or from_left > _MOSTLY_LATIN * from_right:
        return False
    return not (words[0] == words[-1] == "L" and from_left > _QUOTING * from_right)


def _has_letter(text: str) -> bool:
    """Whether a text has a letter that runs from the left."""
    return any(unicodedata.bidirectional(character) == "L" for character in text)


def _printed_classes(text: str) -> dict[int, str]:
    """Return a bidirectional class for each character of what is read from the left: L with letters, else EN."""
    found: dict[int, str] = {}
    for pattern in (_NUMBER_GROUPS, _UNBROKEN):
        for match in pattern.finditer(text):
            found |= dict.fromkeys(range(*match.span()), "L" if _has_letter(match[0]) else "EN")
    return found


def direction_of(text: str, quad: Quad, scripts: Sequence[str], languages: Sequence[Language] = ()) -> Direction:
    """Return the direction of a line from its text in logical order, its quad, and the scripts of its model.

    ``languages`` are those that the line may be in, if known; they take precedence over the scripts. ``ttb``: the quad
    is tall, and one of the languages, if known, is written vertically. ``rtl``: the line starts at the right
    (:func:`starts_right`), and one of the languages or else of the scripts runs so.
    """
    if is_tall(quad) and (not languages or any(map(may_run_down, languages))):
        return "ttb"
    from_right = any(one.direction == "rtl" for one in languages) if languages else runs_right_to_left(scripts)
    return "rtl" if from_right and starts_right(text) else "ltr"
