"""The files of a folder: which are read, which are left out, and which do not count."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ocrzoo.inputs.file_types import SUFFIXES

_SYSTEM = {
    *("thumbs.db", "ehthumbs.db", "desktop.ini"),
    *("__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found"),
}
"""Files and folders, in lower case, that systems add; all names that begin with a dot are hidden too."""

_NAMED = 3
"""Left-out files that a message names."""


@dataclass(frozen=True)
class FolderFiles:
    """The visible files of a folder and its subfolders, each list sorted by path."""

    read: list[Path]
    left_out: list[Path]
    """Files with a suffix that is not in the table of formats."""
    unreadable: list[OSError]
    """For each folder that cannot be listed, the error with its ``filename``."""


def folder_files(folder: str) -> FolderFiles:
    """Sort the files of a folder and its subfolders into those read and those left out.

    Hidden files and folders, and those of the system, are skipped. A broken link or a pipe with the suffix of a page is
    among those read: reading it tells what it is.
    """
    unreadable: list[OSError] = []
    files = sorted(_visible(folder, unreadable.append))
    return FolderFiles(
        [path for path in files if path.suffix.lower() in SUFFIXES],
        [path for path in files if path.suffix.lower() not in SUFFIXES and os.path.isfile(path)],  # noqa: PTH113  # unlike Path.is_file, it never raises
        unreadable,
    )


def describe_left_out(folder: str, left_out: list[Path]) -> str:
    """Return one line with the number and the first names of files left out."""
    count = len(left_out)
    names = ", ".join(str(path.relative_to(folder)) for path in left_out[:_NAMED])
    more = ", ..." if count > _NAMED else ""
    files = "1 file is" if count == 1 else f"{count} files are"
    return f"{folder}: {files} left out, of no type that is read: {names}{more}"


def _visible(folder: str, on_error: Callable[[OSError], object]) -> Iterator[Path]:
    for root, folders, names in os.walk(folder, onerror=on_error):
        folders[:] = [name for name in folders if not is_hidden(name)]
        yield from (Path(root, name) for name in names if not is_hidden(name))


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is skipped."""
    return name.startswith(".") or name.lower() in _SYSTEM
