"""DEST on this machine is one batch's alone: its lock, and what a batch that was killed left there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from filelock import FileLock, Timeout

from ocrzoo.batch.crashes import FOLDER as NOTES
from ocrzoo.batch.places import Folder, Place
from ocrzoo.batch.rows import ERRORS, RESULTS, SUFFIX
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import LEFTOVER, reason

MANIFEST, LOCK = "batch.json", ".lock"
_OURS = rf"{re.escape(MANIFEST)}|part-.*{re.escape(SUFFIX)}|[0-9a-f]{{64}}\.json"
"""What a batch writes in DEST."""


@contextmanager
def alone(dest: Place) -> Iterator[None]:
    """Have DEST alone, if it is on this machine.

    Raises:
        UsageError: It is a file, cannot be written, or another batch writes there.
    """
    if not isinstance(dest, Folder):
        yield
        return
    if dest.local_path("").is_file():
        raise UsageError(f"{dest.name} is a file, and DEST is a folder: name another one")
    lock = FileLock(dest.local_path(LOCK), timeout=0)
    is_new = not dest.local_path("").exists()
    try:
        dest.local_path("").mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise UsageError(
            f"{dest.name}: another 'ocrzoo batch' writes there: wait for it, or name another DEST"
        ) from error
    except (OSError, NotImplementedError) as error:
        text = reason(error) if isinstance(error, OSError) else str(error)
        raise UsageError(f"{dest.name} cannot hold the results: {text}: name another DEST") from error
    try:
        _remove_leftovers(dest)
        yield
    finally:
        lock.release()
        if is_new and dest.find(MANIFEST) is None:  # nothing was begun
            with suppress(OSError):
                dest.local_path(LOCK).unlink(missing_ok=True)
                dest.local_path("").rmdir()


def _remove_leftovers(dest: Folder) -> None:
    """Delete temporary files of a run that was killed, but below files/, which may have millions."""
    for folder in ("", RESULTS, ERRORS, NOTES):
        for path in list(dest.local_path(folder).glob(".*")):
            found = LEFTOVER.fullmatch(path.name)
            if found and re.fullmatch(_OURS, found["name"]):
                with suppress(OSError):
                    path.unlink()
