"""``ocrzoo models select``: the model that reads a language, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.language_output import describe_selection, lacking_cell, letters_cell
from ocrzoo.cli.model_options import language_terms, languages_option
from ocrzoo.cli.output import debug_option, one_line, print_json, print_message, print_note, print_table
from ocrzoo.cli.values import TASK, TIER
from ocrzoo_registry.errors import ExitCode

if TYPE_CHECKING:
    from ocrzoo_registry.languages.ranking import Candidate
    from ocrzoo_registry.languages.selection import Selection

_CLOSEST = 5
"""Candidates shown if none qualifies, without --explain."""


@click.command("select")
@languages_option("Such as ko, zh-Hant or Korean; several: ru,en.", required=True)
@click.option(
    "--task", metavar="TASK", type=TASK, default="text_recognition", help="What the model does.  [text_recognition]"
)
@click.option(
    "--tier", metavar="TIER", type=TIER, help="Only models of this size: server, mobile, medium, small or tiny."
)
@click.option("--max_size_mb", metavar="N", type=float, help="Maximum size.")
@click.option("--min_coverage", metavar="SHARE", type=float, default=0.99, help="Minimum share of the letters.  [0.99]")
@click.option("--installed", is_flag=True, help="Only models on this machine.")
@language_terms
@click.option("--explain", is_flag=True, help="List all candidates, and why each was selected or not.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def select_model(lang: str, explain: bool, as_json: bool, **terms: Any) -> int:
    """Print the model that reads a language, or the fewest models that read several; the reason on standard error.

    A model must claim the language and have its letters. Exit code 3: no model does; the letters it lacks are listed.
    """
    from ocrzoo_registry.zoo import Zoo, select_models

    found = select_models(lang, zoo=Zoo(), include_unclaimed=explain or as_json, **terms)
    for note in found.notes:
        print_message("warning", note)
    if as_json:
        print_json(describe_selection(found))
    elif found.candidates and (explain or not found.selected_models):
        _print_candidates(found, found.candidates if explain else found.candidates[:_CLOSEST])
    else:
        for model in found.selected_models:
            click.echo(model.name)
    if not found.selected_models:
        print_message("error", found.reason)
        return ExitCode.NOT_FOUND
    if not as_json:
        print_note(one_line(found.reason))
    return ExitCode.DONE


def _print_candidates(found: Selection, candidates: tuple[Candidate, ...]) -> None:
    headings = ("Model", "Qualifies", "Claims it", "Letters", "Published", "MB", "CPU ms", "Lacks", "Why")
    selected = [one.name for one in found.selected_models]
    ordered = sorted(candidates, key=lambda one: one.name not in selected)
    print_table(headings, [_row(found, one) for one in ordered])


def _row(found: Selection, one: Candidate) -> tuple[str, ...]:
    from ocrzoo_registry.cards.size import size_mb
    from ocrzoo_registry.languages.ranking import cpu_ms

    card = one.card
    size, time = size_mb(card), cpu_ms(card)
    return (
        one.name,
        "yes" if one.qualifies else f"for {_part(found, one)}" if _part(found, one) else "no",
        ", ".join("yes" if support.claimed else "no" for support in one.support),
        ", ".join(letters_cell(support) for support in one.support),
        ", ".join(_published(support.metric) for support in one.support),
        "" if size is None else f"{size:g}",
        "" if time is None else f"{time:g}",
        lacking_cell(one.support),
        _why(found, one),
    )


def _why(found: Selection, one: Candidate) -> str:
    """Why it was selected or not, without its name and the letters, which are in the same row."""
    if one.qualifies:
        return found.explain(one).removeprefix(f"{one.name} ")
    if _part(found, one):
        return f"is in the smallest set, for {_part(found, one)}"
    return ", and ".join([*one.failed_filters, *(support.explain_gap(named=False) for support in one.unsupported)])


def _part(found: Selection, one: Candidate) -> str:
    """The languages for which a model was selected, if several models were."""
    return ", ".join(
        support.language.tag for model in found.selected_models if model.name == one.name for support in model.support
    )


def _published(metric: Any) -> str:
    if metric is None:
        return "-"
    return f"{metric.value:g}{' %' if metric.unit == 'percent' else ''} ({metric.language})"
