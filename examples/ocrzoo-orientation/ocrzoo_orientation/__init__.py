"""Two orientation classifiers that are not PaddlePaddle's official ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ocrzoo_registry import ModelCard, hookimpl, read_cards


@hookimpl
def ocrzoo_model_cards() -> Iterator[ModelCard]:
    """Register the cards next to this file."""
    yield from read_cards(Path(__file__).parent / "cards")
