"""The order of reading: right-to-left lines, and which way a line runs.

A network reads a line as it stands on the page, from left to right. What is written from right to left is thus
read backwards; the Unicode bidirectional algorithm, which turns text into what the eye sees, also turns it back.
PaddleX does so for its two Arabic models; here every model does whose card names a right-to-left script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bidi import algorithm

from ocrzoo.processing.geometry import is_tall
from ocrzoo.processing.recognition import Line
from ocrzoo.text.scripts import WrittenLanguage
from ocrzoo.types import Direction, Quad

RIGHT_TO_LEFT_SCRIPTS = frozenset(
    {"Adlm", "Arab", "Armi", "Avst", "Hebr", "Mand", "Mend", "Nkoo", "Phnx", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"}
)
"""ISO 15924 codes of scripts that run from right to left (Unicode: letters of bidirectional class R or AL)."""

_KNOWN_CLASSES = frozenset(
    ("L", "R", "AL", "EN", "ES", "ET", "AN", "CS", "NSM", "BN", "B", "S", "WS", "ON", "LRE", "LRO", "RLE", "RLO", "PDF")
)
"""Bidirectional classes that python-bidi's rules are written for; at others (isolates, unassigned) they stop."""


def runs_right_to_left(scripts: Sequence[str]) -> bool:
    """Whether one of a model's scripts (ISO 15924) runs from right to left."""
    return not RIGHT_TO_LEFT_SCRIPTS.isdisjoint(scripts)


def in_reading_order(line: Line) -> Line:
    """Turn a line whose text is as the eye sees it into one in the order of reading; columns keep their characters.

    The text is that of ``bidi.algorithm.get_display``, PaddleX's choice: brackets are mirrored, and marks of
    direction left out.
    """
    text, positions = display(line.text)
    sources = line.sources
    return replace(line, text=text, order=tuple(sources[position] for position in positions))


def display(text: str) -> tuple[str, list[int]]:
    """Apply the bidirectional algorithm; return the new text, and where each code point of it was before.

    These are the steps of ``bidi.algorithm.get_display``, with each character's position carried along.
    """
    storage = algorithm.get_empty_storage()
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
    algorithm.reorder_resolved_levels(storage, debug=False)
    algorithm.apply_mirroring(storage, debug=False)
    shown = storage["chars"]
    return "".join(character["ch"] for character in shown), [character["position"] for character in shown]


def direction_of(text: str, quad: Quad, scripts: Sequence[str], languages: Sequence[WrittenLanguage] = ()) -> Direction:
    """Say which way a line runs: its text, in the order of reading, its quad, and the scripts of its model.

    ``languages`` are those that the line may be in, and count before the scripts; nobody says where there are none.
    ``ttb`` where the quad's crop is turned because it is tall, unless lines of these languages never run down; ``rtl``
    where the first letter with a direction runs from right to left, and so does one of the languages, or the model
    is one whose lines are put into the order of reading at all.
    """
    if is_tall(quad) and (not languages or any(one.runs_down for one in languages)):
        return "ttb"
    from_right = any(one.direction == "rtl" for one in languages) if languages else runs_right_to_left(scripts)
    return "rtl" if from_right and algorithm.get_base_level(text) == 1 else "ltr"
