"""What was measured of a model: accuracy, time and error rates, each with where the figure is from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict, model_validator

from ocrzoo_registry.cards.fields import Date, LanguageTag, Name, Record, Text


class Verified(Record):
    """Who computed a figure again, apart from its publisher."""

    by: Text
    """The person or project that did it."""
    when: Date | None = None
    """The day, in quotes: ``'2026-11-30'``."""
    on: Text | None = None
    """The pages, data set or machine, where these are not those of the figure itself."""


class Metric(Record):
    """One published figure, or, where only words were published, those words."""

    name: Literal["hmean", "accuracy", "weighted_accuracy", "top1_accuracy", "cer"]
    """What was measured: detection Hmean, line accuracy, top-1 accuracy, or character error rate."""
    value: Annotated[float, Field(ge=0, le=1000)] | None = None
    """The figure itself, in ``unit``."""
    unit: Literal["percent", "ratio"] | None = None
    """``percent`` runs 0 to 100, ``ratio`` 0 to 1."""
    language: LanguageTag | None = None
    """The language of the test set (``und-Latn``: several of one script, ``mul``: many)."""
    dataset: Text | None = None
    """What it was measured on; figures on different data sets do not compare."""
    source: Text
    """Where the figure was published."""
    statement: Text | None = None
    """The words, where no figure was published."""
    comparable_to: Name | None = None
    """The model that ``statement`` compares this one with."""
    verified: Verified | None = None
    """Who computed the figure again; without it, only the source states it."""

    @model_validator(mode="after")
    def _figure_or_words(self) -> Metric:
        if (self.value is None) == (self.statement is None):
            raise ValueError("a metric has either a value or a statement")
        if (self.value is None) != (self.unit is None):
            raise ValueError("a value needs a unit, and a unit a value")
        return self


class Latency(Record):
    """One published inference time of the network alone, without pre- and post-processing."""

    device: Literal["cpu", "gpu"]
    """What it was measured on."""
    mode: Literal["normal", "high_performance"]
    """PaddleX's terms: plain Paddle Inference in FP32, or its accelerated plugin."""
    ms: Annotated[float, Field(ge=0.0001, le=1_000_000_000)]
    """Milliseconds an image."""
    environment: Text
    """Hardware and software of the test."""


_Points = Annotated[float, Field(ge=-1000, le=1000)]


class ErrorRate(Record):
    """The measured character error rate of one way to run the model; those of one model are of the same pages."""

    engine: Name
    """The inference engine, by its registered name."""
    precision: Name
    """The numeric precision, such as ``bfloat16``."""
    batching: Literal["exact", "width"]
    """Which lines share a call: PaddleX's groups, or lines of similar width."""
    percent: Annotated[float, Field(ge=0, le=1000)]
    """Character error rate, spaces included, 0 to 100 and beyond."""
    difference: Annotated[tuple[_Points, _Points], Strict(strict=False)] | None = None
    """The 95 % interval of the difference to float32 with PaddleX's groups, in percentage points, paired by page."""
    speed: Annotated[float, Field(ge=0.0001, le=1_000_000)] | None = None
    """Times as fast as float32 with PaddleX's groups, on a CPU that computes the precision itself, if measured."""
    pages: Text
    """What was read, and by what else."""
    verified: Verified | None = None
    """Who measured it, and when."""
