"""The official PP-OCR model cards and charsets: one folder a family, registered by the family's plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ocrzoo_registry import ModelCard, hookimpl, read_cards

ROOT = Path(__file__).parent
"""The folder of ``charsets/`` and the families; charset paths in the cards are relative to it."""


def family_cards(family: str) -> Callable[[], Iterator[ModelCard]]:
    """Return the hook that registers the cards of a family; a plugin assigns it to ``ocrzoo_model_cards``."""

    @hookimpl
    def ocrzoo_model_cards() -> Iterator[ModelCard]:
        yield from read_cards(ROOT / family, root=ROOT)

    return ocrzoo_model_cards
