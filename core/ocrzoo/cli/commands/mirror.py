"""``ocrzoo mirror``: a directory that any web server serves to ocrzoo, PaddleX and the clients of the hubs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.commands.mirror_serve import env, serve, sign
from ocrzoo.cli.model_options import all_models_option, chosen_zoo, names_per_language, which_models
from ocrzoo.cli.output import debug_option, one_line, print_json, print_message, print_table
from ocrzoo.cli.progress import format_size, show_downloads
from ocrzoo_registry.errors import ExitCode, IntegrityError

if TYPE_CHECKING:
    from ocrzoo_registry.cards.schema import Format
    from ocrzoo_registry.index.schema import Index, IndexedModel
    from ocrzoo_registry.mirror.build import Built, Failed
    from ocrzoo_registry.mirror.plan import Compared, Wish
    from ocrzoo_registry.zoo import Zoo

_FOLDER = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
_WHICH = which_models("onnx and paddle, as far as they are published and can be had")


@click.group()
def mirror() -> None:
    """Make a mirror of models, look after it, serve it.

    \b
        ocrzoo mirror build models/ --pipeline OCR
        ocrzoo mirror serve models/
        ocrzoo mirror env http://127.0.0.1:8000
    """  # noqa: D301  # \b is click's mark for text that is not rewrapped


@mirror.command()
@_FOLDER
@_WHICH
@all_models_option
@click.option("--prune", is_flag=True, help="Remove from the mirror what is not asked for now.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def build(
    folder: Path,
    names: tuple[str, ...],
    pipeline: str | None,
    lang: str | None,
    formats: tuple[Format, ...],
    source: str | None,
    every: bool,
    prune: bool,
    as_json: bool,
) -> int:
    """Have models in a mirror, as the sources list them now; without any choice: those that it has.

    What has not changed is not fetched again, and what lies in the store here, whole, is not fetched at all. Readers
    see the mirror as it was until all is there. What cannot be had is told, and costs itself only. On the disk models
    take twice their size: as files, and as archives for those who ask the object store.
    """
    from ocrzoo_registry.mirror import build as building
    from ocrzoo_registry.mirror.release import MirrorFolder

    zoo = chosen_zoo(source)
    place = MirrorFolder(folder)
    choose = _choice(zoo, place, names, pipeline, lang, formats, every)
    resolver = building.resolver_of(zoo, place)
    show_downloads(resolver)
    resolver.tell = lambda _message: None  # what failed is told at the end
    try:
        built = building.build(
            zoo, place, resolver, choose, prune=prune, tell=lambda text: click.echo(one_line(text), err=True)
        )
    except KeyboardInterrupt:
        click.echo("interrupted: what came is kept, and the same command goes on from there", err=True)
        raise
    if as_json:
        print_json(_built_as_json(built))
    else:
        _show_built(built, place.root)
    return _tell_problems(built)


@mirror.command()
@_FOLDER
@click.option("--deep", is_flag=True, help="Read every byte, not only sizes and documents.")
@click.option(
    "--key", metavar="PUBLIC.pem", type=click.Path(path_type=Path), help="It must also be signed for this key."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def verify(folder: Path, deep: bool, key: Path | None, as_json: bool) -> int:
    """Say whether a mirror is whole, a line for each fault. Exit code 5 if it is not.

    'ocrzoo mirror build' mends what is missing; where a file holds wrong bytes, delete it first.
    """
    from ocrzoo_registry.mirror.release import MirrorFolder
    from ocrzoo_registry.mirror.verify import verify as check

    release, found = check(MirrorFolder(folder), deep=deep)
    if key is not None:
        found = [*_faults_of_signature(release.folder, key), *found]
    if as_json:
        print_json({"release": release.folder.name, "models": len(release.index.models), "faults": found})
    else:
        for fault in found:
            click.echo(one_line(fault))
        if not found:
            signed = ", signed" if key is not None else ""
            click.echo(f"whole{signed}: {_what_is_there(release.index)}, release {release.folder.name}")
    return ExitCode.INTEGRITY if found else ExitCode.DONE


@mirror.command()
@_FOLDER
@_WHICH
@all_models_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def diff(
    folder: Path,
    names: tuple[str, ...],
    pipeline: str | None,
    lang: str | None,
    formats: tuple[Format, ...],
    source: str | None,
    every: bool,
    as_json: bool,
) -> int:
    """Say what 'ocrzoo mirror build' would change now: asks the sources, moves nothing.

    Without any choice: among the models that the mirror has. Exit code 4 if a source does not say.
    """
    from ocrzoo_registry.mirror import build as building
    from ocrzoo_registry.mirror.plan import compare
    from ocrzoo_registry.mirror.release import MirrorFolder

    zoo = chosen_zoo(source)
    place = MirrorFolder(folder)
    here = place.expect().index
    wishes = _choice(zoo, place, names, pipeline, lang, formats, every)(here)
    compared = compare(building.resolver_of(zoo, place), wishes, here, place.blobs)
    differing = [one for one in compared if one.state != "same"]
    if as_json:
        print_json([_compared_as_json(one) for one in differing])
    elif differing:
        rows = [(one.wish.name, one.wish.file_format, one.state, one.source or "", _why(one)) for one in differing]
        print_table(("Model", "Format", "State", "Source", "Answer"), rows)
    else:
        click.echo("nothing has changed", err=True)
    return ExitCode.SOURCE if any(one.state == "unanswered" for one in compared) else ExitCode.DONE


def _faults_of_signature(release: Path, key: Path) -> list[str]:
    from ocrzoo_registry.index import signing

    try:
        signing.check_tree(release, key)
    except IntegrityError as error:
        return [str(error)]
    return []


def _choice(
    zoo: Zoo,
    place: Any,
    names: Sequence[str],
    pipeline: str | None,
    lang: str | None,
    formats: Sequence[Format],
    every: bool,
) -> Callable[[Index], Sequence[Wish]]:
    """What a command is about, told what the mirror has; without any choice, that."""
    from ocrzoo_registry.mirror.build import wishes_here, wishes_of

    if not (names or pipeline or lang or every):
        if place.release() is None:
            raise click.UsageError("name a model, or give --all, --pipeline OCR or --lang: there is no mirror yet")
        if formats:
            raise click.UsageError("--format says in which format; name models too, or give --all")
        return lambda here: wishes_here(zoo, here)
    wishes = wishes_of(zoo, names_per_language(zoo, names, pipeline, lang, every=every), formats, lenient=every)
    return lambda _here: wishes


def _show_built(built: Built, root: Path) -> None:
    if built.brought:
        rows = [
            (
                model.name,
                model.format,
                _news(one),
                model.source,
                format_size(model.size),
            )
            for one, model in built.brought
        ]
        print_table(("Model", "Format", "State", "Source", "Size"), rows)
    for model in built.removed:
        click.echo(f"{model.name} ({model.format}): removed", err=True)
    if built.release is not None:
        news = "published" if built.published else "nothing has changed"
        there = _what_is_there(built.release.index)
        click.echo(one_line(f"{root}: {news}; {there}, release {built.release.folder.name}"), err=True)


def _tell_problems(built: Built) -> int:
    """Tell what stays as it is, and what could not be had, a line each; the exit code is the gravest."""
    if built.unsigned:
        print_message("warning", "the release before was signed, and this one is not until 'ocrzoo mirror sign' is run")
    for one in built.gone:
        print_message("warning", f"{one.wish.name} ({one.wish.file_format}) stays, though no source has it any more")
    silent: dict[str, list[Compared]] = {}
    for one in built.unanswered:
        silent.setdefault(f"{one.source}: {_why(one)}", []).append(one)
    for answer, models in silent.items():
        names = ", ".join(f"{one.wish.name} ({one.wish.file_format})" for one in models)
        print_message("warning", f"{answer}: as they are stay {names}")
    failed: dict[str, list[Failed]] = {}
    for failure in built.failed:
        failed.setdefault(failure.wish.name, []).append(failure)
    for name, failures in failed.items():
        formats = ", ".join(one.wish.file_format for one in failures)
        kept = " (it stays as it was)" if all(one.kept for one in failures) else ""
        gravest = max(failures, key=lambda one: one.error.exit_code)
        print_message("error", f"{name} ({formats}){kept}: {str(gravest.error).removeprefix(f'{name}: ')}")
    return max([ExitCode.DONE, *(one.error.exit_code for one in built.failed)])


def _news(one: Compared) -> str:
    return "new" if one.here is None else "changed"


def _why(one: Compared) -> str:
    """What the source answered that decided."""
    return next((answer.message for answer in reversed(one.attempts) if one.source in {None, answer.source}), "")


def _what_is_there(index: Index) -> str:
    names = {model.name for model in index.models}
    size = format_size(sum({file.sha256: file.size for model in index.models for file in model.files}.values()))
    return f"models {len(names)}, with formats {len(index.models)}, {size}"


def _built_as_json(built: Built) -> dict[str, Any]:
    return {
        "release": built.release.folder.name if built.release else None,
        "published": built.published,
        "unsigned": built.unsigned,
        "models": len(built.release.index.models) if built.release else 0,
        "brought": [{**_model_as_json(model), "state": _news(one)} for one, model in built.brought],
        "removed": [_model_as_json(model) for model in built.removed],
        "unanswered": [_compared_as_json(one) for one in built.unanswered],
        "gone": [_compared_as_json(one) for one in built.gone],
        "failed": [
            {
                "name": one.wish.name,
                "format": one.wish.file_format,
                "error": str(one.error),
                "exit_code": int(one.error.exit_code),
                "kept": one.kept,
            }
            for one in built.failed
        ],
    }


def _model_as_json(model: IndexedModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "format": model.format,
        "revision": model.revision,
        "source": model.source,
        "size": model.size,
    }


def _compared_as_json(one: Compared) -> dict[str, Any]:
    return {
        "name": one.wish.name,
        "format": one.wish.file_format,
        "state": one.state,
        "source": one.source,
        "revision": one.listing.revision if one.listing else None,
        "answer": _why(one) or None,
    }


for command in (serve, env, sign):
    mirror.add_command(command)
