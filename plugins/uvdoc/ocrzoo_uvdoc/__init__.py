"""The UVDoc family: one network that flattens photographs of bent pages."""

from __future__ import annotations

from collections.abc import Iterator

import ocrzoo_cards
from ocrzoo_registry import ModelCard, PredictorSpec, hookimpl, read_cards


@hookimpl
def ocrzoo_model_cards() -> Iterator[ModelCard]:
    """Register the cards of the family."""
    yield from read_cards(ocrzoo_cards.ROOT / "uvdoc", root=ocrzoo_cards.ROOT)


@hookimpl
def ocrzoo_predictors() -> Iterator[PredictorSpec]:
    """Registration what runs it: a flattener of pages."""
    yield PredictorSpec("image_unwarping", "ocrzoo_uvdoc.predictor:Flattener", tasks=("image_unwarping",))
