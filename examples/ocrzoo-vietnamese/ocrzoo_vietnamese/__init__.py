"""A plugin with one model, which reads Vietnamese: its card is in ``cards``, its weights beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ocrzoo_registry import ModelCard, hookimpl, read_cards


@hookimpl
def ocrzoo_model_cards() -> Iterator[ModelCard]:
    """Register what ``cards/`` holds."""
    yield from read_cards(Path(__file__).parent / "cards")
