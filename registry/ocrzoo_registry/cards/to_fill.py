"""Cards that are not complete: what nobody could know when a card was drafted says so, until somebody fills it in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ocrzoo_registry.cards.schema import ModelCard

MARK = "TO-FILL"
"""What stands in a card for a name that is not known yet, and what a text begins with that says what is needed."""


def to_fill(what: str) -> str:
    """Return the text that stands for a value that is not known yet."""
    return f"{MARK}: {what}"


def unfilled(card: ModelCard) -> tuple[str, ...]:
    """Return the keys of a card that are to be filled in, such as ``license`` or ``metrics.0.dataset``.

    A recognizer that claims no language is incomplete too: nobody would find it by its language.
    """
    found = [key for key, text in _texts(card.model_dump(exclude_defaults=True), "") if text.startswith(MARK)]
    if card.task == "text_recognition" and not card.languages:
        found += ["languages"] if card.scripts else ["languages", "scripts"]
    return tuple(found)


def _texts(value: object, key: str) -> Iterator[tuple[str, str]]:
    """Every text in a card, with its dotted key."""
    if isinstance(value, str):
        yield key, value
        return
    if not isinstance(value, Mapping | list | tuple):
        return
    for name, item in value.items() if isinstance(value, Mapping) else enumerate(value):
        yield from _texts(item, f"{key}.{name}" if key else str(name))
