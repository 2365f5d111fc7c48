"""``ocrzoo languages``: supported languages, their models, and missing letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.language_output import (
    describe_language,
    describe_selection,
    describe_support,
    lacking_cell,
    letters_cell,
    letters_text,
)
from ocrzoo.cli.output import debug_option, print_json, print_message, print_table
from ocrzoo.cli.values import LANGUAGE

if TYPE_CHECKING:
    from ocrzoo_registry.languages.report import LanguageReport
    from ocrzoo_registry.languages.selection import Selection
    from ocrzoo_registry.languages.tags import Language

_DIRECTIONS = {"ltr": "left to right", "rtl": "right to left", "ttb": "top to bottom"}


@click.command()
@click.argument("lang", required=False, type=LANGUAGE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def languages(lang: str | None, as_json: bool) -> None:
    """List languages with their best model, or show the letters of LANG and how each model covers them."""
    from ocrzoo_registry.zoo import Zoo

    if lang is not None:
        _show(lang, as_json=as_json)
        return
    from ocrzoo_registry.languages.report import support_matrix

    zoo = Zoo()
    reports = list(support_matrix(zoo, zoo.default_model()))  # pyright: ignore[reportArgumentType]  # as in zoo.py
    if as_json:
        print_json([_described(one) for one in reports])
        return
    headings = ("Tag", "Language", "Script", "Model", "Letters", "Lacks", "PaddleOCR's code")
    print_table(headings, [_row(one) for one in reports])


def _row(one: LanguageReport) -> tuple[str, ...]:
    selected, best = one.selection.selected_model, one.best_support
    return (
        one.language.tag,
        one.language.name,
        one.language.script,
        selected.name if selected else "none",
        letters_cell(best),
        lacking_cell([best] if best else []),
        " ".join(code.code for code in one.codes),
    )


def _described(one: LanguageReport) -> dict[str, Any]:
    selected = one.selection.selected_model
    closest = one.selection.candidates[0].name if one.selection.candidates else None
    return {
        **describe_language(one.language),
        "model": selected.name if selected else None,
        "closest": closest,
        "support": None if one.best_support is None else describe_support(one.best_support),
        "paddleocr": [
            {
                "code": code.code,
                "model": code.model,
                "support": one.paddleocr_support and describe_support(one.paddleocr_support),
            }
            for code in one.codes
        ],
    }


def _show(lang: str, *, as_json: bool) -> None:
    from ocrzoo_registry.languages.tags import parse_language
    from ocrzoo_registry.zoo import Zoo, select_models

    found = select_models(lang, zoo=Zoo(), include_unclaimed=True)
    language = parse_language(lang)
    for note in found.notes:
        print_message("warning", note)
    if as_json:
        print_json({**_alphabet(language), **describe_selection(found)})
        return
    print_table(("Field", "Value"), [row for row in (*_letter_rows(language), *_model_rows(found)) if row[1]])


def _letter_rows(language: Language) -> list[tuple[str, str]]:
    alphabet = {key: letters_text(value) for key, value in _alphabet(language).items()}
    return [
        ("Language", str(language)),
        ("Script", f"{language.script}, {_DIRECTIONS[language.direction]}"),
        ("Letters", alphabet["letters_needed"] or "unknown to Unicode CLDR"),
        ("Capitals", alphabet["capitals"]),
        ("Digits", alphabet["digits"]),
        ("Punctuation", alphabet["punctuation"]),
        ("Marks in NFD", alphabet["combining_in_nfd"]),
    ]


def _model_rows(found: Selection) -> list[tuple[str, str]]:
    rows = [("Answer", found.reason)]
    for one in found.candidates:
        (support,) = one.support
        claims = "claims it" if support.claimed else "does not claim it"
        lacking = f"; lacks {lacking_cell([support])}" if support.coverage and support.coverage.missing else ""
        rows.append(("Model", f"{one.name}: {claims}, letters {letters_cell(support)}{lacking}"))
    return rows


def _alphabet(language: Language) -> dict[str, list[str]]:
    known = language.orthography
    return {
        "letters_needed": sorted(known.letters) if known else [],
        "capitals": sorted(known.capitals) if known else [],
        "digits": sorted(known.digits) if known else [],
        "punctuation": sorted(known.punctuation) if known else [],
        "combining_in_nfd": sorted(known.decomposed - known.required) if known else [],
    }
