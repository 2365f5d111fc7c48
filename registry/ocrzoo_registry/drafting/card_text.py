"""A drafted card as YAML, with what was found, and what is to be filled in, as comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards.to_fill import MARK
from ocrzoo_registry.drafting.draft import Draft

_WANTED = {
    "languages": "# languages: [vi]  # {mark}: BCP-47 tags of what it reads; people find it by them",
    "scripts": "# scripts: [Latn]  # {mark}: those that these languages are written in",
    "metrics": "# metrics:  # where there are figures: with data set and source\n"
    '# - {{name: accuracy, value: 91.5, unit: percent, language: vi, dataset: "400 signs", source: "our own"}}',
}
"""Lists that are left out where nobody could know them, as comments; they stand before ``artifacts``."""


def card_text(draft: Draft, made_by: str) -> str:
    """Return the YAML file of a drafted card; ``made_by`` is the command that drafts it."""
    return "\n".join(_lines(draft, made_by)) + "\n"


def _lines(draft: Draft, made_by: str) -> Iterator[str]:
    yield f"# Drafted by '{_one_line(made_by)}'. The keys of cards are in ocrzoo's docs/model-card.schema.json."
    if draft.unfilled:
        yield f"# {MARK} marks what is to be filled in: {', '.join(draft.unfilled)}."
    for text in (*draft.found, *(f"Warning: {doubt}" for doubt in draft.doubts)):
        yield f"# {_one_line(text)}"
    for key, value in draft.data.items():
        for wanted, comment in _WANTED.items() if key == "artifacts" else ():
            if wanted not in draft.data and _is_wanted(draft, wanted):
                yield comment.format(mark=MARK)
        yield _dumped({key: value})


def _one_line(text: str) -> str:
    """A comment must not end before its text does."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def _is_wanted(draft: Draft, key: str) -> bool:
    return key == "metrics" or draft.data["task"] in {"text_recognition", MARK}


def _dumped(data: dict[str, Any]) -> str:
    return safe_yaml.dump(data).rstrip("\n")
