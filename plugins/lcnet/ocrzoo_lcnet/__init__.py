"""The PP-LCNet family: small classifiers that tell how a page or a text line is turned."""

from __future__ import annotations

from collections.abc import Iterator

import ocrzoo_cards
from ocrzoo_registry import ModelCard, PredictorSpec, hookimpl, read_cards


@hookimpl
def ocrzoo_model_cards() -> Iterator[ModelCard]:
    """Register the cards of the family."""
    yield from read_cards(ocrzoo_cards.ROOT / "lcnet", root=ocrzoo_cards.ROOT)


@hookimpl
def ocrzoo_predictors() -> Iterator[PredictorSpec]:
    """Registration what runs them: a classifier of whole images."""
    yield PredictorSpec(
        "classification",
        "ocrzoo_lcnet.predictor:Classifier",
        tasks=("doc_text_orientation", "textline_orientation"),
        requires=("labels",),
    )
