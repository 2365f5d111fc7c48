"""Types of option values: switches, mappings, lists, files, numbers, and the names of what is registered.

A shell completes the names. Any text is accepted as one; the command itself answers an unknown name. Nothing is
imported before a value is completed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click
from click.shell_completion import CompletionItem

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import read_lines

if TYPE_CHECKING:
    from ocrzoo_registry.zoo import Zoo

Names = Callable[["Zoo"], Iterable[str]]


class Switch(click.ParamType[bool | None]):
    """PaddleX's booleans: True, False or None, in any case, or the first letter."""

    name = "true|false"
    _WORDS: ClassVar = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False, "none": None}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bool | None:
        """Parse the word."""
        if not isinstance(value, str):
            return None if value is None else bool(value)
        if value.lower() not in self._WORDS:
            self.fail(f"{value!r} is neither True nor False", param, ctx)
        return self._WORDS[value.lower()]

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Complete True or False."""
        return click.Choice(["True", "False"], case_sensitive=False).shell_complete(ctx, param, incomplete)


class PlainMapping(click.ParamType[dict[str, Any]]):
    """A small mapping, as YAML, JSON or a Python dictionary."""

    name = "mapping"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """Parse the mapping."""
        from ocrzoo_registry import safe_yaml

        try:
            data = safe_yaml.load(value) if isinstance(value, str) else value
        except safe_yaml.YamlError as error:
            self.fail(f"{value!r}: {error}", param, ctx)
        if not isinstance(data, dict):
            self.fail(f"{value!r} is not a mapping such as '{{backend: openvino}}'", param, ctx)
        return data


class CommaSeparated(click.ParamType[tuple[str, ...]]):
    """Several values of one type, separated by commas."""

    def __init__(self, one: click.ParamType[str]) -> None:
        self.name = one.name
        self._one = one

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Convert each value."""
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(self._one.convert(part.strip(), param, ctx) for part in parts)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Complete the last value."""
        return complete_last(incomplete, lambda typed: self._one.shell_complete(ctx, param, typed))


class UpscaleFactor(click.FloatRange):
    """By how much pages are enlarged, or ``auto``."""

    name = "number|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number, or ``auto``."""
        return value if value == "auto" else super().convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Complete the word."""
        return click.Choice(["auto"]).shell_complete(ctx, param, incomplete)


class LinesFile(click.ParamType[tuple[str, ...]]):
    """A text file with one value per line."""

    name = "file"

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Read the file; empty lines are left out."""
        try:
            return tuple(filter(None, read_lines(Path(value), self._max_bytes)))
        except UsageError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Complete the name of a file."""
        return click.File().shell_complete(ctx, param, incomplete)


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
