"""The PP-OCRv6 family: detectors and readers in three sizes; the readers take some 50 languages."""

from __future__ import annotations

from collections.abc import Iterator

import ocrzoo_cards
from ocrzoo_registry import ModelCard, hookimpl, read_cards


@hookimpl
def ocrzoo_model_cards() -> Iterator[ModelCard]:
    """Register the cards of the family."""
    yield from read_cards(ocrzoo_cards.ROOT / "ppocrv6", root=ocrzoo_cards.ROOT)
