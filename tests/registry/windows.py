"""Rules of Windows for this process's files: what Python tells an audit hook is refused as Windows refuses it.

* A file that is open cannot be deleted or renamed, nor a folder that it is in.
* A folder cannot be opened, nor a file synced that was opened for reading only.
* There are no symbolic links, which take a privilege there, and no ``O_NOFOLLOW`` and ``fdatasync``.
* A path has 259 characters at most; the home folder may have those that are not :data:`BELOW_HOME`.

Case does not count there either: :mod:`tests.core.cli.test_exfat` has a file system that ignores it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ocrzoo_registry import files
from ocrzoo_registry.store import maintenance

BELOW_HOME = 200
"""Characters of a path below the home folder; ``docs/platforms.md`` says so."""

_home: Path | None = None
"""The home folder while the rules hold."""


@contextmanager
def rules_of_windows(monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[None]:
    """Let the rules hold for a folder and all below it."""
    synced = os.fsync

    def fsync(handle: int) -> None:
        if fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        synced(handle)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fsync)
        for name in ("O_NOFOLLOW", "fdatasync"):
            patched.delattr(os, name)
        patched.setattr(shutil, "_use_fd_functions", False)
        for module in (files, maintenance):
            patched.setattr(module, "WINDOWS", True)
        patched.setattr(files, "MOVE_PAUSES_S", (0.01, 0.02))
        patched.setattr(sys.modules[__name__], "_home", home.resolve())
        yield


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _home is None or event not in _RULES:
        return
    paths = {"os.rename": arguments[:2], "os.symlink": arguments[1:2]}.get(event, arguments[:1])
    for path in map(_absolute, paths):
        if path is not None and path.is_relative_to(_home):
            if len(str(path.relative_to(_home))) > BELOW_HOME:
                raise FileNotFoundError(errno.ENOENT, "The system cannot find the path specified", str(path))
            _RULES[event](path)


def _absolute(path: object) -> Path | None:
    return Path.cwd() / os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else None


def _not_open(path: Path) -> None:
    for handle in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            if handle.readlink().is_relative_to(path):
                break
    else:
        return
    raise PermissionError(errno.EACCES, "it is being used by another process", str(path))


def _no_folder(path: Path) -> None:
    if path.is_dir():
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def _no_link(path: Path) -> None:
    raise OSError(errno.EPERM, "A required privilege is not held by the client", str(path))


def _allowed(_path: Path) -> None:
    pass


_RULES = {
    "open": _no_folder,
    "os.mkdir": _allowed,
    "os.remove": _not_open,
    "os.rename": _not_open,
    "os.rmdir": _not_open,
    "os.symlink": _no_link,
}

sys.addaudithook(_watch)
