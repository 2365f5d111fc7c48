"""``ocrzoo mirror``: a folder that any web server serves to ocrzoo, PaddleX and the clients of the hubs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.commands.mirror_serve import env, serve, sign
from ocrzoo.cli.commands.pull import resume_hint
from ocrzoo.cli.model_options import ModelChoice, all_models_option, which_models
from ocrzoo.cli.output import debug_option, one_line, print_json, print_message, print_table
from ocrzoo.cli.progress import download_events, format_size
from ocrzoo_registry.errors import ExitCode, IntegrityError

if TYPE_CHECKING:
    from ocrzoo_registry.index.schema import Index, IndexedModel
    from ocrzoo_registry.mirror.build import BuildResult, Choice, FailedModel
    from ocrzoo_registry.mirror.plan import PlannedModel, RequestedModel
    from ocrzoo_registry.mirror.release import MirrorFolder
    from ocrzoo_registry.zoo import Zoo

_FOLDER = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
_WHICH = which_models("onnx and paddle, if available")


@click.group()
def mirror() -> None:
    """Build, verify and serve a mirror of models.

    \b
        ocrzoo mirror build models/ --pipeline OCR
        ocrzoo mirror serve models/
        ocrzoo mirror env http://127.0.0.1:8000
    """  # noqa: D301  # \b is click's mark for text that is not rewrapped


@mirror.command()
@_FOLDER
@_WHICH
@all_models_option
@click.option("--prune", is_flag=True, help="Remove all models that are not requested.")
@click.option("--deep", is_flag=True, help="Read every file, not only those that changed, and replace damaged ones.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def build(folder: Path, choice: ModelChoice, prune: bool, deep: bool, as_json: bool) -> int:
    """Create or update a mirror. Without model arguments, update the models it already contains.

    Only new and changed files are downloaded; complete models in the store are copied. Readers see the previous
    release until the new one is complete. A model that fails is reported, and does not stop the others. Models take
    twice their size on disk: as files, and as archives for clients of BOS.
    """
    from ocrzoo_registry.mirror import build as building
    from ocrzoo_registry.mirror.release import MirrorFolder

    zoo = choice.zoo()
    place = MirrorFolder(folder)
    choose = _requested(zoo, place, choice)
    resolver = building.resolver_of(zoo, place, download_events(messages=False))  # failures are reported at the end
    with resume_hint():
        result = building.build(
            zoo,
            place,
            resolver,
            choose,
            prune=prune,
            deep=deep,
            report=lambda text: click.echo(one_line(text), err=True),
        )
    if as_json:
        print_json(_result_as_json(result))
    else:
        _show_result(result, place.root)
    return _report_problems(result)


@mirror.command()
@_FOLDER
@click.option("--deep", is_flag=True, help="Also check the digest of every file.")
@click.option(
    "--key", metavar="PUBLIC.pem", type=click.Path(path_type=Path), help="Also require a signature by this key."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def verify(folder: Path, deep: bool, key: Path | None, as_json: bool) -> int:
    """Check a mirror, and print a line for each fault. Exit code 5 if there is one.

    'ocrzoo mirror build DIR' replaces what is missing or damaged.
    """
    from ocrzoo_registry.mirror.release import MirrorFolder
    from ocrzoo_registry.mirror.verify import verify as check

    release, found = check(MirrorFolder(folder), deep=deep)
    if key is not None:
        found = [*_signature_faults(release.folder, key), *found]
    if as_json:
        print_json({"release": release.folder.name, **_counts(release.index), "faults": found})
    else:
        for fault in found:
            click.echo(one_line(fault))
        if found:
            click.echo(
                one_line(f"'ocrzoo mirror build {folder}{' --deep' if deep else ''}' repairs the mirror"), err=True
            )
        if not found:
            signed = ", signed" if key is not None else ""
            click.echo(f"complete{signed}: {_summary(release.index)}, release {release.folder.name}")
    return ExitCode.INTEGRITY if found else ExitCode.DONE


@mirror.command()
@_FOLDER
@_WHICH
@all_models_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def diff(folder: Path, choice: ModelChoice, as_json: bool) -> int:
    """Show what 'ocrzoo mirror build' would change.

    Downloads no model. Without model arguments, compare the models that the mirror contains. Exit code 4 if a source
    is unavailable.
    """
    from ocrzoo_registry.mirror import build as building
    from ocrzoo_registry.mirror.plan import plan
    from ocrzoo_registry.mirror.release import MirrorFolder

    zoo = choice.zoo()
    place = MirrorFolder(folder)
    current = place.expect().index
    requested = _requested(zoo, place, choice)(current)
    planned = plan(building.resolver_of(zoo, place), requested, current, place.blobs)
    differing = [one for one in planned if one.state != "unchanged"]
    if as_json:
        print_json([_planned_as_json(one) for one in differing])
    elif differing:
        rows = [
            (one.request.name, one.request.file_format, one.state, one.source or "", _reason(one)) for one in differing
        ]
        print_table(("Model", "Format", "State", "Source", "Answer"), rows)
    else:
        click.echo("nothing has changed", err=True)
    return ExitCode.SOURCE if any(one.state == "source unavailable" for one in planned) else ExitCode.DONE


def _signature_faults(release: Path, key: Path) -> list[str]:
    from ocrzoo_registry.index import signing

    try:
        signing.check_tree(release, key)
    except IntegrityError as error:
        return [str(error)]
    return []


def _requested(zoo: Zoo, place: MirrorFolder, choice: ModelChoice) -> Choice:
    """Return a function from the mirror's index to the requested models; without arguments, those of the index."""
    from ocrzoo_registry.mirror.build import mirrored_models

    if not choice.has_models:
        if place.release() is None:
            raise click.UsageError("name a model, or use --all, --pipeline OCR or --lang: there is no mirror yet")
        if choice.formats:
            raise click.UsageError("--format needs model names, --pipeline, --lang or --all")
        return lambda current: mirrored_models(zoo, current)
    requested = choice.requested(zoo)
    return lambda _current: requested


def _show_result(result: BuildResult, root: Path) -> None:
    if result.added:
        rows = [
            (model.name, model.format, _added_state(one), model.source, format_size(model.size))
            for one, model in result.added
        ]
        print_table(("Model", "Format", "State", "Source", "Size"), rows)
    for model in result.removed:
        click.echo(f"{model.name} ({model.format}): removed", err=True)
    if result.release is not None:
        news = "published" if result.published else "nothing has changed"
        summary = _summary(result.release.index)
        click.echo(one_line(f"{root}: {news}; {summary}, release {result.release.folder.name}"), err=True)


def _report_problems(result: BuildResult) -> int:
    """Report models that were not updated, a line each; returns the highest exit code."""
    if result.unsigned:
        print_message("warning", "the previous release was signed, this one is not: run 'ocrzoo mirror sign'")
    for one in result.removed_upstream:
        print_message("warning", f"{_name(one.request)} was removed upstream, and is kept")
    silent: dict[str, list[PlannedModel]] = {}
    for one in result.source_unavailable:
        silent.setdefault(f"{one.source}: {_reason(one)}", []).append(one)
    for answer, models in silent.items():
        print_message("warning", f"{answer}: not updated: {', '.join(_name(one.request) for one in models)}")
    failed: dict[str, list[FailedModel]] = {}
    for failure in result.failed:
        failed.setdefault(failure.request.name, []).append(failure)
    for name, failures in failed.items():
        formats = ", ".join(one.request.file_format for one in failures)
        kept = " (not updated)" if all(one.kept for one in failures) else ""
        gravest = max(failures, key=lambda one: one.error.exit_code)
        print_message("error", f"{name} ({formats}){kept}: {_without_name(str(gravest.error), name)}")
    for fault in result.faults:
        print_message("error", f"{fault}; run 'ocrzoo mirror build' with --deep, and check the disk")
    wrong = [ExitCode.INTEGRITY] if result.faults else []
    return max([ExitCode.DONE, *wrong, *(one.error.exit_code for one in result.failed)])


def _without_name(message: str, name: str) -> str:
    return re.sub(rf"^{re.escape(name)}(?: \([^()]+\))?:? ", "", message)


def _name(request: RequestedModel) -> str:
    return f"{request.name} ({request.file_format})"


def _added_state(one: PlannedModel) -> str:
    return "new" if one.current is None else "changed"


def _reason(one: PlannedModel) -> str:
    """The decisive answer of a source."""
    return next((answer.message for answer in reversed(one.attempts) if one.source in {None, answer.source}), "")


def _summary(index: Index) -> str:
    size = format_size(sum({file.sha256: file.size for model in index.models for file in model.files}.values()))
    return f"{index.counts}, {size}"


def _result_as_json(result: BuildResult) -> dict[str, Any]:
    return {
        "release": result.release.folder.name if result.release else None,
        "published": result.published,
        "unsigned": result.unsigned,
        **_counts(result.release.index if result.release else None),
        "faults": result.faults,
        "added": [{**_model_as_json(model), "state": _added_state(one)} for one, model in result.added],
        "removed": [_model_as_json(model) for model in result.removed],
        "source_unavailable": [_planned_as_json(one) for one in result.source_unavailable],
        "removed_upstream": [_planned_as_json(one) for one in result.removed_upstream],
        "failed": [
            {
                "name": one.request.name,
                "format": one.request.file_format,
                "error": str(one.error),
                "exit_code": int(one.error.exit_code),
                "kept": one.kept,
            }
            for one in result.failed
        ],
    }


def _counts(index: Index | None) -> dict[str, int]:
    return {"models": len(index.names) if index else 0, "formats": len(index.models) if index else 0}


def _model_as_json(model: IndexedModel) -> dict[str, Any]:
    return {**model.model_dump(include={"name", "format", "revision", "source"}), "size": model.size}


def _planned_as_json(one: PlannedModel) -> dict[str, Any]:
    return {
        "name": one.request.name,
        "format": one.request.file_format,
        "state": one.state,
        "source": one.source,
        "revision": one.listing.revision if one.listing else None,
        "answer": _reason(one) or None,
    }


for command in (serve, env, sign):
    mirror.add_command(command)
