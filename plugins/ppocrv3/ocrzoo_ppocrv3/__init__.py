"""The PP-OCRv3 family: detectors and readers for Chinese and English, kept for set-ups tuned on them."""

from __future__ import annotations

from collections.abc import Iterator

import ocrzoo_cards
from ocrzoo_registry import ModelCard, hookimpl, read_cards


@hookimpl
def ocrzoo_model_cards() -> Iterator[ModelCard]:
    """Register the cards of the family."""
    yield from read_cards(ocrzoo_cards.ROOT / "ppocrv3", root=ocrzoo_cards.ROOT)
