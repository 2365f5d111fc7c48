"""Cards that a command line names: by the model's name, or by a YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocrzoo_registry.cards.schema import ModelCard
    from ocrzoo_registry.zoo import Zoo


def is_card_file(text: str) -> bool:
    """Whether an argument names a YAML file, not a model."""
    return text.lower().endswith((".yaml", ".yml"))


def card_of(zoo: Zoo, text: str) -> ModelCard:
    """Return the card of a model, or of a YAML file.

    Raises:
        UnknownModel: There is no such model.
        CardError: The file cannot be read, or is not a card.
    """
    if not is_card_file(text):
        return zoo.models.get(text)
    from ocrzoo_registry.cards.loader import read_located

    return read_located(Path(text).expanduser())
