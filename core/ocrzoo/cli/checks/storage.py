"""The home folder: may it be written, is there room, and what takes it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from ocrzoo.cli.checks import Finding
from ocrzoo.cli.progress import format_size
from ocrzoo_registry.errors import OcrzooError
from ocrzoo_registry.files import reason
from ocrzoo_registry.store.maintenance import collect, stored_models
from ocrzoo_registry.zoo import Zoo

MIN_FREE = 500 << 20
"""Bytes: the largest models have 85 MB in each format, and are staged before they are stored."""


def home(zoo: Zoo) -> Iterator[Finding]:
    """Whether models can be stored."""
    folder = zoo.settings.home
    place = _existing(folder)
    owner, free = _owner(place), shutil.disk_usage(place).free
    data = {"home": str(folder), "exists": folder.exists(), "owner": owner, "free": free}
    shown = f"{folder}{'' if folder.exists() else ' (will be created)'}"
    fault = _write_fault(place)
    if fault:
        whose = f", it belongs to {owner}" if owner else ""
        yield Finding(
            "warning",
            f"{shown} cannot be written: {fault}{whose}. Stored models and installed weights can be used",
            "set OCRZOO_HOME to a folder that you may write",
            {**data, "writable": False},
        )
    elif free < MIN_FREE:
        yield Finding(
            "warning",
            f"{shown}: only {format_size(free)} are free",
            "free space, run 'ocrzoo models gc --wheels', or set OCRZOO_HOME to another disk",
            {**data, "writable": True},
        )
    else:
        yield Finding("ok", f"{shown}, writable, {format_size(free)} free", data={**data, "writable": True})


def models(zoo: Zoo) -> Iterator[Finding]:
    """Stored models and leftovers."""
    stored = stored_models(zoo.store)
    size = sum(_size(one.folder) for one in stored)
    data = {"models": len(stored), "bytes": size}
    yield Finding("ok", f"{len(stored)} models stored, {format_size(size)}", data=data)
    for one in stored:
        if one.status == "broken":
            step = f"ocrzoo models repair {one.name}"
            yield Finding("error", f"{one.name} ({one.file_format}) {one.fault or 'is broken'}", step)
    try:
        leftovers = collect(zoo.store, wheels=True, dry_run=True)
    except OcrzooError:
        return  # the home cannot be written: reported above
    total = sum(one.size for one in leftovers)
    if total:
        kinds = ", ".join(sorted({one.kind for one in leftovers if one.size}))
        yield Finding(
            "ok",
            f"leftovers: {format_size(total)} ({kinds})",
            "to delete them: ocrzoo models gc --wheels",
            {"bytes": total},
        )


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next((one for one in (folder, *folder.parents) if one.is_dir()), Path.cwd())


def _write_fault(folder: Path) -> str:
    try:
        with TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return reason(error)


def _owner(folder: Path) -> str:
    """The user that a folder belongs to; empty if it is this one, or cannot be told."""
    if sys.platform != "win32":
        with suppress(OSError):
            number = folder.stat().st_uid
            return "" if number == os.getuid() else _user(folder, number)
    return ""


def _user(folder: Path, number: int) -> str:
    if sys.platform != "win32":
        with suppress(KeyError):
            return folder.owner()
    return f"user {number}"


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
