"""Options that choose models, formats and sources, shared by several commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from ocrzoo.cli.options import Command, Decorator, together
from ocrzoo.cli.values import FORMAT, LANGUAGES, MODEL, PIPELINE, SOURCES, CommaSeparated
from ocrzoo_registry.cards.formats import format_names

if TYPE_CHECKING:
    from ocrzoo_registry.cards.fields import Format
    from ocrzoo_registry.download.events import DownloadEvents
    from ocrzoo_registry.languages.ranking import Preference
    from ocrzoo_registry.languages.tags import Language
    from ocrzoo_registry.mirror.plan import RequestedModel
    from ocrzoo_registry.zoo import Zoo

_NONE: Mapping[str, str] = MappingProxyType({})


class FormatName(click.ParamType[str]):
    """One format of models; a command may accept further words."""

    name = "format"

    def __init__(self, *others: str) -> None:
        self._others = others

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read the format."""
        if value not in self._others and not is_format(value):
            self.fail(f"{value!r} is not one of {', '.join([*format_names(), *self._others])}", param, ctx)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """Complete the name of a format."""
        others = [CompletionItem(one) for one in self._others if one.startswith(incomplete)]
        return [*FORMAT.shell_complete(ctx, param, incomplete), *others]


def is_format(name: str) -> bool:
    """Whether a format is registered, by ocrzoo or a plugin; plugins are loaded only for a name that ocrzoo lacks."""
    if name in format_names():
        return True
    from ocrzoo_registry.zoo import Zoo

    return bool(Zoo().plugins) and name in format_names()


def languages_option(text: str, *, required: bool = False) -> Decorator:
    """Return ``--lang``: one or several languages, comma-separated or repeated; the command gets ``lang``."""
    return click.option(
        "--lang",
        metavar="TAG[,TAG]",
        type=LANGUAGES,
        multiple=True,
        required=required,
        callback=_with_commas,
        help=text,
    )


language_terms = together(
    click.option(
        "--prefer",
        type=click.Choice(["best", "installed", "small"]),
        default="best",
        help="Of models that read a language, take the best, one on this machine, or the smallest.  [best]",
    ),
    click.option(
        "--accept_missing", is_flag=True, help="Also take a model that lacks letters of a language that it claims."
    ),
)
"""Adds the options that decide between models for a language."""


def _with_commas(_context: click.Context, _option: click.Parameter, given: Sequence[str]) -> str | None:
    """Join the languages with commas."""
    return ",".join(given) if given else None


def _joined(_context: click.Context, _option: click.Parameter, given: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Flatten and deduplicate the formats."""
    return tuple(dict.fromkeys(one for formats in given for one in formats))


@dataclass(frozen=True)
class ModelChoice:
    """The models, formats and sources that a command line asks for."""

    names: tuple[str, ...]
    pipeline: str | None
    lang: str | Sequence[Language] | None
    formats: tuple[Format, ...]
    source: str | None
    prefer: Preference = "best"
    accept_missing: bool = False
    every: bool = False
    """All registered models (``--all``)."""

    @property
    def has_models(self) -> bool:
        """Whether models are requested in any way."""
        return bool(self.names or self.pipeline or self.lang or self.every)

    def zoo(self, events: DownloadEvents | None = None) -> Zoo:
        """Return the zoo of the environment, limited to the sources of ``--source``.

        Raises:
            UsageError: There is no such source.
        """
        from ocrzoo_registry.zoo import zoo_with_sources

        return zoo_with_sources(self.source, events)

    def model_names(self, zoo: Zoo) -> list[str]:
        """Return the requested models without duplicates; with ``--all``, all registered models by name.

        Raises:
            UsageError: No model is requested, or ``--all`` is combined with names.
            UnknownLanguage: No model reads the language.
        """
        if self.every:
            if self.names or self.pipeline or self.lang:
                raise click.UsageError("--all cannot be combined with names, --pipeline or --lang")
            return zoo.models.names
        wanted = [zoo.models.current_name(name) for name in self.names]
        if self.pipeline or self.lang:
            from ocrzoo.pipelines.config import models_of

            terms = {"prefer": self.prefer, "accept_missing": self.accept_missing}
            wanted += models_of(zoo, self.pipeline or "OCR", self.lang, **terms)
        if not wanted:
            raise click.UsageError(
                "name a model, or give --pipeline OCR or --lang ('ocrzoo models list' shows the names)"
            )
        return list(dict.fromkeys(wanted))

    def requested(self, zoo: Zoo) -> list[RequestedModel]:
        """Return the models and formats for a mirror or bundle; they serve readers of each language, and of all.

        Raises:
            UsageError: No model is requested, or ``--all`` is combined with names.
            UnknownLanguage: No model reads one of the languages.
        """
        from ocrzoo_registry.languages.tags import parse_languages
        from ocrzoo_registry.mirror.build import requested_models

        choices = [self]
        if self.lang and not self.every:
            languages = parse_languages(self.lang)
            choices = [
                replace(self, lang=asked) for asked in dict.fromkeys([*((one,) for one in languages), languages])
            ]
        names = dict.fromkeys(name for one in choices for name in one.model_names(zoo))
        return requested_models(zoo, list(names), self.formats, lenient=self.every)


def which_models(formats: str = "what the engines here read best", others: Mapping[str, str] = _NONE) -> Decorator:
    """Add the options that choose models, formats and sources; ``formats`` describes the default format.

    ``others`` are further words that ``--format`` accepts, and what they do. The command gets ``choice``, a
    :class:`ModelChoice`.
    """
    ways = together(
        click.argument("names", nargs=-1, metavar="[NAME]...", type=MODEL),
        click.option("--pipeline", metavar="NAME", type=PIPELINE, help="All models of a pipeline, such as OCR."),
        languages_option("The OCR pipeline's models for languages, such as ru,ko."),
        language_terms,
        click.option(
            "--format",
            "--formats",
            "formats",
            metavar="FORMAT[,FORMAT]",
            multiple=True,
            type=CommaSeparated(FormatName(*others)),
            callback=_joined,
            help=f"Which formats: {', '.join(format_names())}, or one that a plugin adds"
            f"{''.join(f'; {word}: {text}' for word, text in others.items())}.  [{formats}]",
        ),
        click.option("--source", metavar="NAME[,NAME]", type=SOURCES, help="Use only these sources, in this order."),
    )

    def add(command: Command) -> Command:
        @wraps(command)
        def run(*, every: bool = False, **options: Any) -> Any:
            chosen = {field.name: options.pop(field.name) for field in fields(ModelChoice) if field.name in options}
            return command(choice=ModelChoice(**chosen, every=every), **options)

        return ways(run)

    return add


all_models_option = click.option("--all", "every", is_flag=True, help="All registered models.")
"""Adds ``--all`` to :func:`which_models`."""
