"""A pool of processes that open PDF files, limited in time and memory and reused."""

from __future__ import annotations

import atexit
import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from ocrzoo.inputs import limits
from ocrzoo.inputs.decoder_messages import temporary_file
from ocrzoo.scheduling import turns
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.network.deadline import Deadline

PAGE_S = 60.0
"""Seconds to open a file or render one page."""
MAX_MEMORY = 4 << 30
"""Address space of a process, if the system supports such a limit; :func:`limit_memory` lowers it."""
LEAST_MEMORY = 512 << 20
MAX_MESSAGES = 1 << 16
"""Bytes that are read of what a process prints."""
MAX_IDLE = 4
"""Idle processes that are kept for the next file."""


WORKER = Path(__file__).with_name("pdf_worker.py")


class PdfProcess:
    """One process, of :mod:`ocrzoo.inputs.pdf_worker` or a script that speaks as it does; one request at a time."""

    def __init__(self, script: Path | None = None, max_seconds: float | None = None) -> None:
        """``script`` is the program; a request takes at most ``max_seconds`` (by default :data:`PAGE_S`)."""
        command = _command(script or WORKER)
        self._messages = temporary_file()
        self._printed = 0
        self._new_messages = b""
        try:
            self._process = _start(command, PAGE_S if max_seconds is None else max_seconds, self._messages)
        except OSError:
            self._messages.close()
            raise
        self._owner = os.getpid()
        _started.add(self)
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)

    def ask(self, request: dict[str, Any], content: bytes = b"", seconds: float | None = None) -> dict[str, Any]:
        """Return the response to a request, with pixels as ``image``; any exception ends the process.

        ``seconds`` is the time that it may take (by default :data:`PAGE_S`).

        Raises:
            TimeoutError: It takes too long.
            EOFError: The process ended.
        """
        seconds = PAGE_S if seconds is None else seconds
        try:
            return Deadline(seconds, turns.current().stopped).run(lambda: self._exchange(request, content))
        except TimeoutError as error:
            self.end()
            raise TimeoutError(f"not {'written' if 'write' in request else 'rendered'} within {seconds:g} s") from error
        except (EOFError, OSError, ValueError) as error:
            self.end()
            raise EOFError(f"damaged, or it needs more than {MAX_MEMORY / (1 << 30):g} GiB of memory") from error
        except BaseException:  # Ctrl-C too: the process is amid an answer and cannot take the next request
            self.end()
            raise

    def _exchange(self, request: dict[str, Any], content: bytes) -> dict[str, Any]:
        self.send(request, content)
        answer: dict[str, Any] = json.loads(self._answers.readline() or "null") or _ended()
        if "rows" in answer:
            rows, columns = int(answer["rows"]), int(answer["columns"])
            limits.check_size(columns, rows, "a page")
            image = np.empty((rows, columns, 3), np.uint8)
            view = image.data.cast("B")
            if self._answers.readinto(view) != len(view):  # type: ignore[attr-defined]  # a BufferedReader
                _ended()
            answer["image"] = image
        return answer

    def send(self, request: dict[str, Any], content: bytes = b"") -> None:
        """Send a request without waiting for a response."""
        self._requests.write(json.dumps(request).encode() + b"\n")
        self._requests.write(content)
        self._requests.flush()

    def new_messages(self) -> list[str]:
        """Return what the process has printed since the last call, such as messages of libraries in it."""
        self._read_messages()
        printed, self._new_messages = self._new_messages, b""
        return [line for line in map(str.strip, printed.decode(errors="replace").splitlines()) if line]

    def _read_messages(self) -> None:
        if sys.platform != "win32" and not self._messages.closed:  # the process shares the position in the file
            self._new_messages += os.pread(self._messages.fileno(), MAX_MESSAGES, self._printed)
            self._printed = os.fstat(self._messages.fileno()).st_size

    def alive(self) -> bool:
        """Whether the process is running."""
        return self._process.poll() is None

    def ours(self) -> bool:
        """Whether this process started it; a forked child must not use its parent's."""
        return self._owner == os.getpid()

    def end(self) -> None:
        """Kill the process."""
        _started.discard(self)
        self._process.kill()
        self._process.wait()
        self._read_messages()
        self._messages.close()
        for pipe in (self._requests, self._answers):
            with suppress(OSError):  # unsent data
                pipe.close()


def _command(script: Path) -> list[str | Path]:
    from multiprocessing.spawn import get_executable

    if hasattr(sys, "_MEIPASS"):  # a program of PyInstaller runs the script itself: _pyinstaller/rthooks
        return [sys.executable, "--ocrzoo-worker", script]
    program = os.fsdecode(get_executable() or "")
    if not program or getattr(sys, "frozen", False):
        raise UsageError("PDF files need a Python interpreter: set it with multiprocessing.set_executable")
    return [program, "-P", script]


def _start(command: Sequence[str | Path], max_seconds: float, messages: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*command, str(MAX_MEMORY), str(math.ceil(max_seconds) + 1)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=messages,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _ended() -> dict[str, Any]:
    raise EOFError


_started: set[PdfProcess] = set()
"""All processes that were not killed."""
_idle: list[PdfProcess] = []
"""Those of them without an open file."""


def limit_memory(bytes_of_each: int) -> None:
    """Limit the address space of processes that are started from now on; below :data:`LEAST_MEMORY` none could work."""
    global MAX_MEMORY  # noqa: PLW0603  # one for all threads
    MAX_MEMORY = max(LEAST_MEMORY, bytes_of_each)


def take() -> PdfProcess:
    """Return an idle process, or start one.

    Raises:
        OSError: No process can be started.
        UsageError: There is no Python interpreter.
    """
    for process in [process for process in _idle if process.ours()]:
        with suppress(ValueError):  # another thread took it
            _idle.remove(process)
            if process.alive():
                return process
            process.end()
    return PdfProcess()


def give_back(process: PdfProcess) -> None:
    """Close a process's file, and keep the process for the next one."""
    try:
        process.send({"close": True})
    except (OSError, ValueError):  # it ended or was killed
        process.end()
        return
    if len(_idle) < MAX_IDLE:
        _idle.append(process)
    else:
        process.end()


@atexit.register
def end_all() -> None:
    """Kill all processes that this one started."""
    _idle.clear()
    for process in [process for process in _started if process.ours()]:
        process.end()
