"""Processes that open PDF files for this one, bounded in time and memory, and kept for the next file."""

from __future__ import annotations

import atexit
import json
import math
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from ocrzoo.inputs import limits
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.network.deadline import Deadline

PAGE_S = 60.0
"""Seconds for opening a file, or for one page."""
MAX_MEMORY = 4 << 30
"""Bytes of address space of a process, where the system knows such a limit."""
MAX_IDLE = 4
"""Processes that are kept for the next file."""


class PdfProcess:
    """One process (:mod:`ocrzoo.inputs.pdf_worker`); one request at a time."""

    def __init__(self) -> None:
        from multiprocessing.spawn import get_executable

        program = os.fsdecode(get_executable() or "")
        if not program or getattr(sys, "frozen", False):
            raise UsageError("PDF files need a Python to run: name one by multiprocessing.set_executable")
        script = Path(__file__).with_name("pdf_worker.py")
        self._process = subprocess.Popen(
            [program, "-P", script, str(MAX_MEMORY), str(math.ceil(PAGE_S) + 1)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._owner = os.getpid()
        _started.add(self)
        self._requests = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)

    def ask(self, request: dict[str, Any], content: bytes = b"") -> dict[str, Any]:
        """Have a request answered; pixels come as ``image``. Whatever else happens, it is the end of the process.

        Raises:
            TimeoutError: It takes too long.
            EOFError: The process ended.
        """
        try:
            return Deadline(PAGE_S).run(lambda: self._exchange(request, content))
        except TimeoutError as error:
            self.end()
            raise TimeoutError(f"not drawn within {PAGE_S:g} s") from error
        except (EOFError, OSError, ValueError) as error:
            self.end()
            raise EOFError(f"damaged, or it takes more than {MAX_MEMORY / (1 << 30):g} GiB of memory") from error
        except BaseException:
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
        """Send a request and wait for nothing."""
        self._requests.write(json.dumps(request).encode() + b"\n")
        self._requests.write(content)
        self._requests.flush()

    def alive(self) -> bool:
        """Tell whether it still runs."""
        return self._process.poll() is None

    def ours(self) -> bool:
        """Tell whether this process started it: what a fork leaves in its child is not the child's to use."""
        return self._owner == os.getpid()

    def end(self) -> None:
        """End the process now."""
        _started.discard(self)
        self._process.kill()
        self._process.wait()
        for pipe in (self._requests, self._answers):
            with suppress(OSError):  # what was not sent yet
                pipe.close()


def _ended() -> dict[str, Any]:
    raise EOFError


_started: set[PdfProcess] = set()
"""All that did not end yet."""
_idle: list[PdfProcess] = []
"""Those of them that have nothing to do."""


def take() -> PdfProcess:
    """Take a process that has nothing to do, or start one.

    Raises:
        OSError: None can be started.
        UsageError: There is no Python to run.
    """
    for process in [process for process in _idle if process.ours()]:
        with suppress(ValueError):  # another thread took it
            _idle.remove(process)
            if process.alive():
                return process
            process.end()
    return PdfProcess()


def give_back(process: PdfProcess) -> None:
    """Close the file that a process has open, and keep the process for the next one."""
    try:
        process.send({"close": True})
    except (OSError, ValueError):  # it ended, or was ended
        process.end()
        return
    if len(_idle) < MAX_IDLE:
        _idle.append(process)
    else:
        process.end()


@atexit.register
def end_all() -> None:
    """End all processes that this one started."""
    _idle.clear()
    for process in [process for process in _started if process.ours()]:
        process.end()
