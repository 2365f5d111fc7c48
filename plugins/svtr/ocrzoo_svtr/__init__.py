"""The SVTR family: two readers for Chinese that won the PaddleOCR algorithm model challenge."""

from __future__ import annotations

from collections.abc import Iterator

import ocrzoo_cards
from ocrzoo_registry import ModelCard, hookimpl, read_cards


@hookimpl
def ocrzoo_model_cards() -> Iterator[ModelCard]:
    """Register the cards of the family."""
    yield from read_cards(ocrzoo_cards.ROOT / "svtr", root=ocrzoo_cards.ROOT)
