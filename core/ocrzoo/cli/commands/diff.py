"""``ocrzoo models diff``: what differs between two models, or two versions of a card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.output import debug_option, print_json, print_message, print_note, print_table
from ocrzoo.cli.values import MODEL_OR_FILE

if TYPE_CHECKING:
    from ocrzoo_registry.cards.comparison import CharsetChange, Comparison
    from ocrzoo_registry.cards.schema import ModelCard

_TOUCHED = {"bytes": "what the model reads", "figures": "what is stated of the model", "text": "a text"}


@click.command()
@click.argument("before", metavar="A", type=MODEL_OR_FILE)
@click.argument("after", metavar="B", type=MODEL_OR_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def diff(before: str, after: str, as_json: bool) -> None:
    """Show what differs between two models: characters, languages, figures, files, settings.

    A and B are names of models or YAML files with cards, such as two versions of one.
    """
    from ocrzoo.cli.card_files import card_of
    from ocrzoo_registry.cards.comparison import compare
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    found = compare(card_of(zoo, before), card_of(zoo, after))
    if as_json:
        print_json(_described(found))
        return
    if found.kind is None:
        print_note("the cards say the same")
        return
    print_table(("What",), _rows(found), (before, after))
    if due := found.version_due:
        print_message("warning", f"{_TOUCHED[found.kind]} changed, so card_version must be {due} at least")


def _rows(found: Comparison) -> list[tuple[str, str, str]]:
    rows = [] if found.charset is None else _charset_rows(found.charset)
    if found.gained or found.lost:
        rows.append(("languages only here", " ".join(found.lost), " ".join(found.gained)))
    return rows + [(change.key, _shown(change.before), _shown(change.after)) for change in found.changes]


def _charset_rows(charset: CharsetChange) -> list[tuple[str, str, str]]:
    rows = [("characters", str(charset.before), str(charset.after))]
    if charset.added or charset.missing:
        rows.append(("characters only here", _sample(charset.missing), _sample(charset.added)))
    return rows + ([("characters of other classes", "", str(charset.moved))] if charset.moved else [])


def _sample(entries: tuple[str, ...]) -> str:
    from ocrzoo_registry.cards.comparison import SAMPLE

    more = " ..." if len(entries) > SAMPLE else ""
    return f"{len(entries)}: {' '.join(entries[:SAMPLE])}{more}" if entries else "0"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _described(found: Comparison) -> dict[str, Any]:
    from ocrzoo_registry.cards.comparison import SAMPLE

    charset = found.charset and {
        "before": found.charset.before,
        "after": found.charset.after,
        "added": {"count": len(found.charset.added), "sample": found.charset.added[:SAMPLE]},
        "missing": {"count": len(found.charset.missing), "sample": found.charset.missing[:SAMPLE]},
        "moved": found.charset.moved,
    }
    return {
        "before": _identity(found.before),
        "after": _identity(found.after),
        "kind": found.kind,
        "version_due": found.version_due,
        "languages": {"gained": found.gained, "lost": found.lost},
        "charset": charset,
        "changes": [
            {"key": one.key, "kind": one.kind, "before": one.before, "after": one.after} for one in found.changes
        ],
    }


def _identity(card: ModelCard) -> dict[str, str | None]:
    return {"name": card.name, "version": card.version, "card_version": card.card_version}
