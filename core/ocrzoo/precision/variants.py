"""The ways to run a model that a request allows on this machine, the best first."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from ocrzoo.engines.base import EngineOptions, EnginePrecision
from ocrzoo.precision.wanted import Wanted
from ocrzoo.types import Batching
from ocrzoo_registry.plugins.specs import EngineSpec, load_attribute

if TYPE_CHECKING:
    from ocrzoo_registry.cards.figures import ErrorRate
    from ocrzoo_registry.store.store import ModelFiles

log = logging.getLogger("ocrzoo")

QUICK: EnginePrecision = "bfloat16"
"""In which lines are read before they are checked."""

NEGLIGIBLE = 0.1
"""Percentage points of characters: a difference to float32 whose 95 % interval ends below it is none."""

_FLOAT32 = frozenset({"float32"})


@dataclass(frozen=True)
class Variant:
    """One way to run a model on an engine."""

    precision: str
    """``float32``, ``bfloat16``, ``float16`` or ``checked``."""
    batching: Batching
    """Which lines share a call, unless the caller says."""
    files: ModelFiles
    options: EngineOptions


def variants(
    error_rates: Sequence[ErrorRate], files: ModelFiles, spec: EngineSpec, options: EngineOptions, wanted: Wanted
) -> list[Variant]:
    """Return the ways to run a model on an engine that the request allows, the best first.

    ``error_rates`` are those of the model's card; custom weights have none. A precision that is named is the only way.
    ``auto`` has those whose error rate is not above that of float32 with PaddleX's calls, or above it by next to
    nothing, and that the CPU computes itself; in the order of the card, and float32 last.
    """
    rates = [rate for rate in error_rates if rate.engine == spec.name]
    if wanted.precision != "auto":
        unable = wanted.precision == "checked" and QUICK not in native_precisions(spec, options)
        return [_variant("float32" if unable else wanted.precision, files, options, wanted, rates)]
    allowed = list(_allowed(files, spec, options, wanted, rates))
    has_float32 = any(one.precision == "float32" for one in allowed)
    return allowed if has_float32 else [*allowed, _variant("float32", files, options, wanted, rates)]


def native_precisions(spec: EngineSpec, options: EngineOptions) -> frozenset[str]:
    """Return what an engine computes without converting; float32 alone for one that does not say, and for a GPU."""
    if options.device.kind != "cpu":
        return _FLOAT32
    try:
        known = getattr(load_attribute(spec.factory)(), "native_precisions", None)
        return _FLOAT32 if known is None else frozenset(known())
    except Exception as error:  # noqa: BLE001  # loading the model reports what is wrong with the engine
        log.debug("%s: its precisions are not known: %s", spec.name, error)
        return _FLOAT32


def _allowed(
    files: ModelFiles, spec: EngineSpec, options: EngineOptions, wanted: Wanted, rates: Sequence[ErrorRate]
) -> Iterator[Variant]:
    """The ways that are as accurate as float32 with PaddleX's calls by the model's figures, in their order."""
    reference = next((one.percent for one in rates if (one.precision, one.batching) == ("float32", "exact")), None)
    if reference is None:
        return
    native = native_precisions(spec, options)
    for rate in rates:
        computed = _computed(rate.precision)
        if _as_accurate(rate, reference) and computed in native and wanted.batching in (None, rate.batching):
            yield Variant(rate.precision, rate.batching, files, replace(options, precision=computed))


def _as_accurate(rate: ErrorRate, reference: float) -> bool:
    """Whether a way makes no more errors than the reference, or not so many more that they would matter."""
    return rate.percent <= reference or (rate.difference is not None and rate.difference[1] <= NEGLIGIBLE)


def _variant(
    precision: str, files: ModelFiles, options: EngineOptions, wanted: Wanted, rates: Sequence[ErrorRate]
) -> Variant:
    batching = wanted.batching or ("exact" if wanted.is_paddlex else _favoured(_computed(precision), rates))
    return Variant(precision, batching, files, replace(options, precision=_computed(precision)))


def _computed(precision: str) -> EnginePrecision:
    """What the engine computes in."""
    return QUICK if precision == "checked" else cast("EnginePrecision", precision)


def _favoured(precision: str, rates: Sequence[ErrorRate]) -> Batching:
    """``width`` where the model's figures say that it costs no accuracy, else PaddleX's calls."""
    percents = {one.batching: one.percent for one in rates if one.precision == precision}
    return "width" if "width" in percents and percents["width"] <= percents.get("exact", -1.0) else "exact"
