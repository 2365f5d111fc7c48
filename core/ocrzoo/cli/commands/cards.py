"""``ocrzoo cards``: model cards drafted from weights, and in the form of a hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.drafts import facts_at, gather, read_front_matter, statement_options, statements
from ocrzoo.cli.lazy_group import LazyGroup
from ocrzoo.cli.output import debug_option, one_line, print_json, print_message, print_note
from ocrzoo.cli.values import MODEL
from ocrzoo_registry.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ocrzoo_registry.drafting.draft import Draft
    from ocrzoo_registry.drafting.facts import ModelFacts, Statements
    from ocrzoo_registry.zoo import Zoo

_COMMANDS = {"check-upstream": "ocrzoo.cli.commands.check_upstream:check_upstream"}
"""Sub-commands that are imported when they are used."""

output_option = click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; its charset is written beside it.  [standard output]",
)


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def cards() -> None:
    """Draft model cards from weights, exchange them with a hub, and see what moved there."""


@cards.command("new")
@click.argument("place", metavar="PLACE", type=click.Path())
@click.option("--name", "own_name", metavar="NAME", help="The model's name.  [that of its folder or file]")
@statement_options
@output_option
@debug_option
def new(place: str, own_name: str | None, output: Path | None, **options: Any) -> None:
    """Draft a card from weights: a folder, an ONNX file, a .tar, hf://org/name or modelscope://org/name.

    What cannot be known is marked as TO-FILL. For a whole distribution, run 'ocrzoo plugins new'.
    """
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    stated = statements(zoo, **options)
    own = _name(own_name or Path(place).stem)
    _write(zoo, own, gather(zoo, place, f"weights/{own}").facts, stated, output, f"ocrzoo cards new {place}")


@cards.command("import")
@click.argument("place", metavar="FOLDER", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--name", "own_name", metavar="NAME", help="The model's name.  [that in model-index, else that of the folder]"
)
@statement_options
@output_option
@debug_option
def import_(place: Path, own_name: str | None, output: Path | None, **options: Any) -> None:
    """Draft a card from a repository's folder: the front matter of its README.md, and its inference.yml.

    License, languages, figures and summary are taken from Hugging Face's keys.
    """
    from ocrzoo_registry.drafting.weights import weights_at
    from ocrzoo_registry.zoo import Zoo

    folder = place if place.is_dir() else place.parent
    stated = read_front_matter(folder)
    if not stated:
        raise UsageError(f"{folder} has no README.md that begins with front matter (---)")
    zoo = Zoo()
    said = statements(zoo, **options)
    own = _name(own_name or _indexed(stated) or folder.resolve().name)
    weights = weights_at(folder if place.suffix == ".md" else place)  # of several, the user names one
    facts = facts_at(folder, weights, f"weights/{own}", stated)
    _write(zoo, own, facts, said, output, f"ocrzoo cards import {place}")


@cards.command("export")
@click.argument("name", type=MODEL)
@click.option("--huggingface", is_flag=True, help="A README.md for the Hugging Face hub, with its front matter.")
@click.option(
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="A new folder for README.md, inference.yml and the weights, to be uploaded.  [README.md alone is printed]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the front matter as JSON.")
@debug_option
def export(name: str, huggingface: bool, output: Path | None, as_json: bool) -> None:
    """Write a model's card in the form of a hub, and with --output all files of its repository.

    Without inference.yml, which has the charset, nobody can run a model by its address (hf://ORG/NAME).
    """
    from ocrzoo_registry.download.request import DownloadRequest
    from ocrzoo_registry.drafting import front_matter
    from ocrzoo_registry.drafting.new_folder import check_new
    from ocrzoo_registry.drafting.repository import readme, write_repository
    from ocrzoo_registry.zoo import Zoo

    if not huggingface:
        raise UsageError("name the form to write: --huggingface")
    zoo = Zoo()
    card = zoo.models.get(name)
    if as_json:
        print_json(front_matter.written(card))
    elif output is None:
        click.echo(readme(card), nl=False)
        print_note("inference.yml and the weights belong beside README.md: --output FOLDER writes all of them")
    else:
        check_new(output)
        write_repository(output, card, zoo.resolver.get(DownloadRequest(card, zoo.readable_formats)))
        click.echo(one_line(f"{output}: {', '.join(sorted(path.name for path in output.iterdir()))}"))


def _check_new(*files: Path) -> None:
    """Refuse to write over what is there."""
    for file in files:
        if file.exists():
            raise UsageError(f"{file} exists, and nothing is overwritten: choose another file, or move it away")


def _name(text: str) -> str:
    """A model's name from one that may have other characters."""
    import re

    own = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:100]
    if not own:
        raise UsageError(f"{text!r} cannot name a model: give one with --name")
    return own


def _indexed(stated: Mapping[str, Any]) -> str | None:
    """The name that ``model-index`` gives the model."""
    index = stated.get("model-index")
    first = index[0] if isinstance(index, list) and index else None
    name = first.get("name") if isinstance(first, dict) else None
    return name if isinstance(name, str) and name else None


def _write(zoo: Zoo, name: str, facts: ModelFacts, stated: Statements, output: Path | None, made_by: str) -> None:
    """Print a drafted card, or write it and its charset."""
    from ocrzoo_registry.drafting.card_text import card_text
    from ocrzoo_registry.drafting.draft import draft_card

    path = f"charsets/{name}.txt"
    draft = draft_card(name, facts, zoo.predictors, stated, charset_path=path)
    text = card_text(draft, made_by)
    if output is None:
        click.echo(text, nl=False)
        if draft.charset is not None:
            print_note(f"{path}: {len(draft.charset)} entries; with --output, it is written beside the card")
    else:
        _write_files(output, draft, text)
    for doubt in draft.doubts:
        print_message("warning", doubt)


def _write_files(output: Path, draft: Draft, text: str) -> None:
    from ocrzoo_registry.files import os_errors_as, write_atomically

    charset = output.parent / str(draft.data["charset"]) if draft.charset is not None else None
    _check_new(*filter(None, (output, charset)))
    with os_errors_as(UsageError, f"{output} could not be written"):
        draft.write_charset(output.parent)
        write_atomically(output, text.encode("utf-8"))
    click.echo(one_line(str(output)))
    if draft.unfilled:
        print_note(f"to be filled in: {', '.join(draft.unfilled)}")
