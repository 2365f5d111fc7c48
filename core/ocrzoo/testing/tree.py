"""The files of a plugin."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

MOST_FILES = 20_000
"""Files of a plugin that are looked at."""
_NOT_SHIPPED = {"__pycache__", "node_modules", "venv", "build", "dist", "site"}
"""Folders of a source folder that no wheel has; hidden ones are left out too."""


def files_below(root: Path) -> Iterator[Path]:
    """Yield the files and links below a folder, in order, or the file or link itself; no link is followed."""
    if root.is_symlink() or not root.is_dir():
        yield root
        return
    for folder, folders, names in os.walk(root):
        links = [name for name in folders if os.path.islink(Path(folder, name))]  # noqa: PTH114  # no Path is needed
        folders[:] = sorted(
            name for name in folders if name not in _NOT_SHIPPED and not name.startswith(".") and name not in links
        )
        for name in sorted([*names, *links]):
            yield Path(folder, name)
