"""Options that choose models, formats and sources, shared by several commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from ocrzoo_registry.cards.formats import format_names

if TYPE_CHECKING:
    from ocrzoo_registry.cards.schema import Format
    from ocrzoo_registry.download.events import DownloadEvents
    from ocrzoo_registry.languages.tags import Language
    from ocrzoo_registry.zoo import Zoo

Command = Callable[..., Any]


class FormatNames(click.ParamType[tuple[str, ...]]):
    """Comma-separated formats."""

    name = "formats"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Read the formats."""
        formats = tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else tuple(value)
        for one in formats:
            if not is_format(one):
                self.fail(f"{one!r} is not one of {', '.join(format_names())}", param, ctx)
        return formats


class FormatName(click.ParamType[str]):
    """One format."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read the format."""
        if not is_format(value):
            self.fail(f"{value!r} is not one of {', '.join(format_names())}", param, ctx)
        return str(value)


def is_format(name: str) -> bool:
    """Whether a format is registered, by ocrzoo or a plugin; plugins are loaded only for a name that ocrzoo lacks."""
    if name in format_names():
        return True
    from ocrzoo_registry.zoo import Zoo

    return bool(Zoo().plugins) and name in format_names()


def languages_option(text: str, *, required: bool = False) -> Callable[[Command], Command]:
    """Return ``--lang``: one or several languages, comma-separated or repeated; the command gets ``lang``."""
    return click.option(
        "--lang", metavar="TAG[,TAG]", multiple=True, required=required, callback=_with_commas, help=text
    )


def _with_commas(_context: click.Context, _option: click.Parameter, given: Sequence[str]) -> str | None:
    """Join the languages with commas."""
    return ",".join(given) if given else None


def _joined(_context: click.Context, _option: click.Parameter, given: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Flatten and deduplicate the formats."""
    return tuple(dict.fromkeys(one for formats in given for one in formats))


def which_models(
    formats: str = "what the engines here read best",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options that choose models, formats and sources; ``formats`` describes the default format.

    The command gets ``names``, ``pipeline``, ``lang``, ``formats`` (a tuple) and ``source``.
    """
    ways = (
        click.argument("names", nargs=-1, metavar="[NAME]..."),
        click.option("--pipeline", metavar="NAME", help="All models of a pipeline, such as OCR."),
        languages_option("The OCR pipeline's models for languages, such as ru,ko."),
        click.option(
            "--format",
            "--formats",
            "formats",
            metavar="FORMAT[,FORMAT]",
            multiple=True,
            type=FormatNames(),
            callback=_joined,
            help=f"Which formats: {', '.join(format_names())}, or one that a plugin adds.  [{formats}]",
        ),
        click.option("--source", metavar="NAME[,NAME]", help="Use only these sources, in this order."),
    )

    def add(command: Command) -> Command:
        for way in reversed(ways):
            command = way(command)
        return command

    return add


all_models_option = click.option("--all", "every", is_flag=True, help="All registered models.")
"""Adds ``--all``; the command gets ``every``."""


def chosen_zoo(source: str | None, events: DownloadEvents | None = None) -> Zoo:
    """Return the zoo of the environment, limited to the sources of ``--source``.

    Raises:
        UsageError: There is no such source.
    """
    from ocrzoo_registry.zoo import zoo_with_sources

    return zoo_with_sources(source, events)


def chosen_names(
    zoo: Zoo, names: Sequence[str], pipeline: str | None, lang: str | Sequence[Language] | None, *, every: bool = False
) -> list[str]:
    """Return the requested models without duplicates; with ``every``, all registered models by name.

    Raises:
        UsageError: No model is requested, or ``every`` is combined with names.
        UnknownLanguage: No model reads the language.
    """
    if every:
        if names or pipeline or lang:
            raise click.UsageError("--all cannot be combined with names, --pipeline or --lang")
        return zoo.models.names
    wanted = list(names)
    if pipeline or lang:
        from ocrzoo.pipelines.config import models_of

        wanted += models_of(zoo, pipeline or "OCR", lang)
    if not wanted:
        raise click.UsageError("name a model, or give --pipeline OCR or --lang ('ocrzoo models list' shows the names)")
    return list(dict.fromkeys(wanted))


def names_per_language(
    zoo: Zoo, names: Sequence[str], pipeline: str | None, lang: str | None, *, every: bool = False
) -> list[str]:
    """Return the models for readers of each language and of all languages together, for a mirror or bundle.

    Raises:
        UsageError: No model is requested, or ``every`` is combined with names.
        UnknownLanguage: No model reads one of the languages.
    """
    if every or not lang:
        return chosen_names(zoo, names, pipeline, lang, every=every)
    from ocrzoo_registry.languages.tags import parse_languages

    languages = parse_languages(lang)
    asked = dict.fromkeys([*((one,) for one in languages), languages])
    return list(dict.fromkeys(name for one in asked for name in chosen_names(zoo, names, pipeline, one)))


def format_choices(zoo: Zoo, formats: Sequence[Format]) -> list[tuple[Format, ...]]:
    """Return acceptable formats: one tuple a requested format, or the formats readable here, best first."""
    return [(one,) for one in formats] or [zoo.readable_formats]
