"""``ocrzoo mirror``: a folder that any web server serves to ocrzoo, PaddleX and the clients of the hubs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ocrzoo.cli.commands.mirror_serve import env, push, serve, sign
from ocrzoo.cli.commands.pull import resume_hint
from ocrzoo.cli.mirror_output import (
    counts,
    planned_as_json,
    report_problems,
    result_as_json,
    show_plan,
    show_result,
    sizes_as_json,
    sizes_of,
    summary,
)
from ocrzoo.cli.model_options import ModelChoice, all_models_option, which_models
from ocrzoo.cli.output import debug_option, one_line, print_json, print_note
from ocrzoo.cli.progress import download_events
from ocrzoo_registry.errors import ExitCode, IntegrityError

if TYPE_CHECKING:
    from ocrzoo_registry.mirror.build import Choice
    from ocrzoo_registry.mirror.estimate import Estimate
    from ocrzoo_registry.mirror.plan import PlannedModel
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
@click.option(
    "--archives/--no_archives",
    default=None,
    help="Also write archives for clients of BOS, which take as much space again.  [as before; at first, yes]",
)
@click.option("--dry_run", is_flag=True, help="Only show what would change, and the bytes to download and to write.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def build(
    folder: Path,
    choice: ModelChoice,
    prune: bool,
    deep: bool,
    archives: bool | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Create or update a mirror. Without model arguments, update the models it already contains.

    Only new and changed files are downloaded; complete models in the store are copied. Readers see the previous
    release until the new one is complete. A model that fails is reported, and does not stop the others. Models take
    twice their size on disk: as files, and as archives for clients of BOS.
    """
    from ocrzoo_registry.mirror import build as building
    from ocrzoo_registry.mirror.release import MirrorFolder

    if dry_run:
        return _dry_run(folder, choice, archives, as_json=as_json)

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
            archives=archives,
            report=lambda text: print_note(one_line(text)),
        )
    if as_json:
        print_json(result_as_json(result))
    else:
        show_result(result, place.root)
    return report_problems(result)


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
        print_json({"release": release.folder.name, **counts(release.index), "faults": found})
    else:
        for fault in found:
            click.echo(one_line(fault))
        if found:
            print_note(one_line(f"'ocrzoo mirror build {folder}{' --deep' if deep else ''}' repairs the mirror"))
        if not found:
            signed = ", signed" if key is not None else ""
            click.echo(f"complete{signed}: {summary(release.index)}, release {release.folder.name}")
    return ExitCode.INTEGRITY if found else ExitCode.DONE


@mirror.command()
@_FOLDER
@_WHICH
@all_models_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def diff(folder: Path, choice: ModelChoice, as_json: bool) -> int:
    """Show which models 'ocrzoo mirror build' would add, replace or remove.

    Downloads no model, and does not look for damage: 'ocrzoo mirror verify' does. Without model arguments, compare
    the models that the mirror contains. Exit code 4 if a source is unavailable.
    """
    from ocrzoo_registry.mirror.release import MirrorFolder

    MirrorFolder(folder).expect()
    differing, _ = _planned(folder, choice, None)
    if as_json:
        print_json([planned_as_json(one) for one in differing])
    else:
        show_plan(differing)
    return _exit_code(differing)


def _dry_run(folder: Path, choice: ModelChoice, archives: bool | None, *, as_json: bool) -> int:
    """Show what a build would change, and how much it would download and write."""
    differing, sizes = _planned(folder, choice, archives)
    if as_json:
        print_json({"models": [planned_as_json(one) for one in differing], **sizes_as_json(sizes)})
    else:
        show_plan(differing)
        print_note(sizes_of(sizes))
    return _exit_code(differing)


def _planned(folder: Path, choice: ModelChoice, archives: bool | None) -> tuple[list[PlannedModel], Estimate]:
    """The models that a build would change, and what it needs."""
    from ocrzoo_registry.mirror import build as building
    from ocrzoo_registry.mirror.estimate import estimate
    from ocrzoo_registry.mirror.plan import plan
    from ocrzoo_registry.mirror.release import MirrorFolder

    zoo = choice.zoo()
    place = MirrorFolder(folder)
    current = building.present_index(place.release())
    resolver = building.resolver_of(zoo, place)
    planned = plan(resolver, _requested(zoo, place, choice)(current), current, place.blobs)
    wanted = current.archives if archives is None else archives
    differing = [one for one in planned if one.state != "unchanged"]
    return differing, estimate(place.root, differing, resolver, archives=wanted)


def _exit_code(planned: Sequence[PlannedModel]) -> int:
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


for command in (serve, env, sign, push):
    mirror.add_command(command)
