"""The PP-LCNet family: small classifiers for the orientation of pages and text lines."""

from __future__ import annotations

from collections.abc import Iterator

from ocrzoo_cards import family_cards
from ocrzoo_registry import PredictorSpec, hookimpl

ocrzoo_model_cards = family_cards("lcnet")


@hookimpl
def ocrzoo_predictors() -> Iterator[PredictorSpec]:
    """Register the classifier of whole images."""
    yield PredictorSpec(
        "classification",
        "ocrzoo_lcnet.predictor:Classifier",
        tasks=("doc_text_orientation", "textline_orientation"),
        requires=("labels",),
    )
