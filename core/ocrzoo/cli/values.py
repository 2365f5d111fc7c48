"""Types of option values: seconds, and models, languages, sources and the other registered names.

A shell completes the names. Any text is accepted as one; the command itself answers an unknown name. Nothing is
imported before a value is completed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from ocrzoo_registry.zoo import Zoo

Names = Callable[["Zoo"], Iterable[str]]


class Seconds(click.FloatRange):
    """A time of at least a second, and at most a day or ``most``."""

    def __init__(self, most: float = 86400) -> None:
        super().__init__(1, most)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):  # it is in every range
            self.fail(f"{value!r} is no number of seconds", param, ctx)
        return seconds


class Registered(click.ParamType[str]):
    """The name of something that ocrzoo or a plugin registers; with ``several``, names separated by commas."""

    def __init__(self, name: str, names: Names, *, several: bool = False, files: bool = False) -> None:
        self.name = name
        self._names, self._several, self._files = names, several, files

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002
        """Return the text."""
        return str(value)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002  # click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        """Return the names that continue what is typed, in any case; after a comma, those that continue its end."""
        items = complete_last(incomplete, self._starting) if self._several else self._starting(incomplete)
        return items or ([CompletionItem(incomplete, type="file")] if self._files else [])

    def _starting(self, typed: str) -> list[CompletionItem[str]]:
        from ocrzoo_registry.names import natural_key
        from ocrzoo_registry.zoo import Zoo

        found = {name for name in self._names(Zoo()) if name.casefold().startswith(typed.casefold())}
        return [CompletionItem(name) for name in sorted(found, key=natural_key)]


def complete_last(
    incomplete: str, complete_one: Callable[[str], list[CompletionItem[str]]]
) -> list[CompletionItem[str]]:
    """Complete the last of several values separated by commas, without those that are there already."""
    before, comma, typed = incomplete.rpartition(",")
    given = before.split(",")
    return [CompletionItem(before + comma + item.value) for item in complete_one(typed) if item.value not in given]


def _card_values(field: str, zoo: Zoo) -> Iterable[str]:
    values = (getattr(card, field) for card in zoo.models)
    return (value for value in values if value is not None)


def _languages(zoo: Zoo) -> Iterable[str]:
    """All tags that cards claim, and PaddleOCR's codes."""
    from ocrzoo_registry.languages.tags import paddle_codes

    return {*(tag for card in zoo.models for tag in card.languages), *paddle_codes()}


def _formats(zoo: Zoo) -> Iterable[str]:
    from ocrzoo_registry.cards.formats import format_names

    return format_names() if zoo.plugins else ()  # a plugin may register a format


def _available_sources(zoo: Zoo) -> Iterable[str]:
    return (spec.name for spec in zoo.sources if not spec.unavailable_reason)


def models_like(name: str) -> Registered:
    """Return the type of a model's name with the task of this model."""
    return Registered("model", lambda zoo: (card.name for card in zoo.models if card.task == zoo.models.get(name).task))


def _plugins(zoo: Zoo) -> Iterable[str]:
    origins = (plugin.origin for plugin in zoo.plugins.plugins)
    return {name for origin in origins for name in (origin.plugin, origin.distribution)}


MODEL = Registered("model", lambda zoo: zoo.models.names)
MODEL_OR_FILE = Registered("model", lambda zoo: zoo.models.names, files=True)
PLUGIN = Registered("plugin", _plugins, files=True)
TASK = Registered("task", lambda zoo: zoo.models.tasks)
FAMILY = Registered("family", partial(_card_values, "family"))
TIER = Registered("tier", partial(_card_values, "tier"))
LANGUAGES = Registered("language", _languages, several=True)
LANGUAGE = Registered("language", _languages)
FORMAT = Registered("format", _formats)
SOURCE = Registered("source", _available_sources)
SOURCES = Registered("source", _available_sources, several=True)
ENGINE = Registered("engine", lambda zoo: zoo.engines.names)
PIPELINE = Registered("pipeline", lambda zoo: zoo.pipelines.names, files=True)
