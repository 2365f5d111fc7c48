"""``ocrzoo models pull`` and ``ocrzoo models path``: download models, find them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from ocrzoo.cli.model_options import FormatName, ModelChoice, which_models
from ocrzoo.cli.output import debug_option, one_line, print_error, print_json, print_note, print_table
from ocrzoo.cli.progress import download_events, format_size
from ocrzoo.cli.values import MODEL
from ocrzoo_registry.cards.address import is_address, name_of
from ocrzoo_registry.errors import ExitCode, NotFound, UsageError
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.store import LOCK_FILE

if TYPE_CHECKING:
    from ocrzoo_registry.cards.fields import Format
    from ocrzoo_registry.cards.schema import ModelCard
    from ocrzoo_registry.download.batch import DownloadResult
    from ocrzoo_registry.download.request import DownloadRequest
    from ocrzoo_registry.store.manifest import Manifest
    from ocrzoo_registry.store.store import ModelFiles
    from ocrzoo_registry.zoo import Zoo


@click.command()
@which_models()
@click.option(
    "--locked", is_flag=True, help="Download exactly what the lock file pins: all of it, or the models named."
)
@click.option(
    "--lock_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=f"Download exactly what this lock file pins.  [{LOCK_FILE}]",
)
@click.option("--update", is_flag=True, help="Look for newer versions of stored models; unchanged files are kept.")
@click.option("--trust", is_flag=True, help="Register folders that PaddleX left in the store, unverified.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def pull(
    choice: ModelChoice,
    locked: bool,
    lock_file: Path | None,
    trust: bool,
    update: bool,
    as_json: bool,
) -> int:
    """Download and verify models; stored models are kept, unless --update is given.

    Several models are downloaded concurrently. Run the command again to resume an interrupted download.
    """
    from ocrzoo_registry.download.batch import get_all

    zoo = choice.zoo(download_events())
    if locked or lock_file is not None:
        if choice.pipeline or choice.lang or choice.formats or trust or update:
            raise click.UsageError("--locked pins models and formats: combine it with names only")
        requests = _locked_requests(zoo, lock_file, choice.names)
    else:
        requests = requests_of(zoo, choice, accept_unverified=trust, refresh=update)
    with resume_hint():
        results = get_all(zoo.resolver, requests)
    return show_results(results, as_json=as_json)


@click.command()
@click.argument("name", type=MODEL)
@click.option("--format", "wanted", type=FormatName(), metavar="FORMAT", help="[any stored format]")
@debug_option
def path(name: str, wanted: Format | None) -> None:
    """Print the folder of a stored model."""
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    card = zoo.models.get(name)
    name = card.name
    any_format: tuple[Format, ...] = tuple(dict.fromkeys([*zoo.readable_formats, *card.artifacts]))
    formats_wanted = (wanted,) if wanted else any_format
    address = None if card.address is None else str(card.address)
    for file_format in formats_wanted:
        found = zoo.store.find(card.name, file_format)
        if found is not None and cast("Manifest", found.manifest).address == address:
            click.echo(one_line(str(found.folder)))
            return
    pull = f"ocrzoo models pull {name}" + (f" --format {wanted}" if wanted else "")
    pull = f"OCRZOO_OFFLINE=0 {pull}" if zoo.settings.offline else pull
    for file_format in formats_wanted:
        folder = zoo.store.folder(card.name, file_format)
        if folder.is_dir():
            raise NotFound(f"{folder} {zoo.store.fault(folder) or 'is of another card'}: run '{pull}'")
    formats = wanted or " or ".join(card.artifacts)
    raise NotFound(f"{name} ({formats}) is not in {zoo.store.root}: run '{pull}'")


def requests_of(
    zoo: Zoo, choice: ModelChoice, *, accept_unverified: bool = False, refresh: bool = False
) -> list[DownloadRequest]:
    """Request each model in each of the formats, or without any in the first that is available."""
    from ocrzoo_registry.download.request import DownloadRequest

    each: list[tuple[Format, ...]] = [(one,) for one in choice.formats]
    cards = [_card(zoo, name, renew=refresh) for name in choice.model_names(zoo)]
    return [
        DownloadRequest(card, way, refresh=refresh, accept_unverified=accept_unverified)
        for card in cards
        for way in each or [zoo.readable_formats]
    ]


def _card(zoo: Zoo, name: str, *, renew: bool) -> ModelCard:
    """The card of a model; ``renew``: that of an address is drafted from what is there now."""
    card = zoo.models.get(name)
    return zoo.addressed.card(card.address, renew=True) if renew and card.address is not None else card


def _locked_card(zoo: Zoo, entry: Manifest) -> ModelCard:
    """The card of a pinned model; that of an address is of the commit that is pinned."""
    if entry.address is None:
        return zoo.models.get(entry.name)
    from ocrzoo_registry.cards.address import parse_address

    card = zoo.addressed.card(parse_address(entry.address), revision=entry.revision)
    if card.name != entry.name:
        raise UsageError(f"{entry.name} is not the name of {entry.address}: write the lock file again")
    return card


def _locked_requests(zoo: Zoo, given: Path | None, names: Sequence[str]) -> list[DownloadRequest]:
    import shlex

    from ocrzoo_registry.download.request import DownloadRequest
    from ocrzoo_registry.store import lockfile

    lock_file = given or Path(LOCK_FILE)
    option = "--locked" if given is None else f"--lock_file {shlex.quote(str(given))}"
    entries = lockfile.read(lock_file)
    known = {zoo.models.current_name(entry.name) for entry in entries}
    wanted = {name: name_of(name) if is_address(name) else zoo.models.current_name(name) for name in names}
    for name, current in wanted.items():
        if current not in known:
            raise NotFound(f"{lock_file} does not lock {name}{did_you_mean(name, known)}")
    return [
        DownloadRequest(
            _locked_card(zoo, entry),
            (entry.format,),
            expected=entry,
            command=f"ocrzoo models pull {option} {entry.address or entry.name}",
        )
        for entry in entries
        if not names or zoo.models.current_name(entry.name) in wanted.values()
    ]


@contextmanager
def resume_hint() -> Iterator[None]:
    """On Ctrl-C, say that the download can be resumed."""
    try:
        yield
    except KeyboardInterrupt:
        print_note("interrupted: run the same command again to resume")
        raise


def show_results(results: Sequence[DownloadResult], *, as_json: bool) -> int:
    """Print the models that were downloaded and those that failed, and return the exit code."""
    done = [one.files for one in results if one.files is not None]
    if as_json:
        print_json([_described(files) for files in done])
    elif done:
        print_table(("Model", "Format", "Source", "Size", "Folder"), [_row(files) for files in done])
    return report_errors(results)


def report_errors(results: Sequence[DownloadResult]) -> int:
    """Print what failed, a line each; the exit code is the gravest."""
    codes = [ExitCode.DONE]
    for one in results:
        if one.error is not None:
            print_error(one.error)
            codes.append(one.error.exit_code)
    return max(codes)


def _described(files: ModelFiles) -> dict[str, Any]:
    manifest = cast("Manifest", files.manifest)
    return {
        "name": files.name,
        "format": files.file_format,
        "source": manifest.source,
        "revision": manifest.revision,
        "path": str(files.folder),
        "files": [file.model_dump(include={"path", "size", "sha256", "digest_origin"}) for file in manifest.files],
    }


def _row(files: ModelFiles) -> tuple[str, ...]:
    manifest = cast("Manifest", files.manifest)
    size = format_size(manifest.size)
    return files.name, files.file_format, manifest.source, size, str(files.folder)
