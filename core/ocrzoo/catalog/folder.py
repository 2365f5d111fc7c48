"""The folder of a catalog: written beside its place, renamed, and only put where nothing of others is."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import move, os_errors_as, read_bounded, resolved

RECORD = "catalog.json"
"""Lists the files of a catalog: a folder without it, or with other files, is not replaced."""
_MAX_RECORD = 64 << 20


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes ``target`` when the block ends well, and is deleted if it does not.

    Raises:
        UsageError: There is a folder that is not a catalog, or it cannot be written.
    """
    place = resolved(target)
    _check(place, target)
    staging = place.with_name(f".{place.name}.{os.urandom(4).hex()}")
    with os_errors_as(UsageError, f"{target} could not be written"):
        staging.mkdir(parents=True)
        try:
            yield staging
            _record(staging)
            _check(place, target)
            _replace(place, staging)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _check(place: Path, target: Path) -> None:
    """Refuse to replace what a build did not write."""
    if not os.path.lexists(place):
        return
    if not place.is_dir():
        raise UsageError(f"{target} is not a folder: name another one")
    there = set(_files(place))
    if not there:
        return
    if RECORD not in there:
        raise UsageError(f"{target} has files and is not a catalog: name a new or an empty folder")
    if others := sorted(there - _recorded(place) - {RECORD}):
        raise UsageError(f"{target} has {others[0]}, which no catalog wrote: move it, or name another folder")


def _recorded(place: Path) -> set[str]:
    try:
        data = json.loads(read_bounded(place / RECORD, _MAX_RECORD))
        return {str(name) for name in data["files"]}
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError(f"{place / RECORD} is not the record of a catalog: name a new or an empty folder") from error


def _files(place: Path) -> Iterator[str]:
    """The files below a folder, and links, as paths with slashes."""
    for folder, folders, files in os.walk(place):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        yield from ((here / name).relative_to(place).as_posix() for name in (*files, *links))


def _record(staging: Path) -> None:
    files = sorted(_files(staging))
    (staging / RECORD).write_text(json.dumps({"files": files}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _replace(place: Path, staging: Path) -> None:
    """Put the new folder in the place of the old one, which comes back if that fails."""
    if not place.exists():
        move(staging, place)
        return
    old = place.with_name(f"{staging.name}.old")
    move(place, old)
    try:
        move(staging, place)
    except OSError:
        move(old, place)
        raise
    shutil.rmtree(old, ignore_errors=True)
