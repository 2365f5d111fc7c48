"""Partial downloads: they survive the process, so that the next one resumes them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from queue import Queue
from threading import Event, Lock, Thread

from ocrzoo_registry.files import CHUNK_BYTES, read_bounded

FLUSH_BYTES = 8 << 20
"""Bytes after which a file is synced while it is downloaded, so that the final sync has little to do."""

MAX_VALIDATOR_BYTES = 1000


class PartialFile:
    """One partial download, its size and its digest; used by one writer under the model's lock."""

    def __init__(self, path: Path) -> None:
        """Resume the file of an earlier process, if any.

        Raises:
            OSError: The file cannot be read or written.
        """
        self.path = path
        self._validator_path = path.with_suffix(".validator")
        self._lock = Lock()
        self._closed = False
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = _open_own(path)
        self.size = 0
        self._digest = _Digest()
        self._file.seek(0)
        while chunk := self._file.read(CHUNK_BYTES):
            self._digest.update(chunk)
            self.size += len(chunk)
        self._flusher = _Flusher(self._file.fileno())

    @property
    def sha256(self) -> str:
        """Digest of the bytes so far."""
        return self._digest.hexdigest()

    @property
    def validator(self) -> str | None:
        """The source's validator of the bytes; ``None`` if it is damaged or absent."""
        try:
            stated = read_bounded(self._validator_path, MAX_VALIDATOR_BYTES).decode("ascii")
        except (OSError, ValueError):
            return None
        return stated if stated.isprintable() and stated else None

    def write(self, chunk: bytes) -> None:
        """Append bytes; a late thread cannot write after :meth:`close`.

        Raises:
            OSError: They cannot be written.
            ValueError: The file is closed.
        """
        with self._lock:
            if self._closed:
                raise ValueError("the partial download is closed")
            view = memoryview(chunk)
            while view:
                written = self._file.write(view) or 0
                self._digest.update(view[:written])
                self.size += written
                view = view[written:]
        self._flusher.wrote(len(chunk))

    def restart(self, validator: str | None = None) -> None:
        """Discard all bytes; those that follow have this validator."""
        with self._lock:
            if self._closed:
                raise ValueError("the partial download is closed")
            self._file.truncate(0)
            self._digest.stop()
            self._digest, self.size = _Digest(), 0
            self._validator_path.unlink(missing_ok=True)
            if validator:
                self._validator_path.write_text(validator, encoding="utf-8")

    def close(self, *, complete: bool = False) -> None:
        """Close the file; it stays for the next process. A ``complete`` one is synced.

        Raises:
            OSError: The sync failed, or another program wrote to the file or replaced it.
        """
        with self._lock:
            self._closed = True
        if self._file.closed:
            return
        self._digest.stop()
        self._flusher.stop()
        try:
            if complete:
                self._flusher.raise_pending()
                os.fsync(self._file.fileno())
                self._check_own()
        finally:
            self._file.close()

    def _check_own(self) -> None:
        """Refuse a file that another program changed: the digest covers what was written, not what is stored."""
        held, named = os.fstat(self._file.fileno()), self.path.lstat()
        if not os.path.samestat(held, named) or held.st_size != self.size:
            raise OSError(f"{self.path} was changed by another program")

    def remove(self) -> None:
        """Delete the file."""
        self.close()
        self.path.unlink(missing_ok=True)
        self._validator_path.unlink(missing_ok=True)


def _open_own(path: Path) -> FileIO:
    """Open for reading and appending; a link, a pipe or a hard link is replaced by a regular file."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            path.unlink()
    except FileNotFoundError:
        pass
    return FileIO(os.open(path, flags, 0o666), "a+b")


class _Digest:
    """SHA-256 of the written bytes; from :data:`FLUSH_BYTES` on it is computed in a thread of its own."""

    def __init__(self) -> None:
        import hashlib

        self._digest = hashlib.sha256()
        self._queue: Queue[memoryview | bytes | None] = Queue(8)
        self._count = 0
        self._thread: Thread | None = None

    def update(self, chunk: memoryview | bytes) -> None:
        self._count += len(chunk)
        if self._thread is None and self._count < FLUSH_BYTES:
            self._digest.update(chunk)
            return
        if self._thread is None:
            self._thread = Thread(target=self._work, daemon=True)
            self._thread.start()
        self._queue.put(chunk)

    def hexdigest(self) -> str:
        self._queue.join()
        return self._digest.hexdigest()

    def stop(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join()

    def _work(self) -> None:
        while True:
            chunk = self._queue.get()
            if chunk is not None:
                self._digest.update(chunk)
            self._queue.task_done()
            if chunk is None:
                return


class _Flusher:
    """Syncs written bytes in a thread of its own, each time after :data:`FLUSH_BYTES`."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._sync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)
        self._pending = 0
        self._due = Event()
        self._stopped = False
        self._thread: Thread | None = None
        self._error: OSError | None = None

    def raise_pending(self) -> None:
        """Raise an error of an earlier sync again: the kernel reports it once, and the final sync would succeed."""
        if self._error is not None:
            raise self._error

    def wrote(self, count: int) -> None:
        self._pending += count
        if self._pending < FLUSH_BYTES:
            return
        self._pending = 0
        if self._thread is None:
            self._thread = Thread(target=self._work, daemon=True)
            self._thread.start()
        self._due.set()

    def stop(self) -> None:
        thread, self._thread = self._thread, None
        self._stopped = True
        self._due.set()
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while True:
            self._due.wait()
            self._due.clear()
            if self._stopped:
                return
            try:
                self._sync(self._handle)
            except OSError as error:
                self._error = error
                return
