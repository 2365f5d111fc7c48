"""The files of a mirror that were found intact: one with the same size, time and inode is not read again."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from ocrzoo_registry.files import read_bounded, sha256_of, write_atomically

MAX_BYTES = 64 << 20
"""Of the list: 10,000 models take about 10 MB."""

State = tuple[int, int, int]
"""Inode, bytes and time of modification in nanoseconds."""


class KnownFiles:
    """Digests of files that were read, kept between builds; a faulty list only costs time."""

    def __init__(self, path: Path, *, deep: bool = False) -> None:
        """``path`` is the list; ``deep``: read every file once more, whatever the list says."""
        self.deep = deep
        self.damaged: set[str] = set()
        """Digests of blobs that this build found damaged or missing: archives with them are written again."""
        self._path = path
        self._known = {} if deep else _read(path)

    def intact(self, file: Path, sha256: str) -> bool:
        """Whether a file has a digest; a file that is unchanged since it was last read is not read."""
        try:
            status = file.lstat()
            state = (status.st_ino, status.st_size, status.st_mtime_ns)
            if self._known.get(sha256) == state:
                return True
            if file.is_symlink() or sha256_of(file) != sha256:
                return False
        except OSError:
            return False
        self._known[sha256] = state
        return True

    def save(self, keep: Collection[str]) -> None:
        """Write the list, with these digests only.

        Raises:
            OSError: It cannot be written.
        """
        content = json.dumps({sha256: state for sha256, state in sorted(self._known.items()) if sha256 in keep})
        try:
            if read_bounded(self._path, MAX_BYTES) == content.encode():
                return
        except OSError:
            pass
        write_atomically(self._path, content.encode())


def _read(path: Path) -> dict[str, State]:
    try:
        listed = json.loads(read_bounded(path, MAX_BYTES))
        return {str(sha256): (int(inode), int(size), int(time)) for sha256, (inode, size, time) in listed.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}
