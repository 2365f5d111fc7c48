"""The size of a model."""

from __future__ import annotations

from ocrzoo_registry.cards.schema import ModelCard


def size_mb(card: ModelCard) -> float | None:
    """Return the published size in megabytes, or else the total of the known file sizes."""
    if card.size_mb is not None:
        return card.size_mb
    known = max(sum(file.size or 0 for file in artifact.files) for artifact in card.artifacts.values())
    return round(known / 1e6, 1) if known else None
