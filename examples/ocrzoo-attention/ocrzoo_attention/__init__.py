"""A plugin with a model of two networks, an encoder and a decoder with attention, and the predictor that runs both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ocrzoo_registry import ModelCard, PredictorSpec, hookimpl, read_cards


@hookimpl
def ocrzoo_model_cards() -> Iterator[ModelCard]:
    """Register what ``cards/`` holds."""
    yield from read_cards(Path(__file__).parent / "cards")


@hookimpl
def ocrzoo_predictors() -> Iterator[PredictorSpec]:
    """Register the decoder, which is imported when a model that names it is loaded."""
    yield PredictorSpec(
        "attention",
        "ocrzoo_attention.reader:AttentionReader",
        tasks=("text_recognition",),
        requires=("charset",),
        postprocess=("AttnLabelDecode",),
    )
