"""The PP-OCRv3 and PP-OCRv5 readers for one language or script, other than simplified Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator

import ocrzoo_cards
from ocrzoo_registry import ModelCard, hookimpl, read_cards


@hookimpl
def ocrzoo_model_cards() -> Iterator[ModelCard]:
    """Register the cards of the family."""
    yield from read_cards(ocrzoo_cards.ROOT / "multilingual", root=ocrzoo_cards.ROOT)
