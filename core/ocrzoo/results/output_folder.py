"""Folders that a command writes as a whole: beside their place, renamed, and only put where nothing of others is."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import move, os_errors_as, read_bounded, resolved

_MAX_RECORD = 64 << 20


@dataclass(frozen=True)
class FolderKind:
    """What a command writes as a folder."""

    name: str
    """For messages: ``catalog``."""
    record: str
    """A JSON file with the key ``files``, their paths: a folder without it, or with other files, is not replaced."""


@contextmanager
def staged(target: Path, kind: FolderKind) -> Iterator[Path]:
    """Yield an empty folder that becomes ``target`` when the block ends well, and is deleted if it does not.

    The block writes the record too, such as by :func:`write_list`.

    Raises:
        UsageError: There is a folder of another kind, or it cannot be written or replaced.
    """
    with os_errors_as(UsageError, f"{target} could not be written"):
        place = resolved(target)
        _check(place, target, kind)
        staging = place.with_name(f".{place.name}.{os.urandom(4).hex()}")
        staging.mkdir(parents=True)
        try:
            yield staging
            _check(place, target, kind)
            _replace(place, staging)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _check(place: Path, target: Path, kind: FolderKind) -> None:
    """Refuse to replace what the command did not write, or cannot be replaced."""
    _check_place(place, target, kind)
    if not os.path.lexists(place):
        return
    if not place.is_dir():
        raise UsageError(f"{target} is not a folder: name another one")
    there = set(files_below(place))
    if not there:
        return
    what = _a(kind)
    if kind.record not in there:
        raise UsageError(f"{target} has files and is not {what}: name a new or an empty folder")
    if others := sorted(there - _recorded(place / kind.record, what) - {kind.record}):
        raise UsageError(f"{target} has {others[0]}, which no {kind.name} wrote: move it, or name another folder")


def _check_place(place: Path, target: Path, kind: FolderKind) -> None:
    """Refuse a folder that cannot be renamed, or in which the next run would find files of others."""
    inside = f"name a folder in it, such as {target / kind.name}"
    if os.path.ismount(place):
        raise UsageError(f"{target} is a mount point, which cannot be replaced as a whole: {inside}")
    if Path.cwd().is_relative_to(place):
        raise UsageError(f"{target} is the current directory or above it, and would be replaced as a whole: {inside}")
    for outer in place.parents:
        if _has_record(outer, kind):
            raise UsageError(f"{target} is inside {outer}, which is {_a(kind)}: name a folder outside of it")


def _a(kind: FolderKind) -> str:
    return f"{'an' if kind.name[0] in 'aeiou' else 'a'} {kind.name}"


def _has_record(folder: Path, kind: FolderKind) -> bool:
    try:
        _recorded(folder / kind.record, _a(kind))
    except UsageError:
        return False
    return True


def _recorded(record: Path, what: str) -> set[str]:
    try:
        data = json.loads(read_bounded(record, _MAX_RECORD))
        return {str(name) for name in data["files"]}
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError(f"{record} is not the record of {what}: name a new or an empty folder") from error


def files_below(place: Path) -> Iterator[str]:
    """Yield the files below a folder, and links, as paths with slashes."""
    for folder, folders, files in os.walk(place):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        yield from ((here / name).relative_to(place).as_posix() for name in (*files, *links))


def write_list(staging: Path, kind: FolderKind) -> None:
    """Write a record that has the paths of all files and nothing else."""
    content = {"files": sorted(files_below(staging))}
    (staging / kind.record).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


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
