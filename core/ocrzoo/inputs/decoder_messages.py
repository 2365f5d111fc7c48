"""What decoders print by themselves, kept for the log.

libpng, libjpeg, libtiff and OpenCV write to file descriptor 2, and the copies inside OpenCV's and Pillow's packages
cannot be told otherwise. So in a process that has called :func:`separate`, descriptor 2 is a temporary file while a
page is decoded. Python's own ``sys.stderr`` has another descriptor there, and no thread's output is affected. An
application that imports ocrzoo owns its standard error, and nothing is redirected there.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import IO

MAX_LINES = 10
"""Messages of one file in the log."""
MAX_BYTES = 1 << 16

_HARMLESS = re.compile(
    r"libpng warning: |\[ ?(WARN|INFO|DEBUG)|.*: Warning, |Warning: "
    r"|Corrupt JPEG data: \d+ extraneous bytes before marker"
)
"""Messages that do not mean that pixels are missing or wrong."""

log = logging.getLogger("ocrzoo")


def separate() -> None:
    """Give ``sys.stderr`` a descriptor of its own, if it is the real one, and keep decoders' messages from now on."""
    try:
        if (
            _messages.on
            or sys.stderr is None
            or sys.stderr.fileno() != 2
            or not isinstance(sys.stderr, io.TextIOWrapper)
        ):
            return
        sys.stderr.flush()
        sys.stderr = open(  # noqa: SIM115  # for the rest of the process
            os.dup(2), "w", encoding=sys.stderr.encoding, errors=sys.stderr.errors, buffering=1
        )
    except (OSError, ValueError):  # not a file
        return
    _messages.on = True


@contextlib.contextmanager
def kept(name: str, *, warn: bool = True) -> Iterator[None]:
    """Log what decoders print inside as notes about the file ``name``, and warn where it was read but is damaged.

    A file that is decoded once more needs no second warning (``warn=False``).
    """
    if not _messages.on:
        yield
        return
    _messages.begin()
    try:
        yield
    except BaseException:  # Ctrl-C too: what was kept of messages must end
        _messages.end(name, warn=False)
        raise
    _messages.end(name, warn=warn)


def temporary_file() -> IO[bytes]:
    """Return an unnamed file for messages, or the null device where there is no folder for temporary files."""
    try:
        return tempfile.TemporaryFile()  # closed by the caller
    except OSError:
        return open(os.devnull, "r+b")


class _Messages:
    """Descriptor 2 as a temporary file, while any thread decodes."""

    def __init__(self) -> None:
        self.on = False
        self._lock = Lock()
        self._decoding = 0
        self._names: list[tuple[str, bool]] = []
        """Files that were decoded since the redirection, and whether damage is worth a warning."""
        self._file: IO[bytes] | None = None
        """Kept for the pages to come, and empty while none is decoded."""
        self._standard_error = -1

    def begin(self) -> None:
        with self._lock:
            if self._decoding == 0:
                self._file = self._file or temporary_file()
                self._standard_error = os.dup(2)
                os.dup2(self._file.fileno(), 2)
            self._decoding += 1

    def end(self, name: str, *, warn: bool) -> None:
        with self._lock:
            self._names.append((name, warn))
            self._decoding -= 1
            if self._decoding or self._file is None:
                return
            os.dup2(self._standard_error, 2)
            os.close(self._standard_error)
            lines = _taken(self._file)
            names, self._names = self._names, []
        _report(names, [*dict.fromkeys(filter(None, map(str.strip, lines)))])


def _taken(file: IO[bytes]) -> list[str]:
    """The lines of a file of messages, which is empty then."""
    number = file.fileno()  # past Python's buffer: decoders write where the descriptor stands
    if not os.fstat(number).st_size:
        return []
    os.lseek(number, 0, os.SEEK_SET)
    lines = os.read(number, MAX_BYTES).decode(errors="replace").splitlines()
    os.ftruncate(number, 0)
    os.lseek(number, 0, os.SEEK_SET)
    return lines


_messages = _Messages()


def _report(names: Sequence[tuple[str, bool]], lines: Sequence[str]) -> None:
    """Log messages; where several threads decode at once, they are those of one of their files.

    If one of these could not be read, they are taken for its messages, and its error is warning enough.
    """
    where = " or ".join(dict.fromkeys(name for name, _ in names))  # a page within a page has one name
    for line in lines[:MAX_LINES]:
        log.debug("%s: %s", where, line)
    if len(lines) > MAX_LINES:
        log.debug("%s: %d more such messages", where, len(lines) - MAX_LINES)
    if all(warn for _, warn in names) and not all(map(_HARMLESS.match, lines)):
        log.warning("%s: damaged: a part of it may be missing or wrong (-v shows what the decoder says)", where)
