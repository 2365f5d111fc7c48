"""Checks of what hooks yield, down to what a card names: its task, and its references to sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from types import GenericAlias
from typing import Any

from pydantic import TypeAdapter

from ocrzoo_registry.cards.address import is_name_of_address
from ocrzoo_registry.cards.charsets import unreadable
from ocrzoo_registry.cards.fields import FORMS, NAME
from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import CardError
from ocrzoo_registry.files import leads_outside
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.plugins.specs import EngineSpec, PredictorSpec, SourceSpec, load_attribute

_TYPO = 0.8
"""Similarity from which an unknown source is taken for a misspelled one, not for one whose plugin is missing."""


_TUPLES = {"tasks", "requires", "postprocess", "formats", "distributions", "also_reads"}
"""Fields of specs that are tuples of texts."""
_OUTSIDE = "it is a link to a file outside of the card's folder"


def check_spec(value: object, kind: type) -> None:
    """Refuse what is not of a hook's kind, or has a name or rank of the wrong type.

    Raises:
        TypeError: It is not.
    """
    if not isinstance(value, kind):
        raise TypeError(f"yields {type(value).__name__} instead of {kind.__name__}")
    if not isinstance(getattr(value, "name", None), str):
        raise TypeError(f"a {kind.__name__} has no name")
    if isinstance(value, ModelCard) and value.fault is not None:
        return  # which is refused for its fault, whatever its name
    if not re.fullmatch(NAME, value.name):  # type: ignore[attr-defined]  # it has a name
        raise ValueError(f"{value.name!a} is not {FORMS[NAME]}")  # type: ignore[attr-defined]
    for name in (value.name, *value.aliases) if isinstance(value, ModelCard) else ():
        if is_name_of_address(name):
            raise CardError(f"{name}: name: models by address are stored under such names: choose another")
    for key in _TUPLES & vars(value).keys():
        listed = getattr(value, key)
        if not isinstance(listed, tuple | list) or not all(isinstance(item, str) for item in listed):
            raise TypeError(f"{value.name}: {key} must be a tuple of texts")  # type: ignore[attr-defined]
    if isinstance(value, EngineSpec | SourceSpec) and not isinstance(value.rank, int):
        raise TypeError(f"{value.name}: rank must be an integer")


class CardCheck:
    """Checks cards against the predictors and sources that are registered."""

    def __init__(self, predictors: Iterable[PredictorSpec], sources: Iterable[SourceSpec]) -> None:
        self._predictors = {spec.name: spec for spec in predictors}
        self._paths = {spec.key: spec.reference for spec in sources}
        self._checks: dict[str, Callable[[object], bool] | None] = {}
        self._charsets: dict[tuple[Path, str], str] = {}
        """What is wrong with each charset that was looked at; empty if nothing is."""

    def __call__(self, card: ModelCard) -> None:
        """Refuse a card whose task its predictor does not do, or that a source could not read.

        Raises:
            CardError: The message names the card, the key and the nearest valid value.
        """
        if card.fault is not None:
            raise card.fault
        self._check_charset(card)
        predictor = self._predictors.get(card.inference.predictor)
        if predictor is not None:
            self._check_task(card, predictor)
        for source, references in card.sources.items():
            fits = self._fits(source, card)
            if fits is not None and not fits(references):
                for file_format in references:
                    read_reference(card, source, file_format, load_attribute(self._paths[source]))

    def _check_charset(self, card: ModelCard) -> None:
        if card.charset is None:
            return
        place = card.folder, card.charset  # joining paths would take longer than all other checks
        if place not in self._charsets:
            outside = leads_outside(card.folder, card.charset)
            self._charsets[place] = _OUTSIDE if outside else unreadable(card.folder / card.charset)
        if fault := self._charsets[place]:
            raise CardError(f"{card.name}: charset: {fault}")

    def _check_task(self, card: ModelCard, predictor: PredictorSpec) -> None:
        if card.task not in predictor.tasks:
            known = sorted({task for spec in self._predictors.values() for task in spec.tasks})
            step = ": change task or inference.predictor" if card.task in known else did_you_mean(card.task, known)
            raise CardError(
                f"{card.name}: task: predictor {predictor.name!r} does {', '.join(predictor.tasks)}, "
                f"not {card.task!r}{step}"
            )
        stated = card.inference.postprocess.get("name")
        if predictor.postprocess and stated is not None and stated not in predictor.postprocess:
            raise CardError(
                f"{card.name}: inference.postprocess.name: predictor {predictor.name!r} knows "
                f"{', '.join(predictor.postprocess)}, not {str(stated)[:80]!r}"
            )
        for key in predictor.requires:
            if not getattr(card, key, None):
                raise CardError(f"{card.name}: {key}: needed for {card.task}")

    def _fits(self, source: str, card: ModelCard) -> Callable[[object], bool] | None:
        """The check of all references to a source; ``None`` where it has none, or its plugin is not installed."""
        if source not in self._checks:
            if source not in self._paths and (near := get_close_matches(source, self._paths, 1, _TYPO)):
                raise CardError(f"{card.name}: sources.{source}: unknown source (did you mean {near[0]}?)")
            self._checks[source] = None
            if path := self._paths.get(source):
                by_format: Any = GenericAlias(dict, (str, load_attribute(path)))
                self._checks[source] = TypeAdapter(by_format).validator.isinstance_python
        return self._checks[source]
