"""``ocrzoo models verify|repair|remove|gc``: maintenance of the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.model_options import FormatName
from ocrzoo.cli.output import debug_option, one_line, print_error, print_json, print_note, print_table
from ocrzoo.cli.progress import download_events, format_size
from ocrzoo.cli.values import MODEL
from ocrzoo_registry.cards.address import is_address, name_of
from ocrzoo_registry.cards.formats import format_names
from ocrzoo_registry.errors import ExitCode, NotFound, OcrzooError

if TYPE_CHECKING:
    from ocrzoo_registry.store.maintenance import Stored, StoredDerived
    from ocrzoo_registry.zoo import Zoo

Row = tuple[str, str, str, str]

names_argument = click.argument("names", nargs=-1, metavar="[NAME]...", type=MODEL)
format_option = click.option("--format", "wanted", type=FormatName(), metavar="FORMAT", help="Only this format.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@names_argument
@click.option("--deep", is_flag=True, help="Compare the digest of every file, not only sizes and times.")
@json_option
@debug_option
def verify(names: tuple[str, ...], deep: bool, as_json: bool) -> int:
    """Check stored models and files made from them: all, or those named. Exit code 5 if a model is broken."""
    from ocrzoo_registry.store.maintenance import derived_files, stored_models
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    names = _stored_names(zoo, names)
    found = stored_models(zoo.store, names, deep=deep, can_be_pulled=_pulls(zoo))
    made = derived_files(zoo.store, names, deep=deep)
    if as_json:
        print_json([*(_described(stored) for stored in found), *(_described_derived(one) for one in made)])
    else:
        rows: list[Row] = [(stored.name, stored.file_format, stored.status, stored.fault or "") for stored in found]
        rows += [(one.name, one.recipe, _state(one), one.fault or "") for one in made]
        print_table(("Model", "Format", "State", "Fault"), rows)
        if not found:
            print_note("the store is empty")
    return ExitCode.INTEGRITY if any(stored.status == "broken" for stored in found) else ExitCode.DONE


@click.command()
@names_argument
@json_option
@debug_option
def repair(names: tuple[str, ...], as_json: bool) -> int:
    """Repair broken models: all, or those named. Only broken files are downloaded."""
    from ocrzoo_registry.store.maintenance import stored_models
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo(events=download_events())
    names = _stored_names(zoo, names)
    found = stored_models(zoo.store, names, deep=True, can_be_pulled=_pulls(zoo))
    wanted = [one for one in found if one.status == "broken" or (names and one.status == "unverified")]
    codes = [ExitCode.DONE]
    repaired: list[Stored] = []
    for stored in wanted:
        try:
            _repair(zoo, stored)
            repaired.append(stored)
            if not as_json:
                was = one_line(stored.fault or "")
                click.echo(f"{stored.name} ({stored.file_format}): repaired ({was})")
        except OcrzooError as error:
            print_error(error)
            codes.append(error.exit_code)
    if as_json:
        print_json([_described(one) for one in _current_state(zoo, repaired)])
    elif not wanted:
        print_note("nothing is broken")
    return max(codes)


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...", type=MODEL)
@format_option
@debug_option
def remove(names: tuple[str, ...], wanted: str | None) -> None:
    """Remove models from the store, in all formats or one."""
    from ocrzoo_registry.store import maintenance
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    store = zoo.store
    names = _stored_names(zoo, names)
    found = [one for one in maintenance.stored_models(store, names) if wanted in {None, one.file_format}]
    if not found:
        raise NotFound(f"{', '.join(names)} ({wanted}) is not in {store.root}")
    for stored in found:
        freed = maintenance.remove(store, stored)
        click.echo(f"{one_line(stored.name)} ({stored.file_format}): removed, {format_size(freed)}")
    for name in {stored.name for stored in found} - {one.name for one in maintenance.stored_models(store)}:
        zoo.addressed.forget(name)


@click.command()
@click.option("--dry_run", is_flag=True, help="Only show what would be deleted.")
@click.option(
    "--derived",
    "made",
    is_flag=True,
    help="Also delete what was made from models on this machine, such as int8 networks; it is made again if needed.",
)
@click.option(
    "--wheels", is_flag=True, help="Also delete distributions that pip downloaded; other models may use them."
)
@json_option
@debug_option
def gc(dry_run: bool, wheels: bool, made: bool, as_json: bool) -> None:
    """Delete partial downloads, quarantined models and unused files."""
    from ocrzoo_registry.store.maintenance import collect
    from ocrzoo_registry.zoo import Zoo

    found = collect(Zoo().store, wheels=wheels, made=made, dry_run=dry_run)
    if as_json:
        print_json([{"kind": one.kind, "path": str(one.path), "size": one.size} for one in found])
        return
    for leftover in found:
        if leftover.kind != "lock":
            click.echo(f"{leftover.kind}: {one_line(str(leftover.path))} ({format_size(leftover.size)})")
    total = format_size(sum(one.size for one in found))
    click.echo(f"{total} would be freed" if dry_run else f"{total} freed")


def _stored_names(zoo: Zoo, names: Sequence[str]) -> tuple[str, ...]:
    """The names under which models are stored; a former name is kept if a model is stored under it."""
    folders = zoo.store.folder_names() if names else ()
    stored = {name for name in names if any(zoo.store.folder(name, kind).name in folders for kind in format_names())}
    return tuple(
        name_of(name) if is_address(name) else name if name in stored else zoo.models.current_name(name)
        for name in names
    )


def _pulls(zoo: Zoo) -> Callable[[str], bool]:
    """Whether ``ocrzoo models pull`` can download a model now."""
    return lambda name: name in zoo.models and zoo.is_available(zoo.models.get(name))


def _repair(zoo: Zoo, stored: Stored) -> None:
    """Download the files of the manifest again; other bytes are not a repair."""
    from ocrzoo_registry.download.request import DownloadRequest

    request = DownloadRequest(zoo.models.get(stored.name), (stored.file_format,), refresh=True)
    if stored.manifest is not None:
        expected = stored.manifest.model_copy(update={"files": stored.manifest.served})
        request = replace(request, expected=expected, command=f"ocrzoo models repair {stored.name}")
    zoo.resolver.get(request)


def _current_state(zoo: Zoo, repaired: Sequence[Stored]) -> list[Stored]:
    from ocrzoo_registry.store.maintenance import stored_models

    folders = {stored.folder for stored in repaired}
    return [one for one in stored_models(zoo.store) if one.folder in folders]


def _state(made: StoredDerived) -> str:
    """The state of derived files; broken ones are made again, so they need no repair."""
    return "broken, is made again" if made.fault else "verified" if made.needed else "unused"


def _described_derived(made: StoredDerived) -> dict[str, Any]:
    return {
        "name": made.name,
        "format": made.file_format,
        "recipe": made.recipe,
        "path": str(made.folder),
        "status": "broken" if made.fault else "verified" if made.needed else "unused",
        "fault": made.fault,
    }


def _described(stored: Stored) -> dict[str, Any]:
    return {
        "name": stored.name,
        "format": stored.file_format,
        "path": str(stored.folder),
        "status": stored.status,
        "fault": stored.fault,
        "source": stored.manifest.source if stored.manifest else None,
        "revision": stored.manifest.revision if stored.manifest else None,
    }
