"""The UVDoc family: unwarping of photographed pages."""

from __future__ import annotations

from collections.abc import Iterator

from ocrzoo_cards import family_cards
from ocrzoo_registry import PredictorSpec, hookimpl

ocrzoo_model_cards = family_cards("uvdoc")


@hookimpl
def ocrzoo_predictors() -> Iterator[PredictorSpec]:
    """Register the unwarping of pages."""
    yield PredictorSpec("image_unwarping", "ocrzoo_uvdoc.predictor:UVDocUnwarper", tasks=("image_unwarping",))
