"""``ocrzoo models``: the catalog. Imports nothing that runs a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.language_output import describe_support, lacking_cell, letters_cell
from ocrzoo.cli.lazy_group import LazyGroup
from ocrzoo.cli.output import debug_option, print_json, print_note, print_table, stdout_is_terminal
from ocrzoo.cli.strict import check_plugins, strict_option
from ocrzoo.cli.values import FAMILY, LANGUAGE, MODEL, TASK, TIER

if TYPE_CHECKING:
    from ocrzoo_registry.cards.figures import ErrorRate, Verified
    from ocrzoo_registry.cards.schema import ModelCard
    from ocrzoo_registry.languages.support import LanguageSupport
    from ocrzoo_registry.zoo import Zoo


_COMMANDS = {
    "diff": "ocrzoo.cli.commands.diff:diff",
    "doctor": "ocrzoo.cli.commands.model_doctor:doctor",
    "gc": "ocrzoo.cli.commands.store:gc",
    "path": "ocrzoo.cli.commands.pull:path",
    "pull": "ocrzoo.cli.commands.pull:pull",
    "remove": "ocrzoo.cli.commands.store:remove",
    "repair": "ocrzoo.cli.commands.store:repair",
    "select": "ocrzoo.cli.commands.select:select_model",
    "verify": "ocrzoo.cli.commands.store:verify",
}


_SUMMARY = {"name", "family", "task", "tier", "version", "summary", "license", "languages", "size_mb"}
"""Fields of a card in ``models list --json``."""


@click.group(cls=LazyGroup, lazy=_COMMANDS, elsewhere=dict.fromkeys(("add", "download", "fetch", "install"), "pull"))
def models() -> None:
    """List, select, download, verify, repair and remove models."""


@models.command("list")
@click.argument("pattern", required=False, type=MODEL)
@click.option("--task", metavar="TASK", type=TASK, help="Such as text_detection or text_recognition.")
@click.option("--family", metavar="NAME", type=FAMILY, help="Such as ppocrv5 or multilingual.")
@click.option("--tier", metavar="TIER", type=TIER, help="server, mobile, medium, small or tiny.")
@click.option("--lang", metavar="TAG", type=LANGUAGE, help="Models that claim a language, such as ko or Korean.")
@click.option("--installed", is_flag=True, help="Only models that are stored here.")
@strict_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def list_models(pattern: str | None, installed: bool, strict: bool, as_json: bool, **conditions: str | None) -> None:
    """List models. PATTERN is a part of the name, or a shell pattern such as '*_rec'."""
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    if "," in (lang := conditions["lang"] or ""):
        raise click.UsageError(f"--lang takes one language; for several, run 'ocrzoo models select --lang {lang}'")
    found = [(card, _formats_here(zoo, card)) for card in zoo.models.search(pattern, **conditions)]
    if installed:
        found = [(card, here) for card, here in found if here]
    for name in set(zoo.models.conflicts) - set(zoo.models.names):
        print_note(f"warning: {zoo.models.describe_conflict(name)}")
    letters = _letters(conditions["lang"], [card for card, _ in found])
    if as_json:
        print_json([_summary(zoo, card, here, letters.get(card.name)) for card, here in found])
    else:
        _print_models(zoo, found, letters)
    if strict:
        check_plugins(zoo)


def _print_models(zoo: Zoo, found: list[tuple[ModelCard, dict[str, str]]], letters: dict[str, LanguageSupport]) -> None:
    from ocrzoo_registry.cards.size import size_mb

    rows = [
        (
            card.name,
            card.task,
            card.tier or "",
            _shorten(card.languages),
            "" if (size := size_mb(card)) is None else f"{size:g}",
            f"local: {' '.join(here)}" if here else "available" if zoo.is_available(card) else "unavailable",
            *([letters_cell(letters[card.name])] if letters else []),
        )
        for card, here in found
    ]
    headings = ("Model", "Task", "Tier", "Languages", "MB", "Weights", *(["Letters"] if letters else []))
    print_table(headings, rows)
    if not found:
        print_note("no model matches")


@models.command("show")
@click.argument("name", type=MODEL)
@click.option("--json", "as_json", is_flag=True, help="Print the whole card as JSON.")
@debug_option
def show_model(name: str, as_json: bool) -> None:
    """Show the card of a model."""
    from ocrzoo_registry.languages.support import claimed_support
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    card = zoo.models.get(name)
    here = _formats_here(zoo, card)
    if as_json:
        data = card.model_dump(mode="json", exclude_none=True)
        coverage = {one.language.tag: describe_support(one) for one in claimed_support(card)}
        print_json({**data, "coverage": coverage, "installed": here, **_origin(zoo, card)})
        return
    rows = [(heading, text) for heading, text in _description(card) if text]
    rows[4:4] = _coverage_rows(claimed_support(card))
    rows.append(("Installed", ", ".join(f"{kind}: {path}" for kind, path in here.items()) or _elsewhere(zoo, card)))
    rows.append(("Plugin" if card.address is None else "Address", str(zoo.models.origin(card.name))))
    rows += [("Warning", text) for text in zoo.card_warnings(card, letters=False)]
    print_table(("Field", "Value"), [("Model", card.name), *rows])


def _origin(zoo: Zoo, card: ModelCard) -> dict[str, Any]:
    return {"plugin": str(zoo.models.origin(card.name)), "warnings": zoo.card_warnings(card)}


def _formats_here(zoo: Zoo, card: ModelCard) -> dict[str, str]:
    """Map each stored format to its folder."""
    found = ((kind, zoo.store.find(card.name, kind)) for kind in card.artifacts)
    return {kind: str(files.folder) for kind, files in found if files is not None}


def _elsewhere(zoo: Zoo, card: ModelCard) -> str:
    """Where the weights of a model are that the store does not have: with its plugin, or not here."""
    formats = card.sources.get("directory", {})
    is_beside = any(zoo.source_order.lists("directory", card, kind) for kind in formats)
    return "no, but its weights came with its plugin" if is_beside else "no"


def _summary(zoo: Zoo, card: ModelCard, here: dict[str, str], support: LanguageSupport | None) -> dict[str, Any]:
    from ocrzoo_registry.cards.size import size_mb

    return {
        **card.model_dump(include=_SUMMARY),
        "size_mb": size_mb(card),
        "formats": list(card.artifacts),
        "installed": list(here),
        "available": zoo.is_available(card),
        **({} if support is None else {"support": describe_support(support)}),
    }


def _letters(lang: str | None, found: list[ModelCard]) -> dict[str, LanguageSupport]:
    """Return the support of each model for the requested language."""
    if lang is None:
        return {}
    from ocrzoo_registry.languages.support import support_of
    from ocrzoo_registry.languages.tags import parse_language

    wanted = parse_language(lang)
    return {card.name: support_of(card, wanted) for card in found}


def _coverage_rows(claimed: list[LanguageSupport]) -> list[tuple[str, str]]:
    """Return rows on the letters of the claimed languages that the charset has or lacks."""
    known = [one for one in claimed if one.coverage is not None]
    if not known:
        return []
    complete = [one for one in known if one.coverage is not None and not one.coverage.missing]
    unknown = [one.language.tag for one in claimed if one.coverage is None]
    rows = [("Letters", _complete(len(complete), len(claimed)))]
    rows += [("Lacks", f"{one.language}: {lacking_cell([one])}") for one in known if one not in complete]
    return rows + ([("Not known", f"letters of {' '.join(unknown)}")] if unknown else [])


def _complete(complete: int, claimed: int) -> str:
    """Of how many of the languages claimed the charset has all letters."""
    if claimed == 1:
        return "all of the language claimed" if complete else "not all of the language claimed"
    if complete == claimed:
        return f"all of the {claimed} languages claimed"
    if not complete:
        return f"not all of any of the {claimed} languages claimed"
    return f"all of {complete} of the {claimed} languages claimed"


def _shorten(languages: tuple[str, ...]) -> str:
    if not stdout_is_terminal() or len(languages) <= 4:
        return " ".join(languages)
    return f"{' '.join(languages[:3])} +{len(languages) - 3}"


def _description(card: ModelCard) -> list[tuple[str, str]]:
    from ocrzoo_registry.cards.size import size_mb

    size = size_mb(card)
    return [
        ("Task", f"{card.task}, version {card.version}" + (f", {card.tier}" if card.tier else "")),
        ("Summary", card.summary),
        ("License", card.license),
        ("Languages", " ".join(card.languages)),
        ("Scripts", " ".join(card.scripts)),
        ("Charset", card.charset or ""),
        ("Labels", " ".join(card.labels)),
        *[("Metric", _metric_line(metric)) for metric in card.metrics],
        *[("Latency", f"{t.ms:g} ms, {t.device}, {t.mode} mode ({t.environment})") for t in card.latency],
        *[("Errors", _error_line(one)) for one in card.error_rates],
        ("Size", "" if size is None else f"{size:g} MB"),
        *[
            ("Files", f"{kind}: {', '.join(f.path for f in artifact.files)}")
            for kind, artifact in card.artifacts.items()
        ],
        ("Sources", ", ".join(sorted(name for name, references in card.sources.items() if references))),
        ("Inference model", card.links.inference or ""),
        ("Training weights", card.links.training or ""),
        ("Made from", ", ".join(f"{one.name} ({one.relation})" for one in card.base_model)),
        ("Also called", " ".join(card.aliases)),
        ("Card version", card.card_version or ""),
        ("Use instead", card.deprecated_by or ""),
    ]


def _verified(by: Verified | None) -> str:
    """Who computed a figure again, when and on what, as the end of its line."""
    if by is None:
        return ""
    when, what = f" on {by.when}" if by.when else "", f", {by.on}" if by.on else ""
    return f"; verified by {by.by}{when}{what}"


def _error_line(one: ErrorRate) -> str:
    way = f"{one.engine}, {one.precision}, {one.batching}"
    return f"{one.percent:g} % of characters, {way} ({one.pages}){_verified(one.verified)}"


def _metric_line(metric: Any) -> str:
    if metric.value is None:
        return f"{metric.name}: {metric.statement} ({metric.source}){_verified(metric.verified)}"
    unit = " %" if metric.unit == "percent" else ""
    language = f", {metric.language}" if metric.language else ""
    return (
        f"{metric.name} {metric.value:g}{unit}{language} on {metric.dataset or 'an unnamed data set'} ({metric.source})"
        f"{_verified(metric.verified)}"
    )
