"""``ocrzoo cards check-upstream``: what moved on the hubs since the cards were written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.output import debug_option, one_line, print_json, print_message, print_note, print_table
from ocrzoo.cli.progress import download_events
from ocrzoo.cli.values import MODEL_OR_FILE, SOURCES
from ocrzoo_registry.errors import ExitCode, UsageError
from ocrzoo_registry.files import os_errors_as, write_atomically

if TYPE_CHECKING:
    from ocrzoo_registry.upstream import Upstream


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", type=MODEL_OR_FILE)
@click.option("--source", metavar="NAME[,NAME]", type=SOURCES, help="Ask only these sources.")
@click.option(
    "--patch",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what the cards must say now, as a patch of their YAML files.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def check_upstream(names: tuple[str, ...], source: str | None, patch: Path | None, as_json: bool) -> int:
    """Report what moved on the hubs: revisions, files, digests.

    NAME is a model or a YAML file with a card; without one, all models are checked. A source that does not answer costs
    only itself: exit code 4.
    """
    from ocrzoo.cli.card_files import card_of, is_card_file
    from ocrzoo_registry.upstream import check
    from ocrzoo_registry.zoo import zoo_with_sources

    zoo = zoo_with_sources(source, download_events())
    if zoo.settings.offline:
        raise UsageError("cards check-upstream asks the hubs, and offline mode is on: unset OCRZOO_OFFLINE")
    if patch is not None and is_card_file(str(patch)):
        raise UsageError(f"--patch {patch}: a card could be overwritten: choose a name such as follow.diff")
    cards = [card_of(zoo, name) for name in names] if names else zoo.models
    found = check(zoo.resolver, list(dict.fromkeys(cards)))
    if as_json:
        print_json([_described(one) for one in found])
    else:
        print_table(("Model", "Format", "Source", "State", "Now"), [_row(one) for one in found])
    if not found:
        print_note("no card names a source that can be asked")
    if patch is not None:
        _write(patch, found)
    return ExitCode.SOURCE if any(one.state == "no answer" for one in found) else ExitCode.DONE


def _row(one: Upstream) -> tuple[str, str, str, str, str]:
    revision = f"{one.pinned} -> {one.revision}" if one.state == "moved" else one.revision or ""
    now = "; ".join(filter(None, [revision, *map(str, one.changes), one.message]))
    return one.card.name, one.file_format, one.source, one.state, now


def _described(one: Upstream) -> dict[str, Any]:
    return {
        "name": one.card.name,
        "format": one.file_format,
        "source": one.source,
        "state": one.state,
        "pinned": one.pinned,
        "revision": one.revision,
        "changes": [
            {
                "path": change.path,
                "before": change.before and {"size": change.before.size, "sha256": change.before.sha256},
                "after": change.after and {"size": change.after.size, "sha256": change.after.sha256},
            }
            for change in one.changes
        ],
        "message": one.message or None,
    }


def _write(patch: Path, found: Sequence[Upstream]) -> None:
    by_card: dict[tuple[Path | None, str], list[Upstream]] = {}
    for one in found:
        by_card.setdefault((one.card.file, one.card.name), []).append(one)
    text = "".join(_patched(of_card) for of_card in by_card.values())
    with os_errors_as(UsageError, f"{patch} could not be written"):
        write_atomically(patch, text.encode())
    if not text:
        print_note(f"{one_line(str(patch))} is empty: no card has to follow")


def _patched(found: Sequence[Upstream]) -> str:
    """The patch of one card; empty if it need not change, or is in no file of its own."""
    from ocrzoo_registry.safe_yaml import YamlError
    from ocrzoo_registry.upstream import follow

    path, name = found[0].card.file, found[0].card.name
    if path is None:
        if any(one.state in {"moved", "changed"} for one in found):
            print_message("warning", f"{name}: its card is in no YAML file of its own, so it is not patched")
        return ""
    try:
        before = path.read_bytes().decode()
        after = follow(before, found)
    except (OSError, UnicodeDecodeError, YamlError) as error:
        print_message("warning", f"{path}: it is not patched: {error}")
        return ""
    shown = _shown(path)
    lines = unified_diff(_lines(before), _lines(after), f"a/{shown}", f"b/{shown}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines(text: str) -> list[str]:
    """The lines of a file as patch counts them; ``str.splitlines`` would also end them at U+2028 and its like."""
    return [line for line in re.split(r"(?<=\n)", text) if line]


def _shown(path: Path) -> str:
    """The path in a patch: from the current folder, or from the root."""
    path = path.absolute()
    return path.relative_to(Path.cwd() if path.is_relative_to(Path.cwd()) else path.anchor).as_posix()
