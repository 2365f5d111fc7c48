"""``ocrzoo plugins new``: a distribution with a model, from weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.drafts import ask, gather, statement_options, statements
from ocrzoo.cli.output import debug_option, one_line, print_json, print_message
from ocrzoo_registry.errors import UsageError

if TYPE_CHECKING:
    from ocrzoo_registry.drafting.draft import Draft
    from ocrzoo_registry.drafting.facts import ModelFacts
    from ocrzoo_registry.zoo import Zoo


@click.command()
@click.argument("plugin", metavar="NAME")
@click.option(
    "--from",
    "origin",
    metavar="PLACE",
    type=click.Path(),
    help="The weights: a folder, an ONNX file, a .tar, hf://org/name or modelscope://org/name.",
)
@statement_options
@click.option("--model", metavar="NAME", help="The model's name.  [that of the plugin and what it does: seaside_rec]")
@click.option(
    "--output",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    default=Path(),
    help="Where the distribution's folder is made.  [the current folder]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def new(plugin: str, origin: str | None, model: str | None, output: Path, as_json: bool, **options: Any) -> None:
    """Write a distribution with a model, ready for 'pip install -e'.

    Its card is filled from the weights: files, sizes, digests, charset, shapes, and how images are prepared. What
    cannot be known is asked on a terminal, or marked in the card as TO-FILL. Nothing is overwritten.

    \b
        ocrzoo plugins new seaside --from exported/ --lang vi --license Apache-2.0
        ocrzoo plugins new seaside --from rec.onnx --charset dict.txt
        ocrzoo plugins new seaside --from hf://org/name
    """  # noqa: D301  # \b is click's mark for text that is not rewrapped
    from ocrzoo_registry.drafting.distribution import WEIGHTS, Names, write_distribution
    from ocrzoo_registry.drafting.new_folder import check_new
    from ocrzoo_registry.zoo import Zoo

    zoo, names = Zoo(), Names.of(plugin)
    stated = statements(zoo, **options)
    folder = output / names.plugin
    check_new(folder)
    if model is not None:
        _check_free(zoo, model)
    beside = f"{WEIGHTS}/{model or names.plugin}"
    found = gather(zoo, origin, beside)
    draft = _drafted(zoo, names.plugin, model, found.facts, stated)
    answered = ask(zoo, draft, stated)
    if answered != stated:
        draft = _drafted(zoo, names.plugin, model, found.facts, answered)
    write_distribution(folder, names, draft, found.weights)
    _report(folder, names.package, draft, as_json=as_json)


def _drafted(zoo: Zoo, plugin: str, model: str | None, facts: ModelFacts, stated: Any) -> Draft:
    """Draft the card; the name of a model ends with what it does, which its files may say."""
    from dataclasses import replace

    from ocrzoo_registry.drafting.distribution import WEIGHTS
    from ocrzoo_registry.drafting.draft import draft_card
    from ocrzoo_registry.drafting.tasks import USUAL

    name = model
    if name is None:
        task = draft_card(plugin, facts, zoo.predictors, stated).data["task"]
        ending = USUAL[task].ending if task in USUAL else ""
        name = f"{plugin.removesuffix(f'-{ending}')}_{ending}" if ending else plugin
        _check_free(zoo, name)
    kinds = facts.sources.get("directory")
    if kinds is not None:
        places = {kind: {"path": f"{WEIGHTS}/{name}"} for kind in kinds}
        facts = replace(facts, sources={"directory": places})
    charset = f"charsets/{name}.txt"
    return draft_card(name, facts, zoo.predictors, stated, family=plugin, charset_path=charset)


def _check_free(zoo: Zoo, model: str) -> None:
    """Refuse the name of a model that there is, in any case of letters.

    Raises:
        UsageError: It is taken.
    """
    taken = {name.casefold(): name for name in zoo.models.names}
    if model.casefold() in taken:
        raise UsageError(f"there is a model {taken[model.casefold()]}: choose another name with --model")


def _report(folder: Path, package: str, draft: Draft, *, as_json: bool) -> None:
    """Print what was written, what was found, and what is left to do."""
    from ocrzoo_registry.cards.to_fill import MARK

    model = str(draft.data["name"])
    card = folder / package / "cards" / f"{model}.yaml"
    written = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    if as_json:
        facts = {"unfilled": draft.unfilled, "found": draft.found, "doubts": draft.doubts}
        print_json({"folder": str(folder), "model": model, "card": str(card), "files": written, **facts})
    else:
        click.echo(one_line(f"{folder}: {len(written)} files, model {model} ({draft.data['task']})"))
        for fact in draft.found:
            click.echo(one_line(fact))
        if draft.unfilled:
            click.echo(one_line(f"to be filled in ({MARK}) in {card}: {', '.join(draft.unfilled)}"))
    for doubt in draft.doubts:
        print_message("warning", doubt)
    if not as_json:
        from ocrzoo_registry.sources.pip import has_pip

        shown = _shown(folder)
        pip = "pip" if has_pip() else "uv pip"
        click.echo(one_line(f"next: {pip} install -e {shown}; ocrzoo plugins check {shown}"))


def _shown(folder: Path) -> str:
    """A folder as pip and a shell take it: not as the name of a distribution."""
    import shlex

    return shlex.quote(str(folder) if folder.is_absolute() else f"./{folder}")
