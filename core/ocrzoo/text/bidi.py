"""Bidirectional text: from visual to logical order, and the direction of a line.

A network reads a line in visual order, from left to right, so right-to-left text comes out reversed. The Unicode
bidirectional algorithm, which turns logical into visual order, also turns it back. PaddleX applies it for its two
Arabic models; here it applies to every model whose card names a right-to-left script.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

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


def in_logical_order(line: Line) -> Line:
    """Reorder a line from visual to logical order; each character keeps its column.

    The text is that of ``bidi.algorithm.get_display``, as in PaddleX: brackets are mirrored and direction marks
    dropped.
    """
    text, positions = display(line.text)
    sources = line.sources
    return replace(line, text=text, order=tuple(sources[position] for position in positions))


def display(text: str) -> tuple[str, list[int]]:
    """Apply the bidirectional algorithm; return the new text, and the previous position of each of its code points.

    The steps are those of ``bidi.algorithm.get_display``, with each character's position carried along.
    """
    storage = resolve_levels(text)
    algorithm.reorder_resolved_levels(storage, debug=False)
    algorithm.apply_mirroring(storage, debug=False)
    shown = storage["chars"]
    return "".join(character["ch"] for character in shown), [character["position"] for character in shown]


def resolve_levels(text: str) -> dict[str, Any]:
    """Return python-bidi's storage with the level and the position of each character; controls are left out."""
    storage: dict[str, Any] = algorithm.get_empty_storage()
    level = algorithm.get_base_level(text)
    storage.update(base_level=level, base_dir="LR"[level])
    algorithm.get_embedding_levels(text, storage)
    for position, character in enumerate(storage["chars"]):
        character["position"] = position
        if character["type"] not in _KNOWN_CLASSES:
            character.update(type="ON", orig="ON")
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    return storage


def direction_of(text: str, quad: Quad, scripts: Sequence[str], languages: Sequence[Language] = ()) -> Direction:
    """Return the direction of a line from its text in logical order, its quad, and the scripts of its model.

    ``languages`` are those that the line may be in, if known; they take precedence over the scripts. ``ttb``: the quad
    is tall, and one of the languages, if known, is written vertically. ``rtl``: the first strongly directional letter
    runs from right to left, and so does one of the languages or else of the scripts.
    """
    if is_tall(quad) and (not languages or any(map(may_run_down, languages))):
        return "ttb"
    from_right = any(one.direction == "rtl" for one in languages) if languages else runs_right_to_left(scripts)
    return "rtl" if from_right and algorithm.get_base_level(text) == 1 else "ltr"
