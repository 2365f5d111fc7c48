"""A new folder that is there complete or not at all; nothing is overwritten."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import move, os_errors_as


def check_new(folder: Path) -> None:
    """Refuse a folder that exists, or whose parent does not.

    Raises:
        UsageError: It exists, or its parent does not.
    """
    if folder.exists() or folder.is_symlink():
        raise UsageError(f"{folder} exists, and nothing is overwritten: choose another name, or move it away")
    if not folder.parent.is_dir():
        raise UsageError(f"{folder.parent} is no folder: create it, or choose another with --output")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside the new one to write into, which becomes it at the end.

    Raises:
        UsageError: The folder exists, or cannot be written.
    """
    check_new(folder)
    stage = folder.with_name(f".{folder.name}.{os.urandom(4).hex()}")
    try:
        with os_errors_as(UsageError, f"{folder} could not be written"):
            stage.mkdir()
            yield stage
            check_new(folder)
            move(stage, folder)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
