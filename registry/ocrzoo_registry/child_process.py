"""Processes for work that may crash, hang or fill the memory; each ends with its block, and so does all it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import IO, Any, TypeAlias, cast

from ocrzoo_registry.errors import UsageError

Process: TypeAlias = "subprocess.Popen[str]"
Lines: TypeAlias = "SimpleQueue[str | None]"
"""Lines that a process has written; ``None`` is their end."""

ENDING_S = 5.0
"""Seconds that a process may take to end."""


@contextmanager
def started(command: Sequence[str | Path], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Start a program with the options of :class:`subprocess.Popen`; at the end of the block, end it.

    A thread starts it: in the main thread, Ctrl-C could come when it runs and nothing knows of it yet.

    Raises:
        OSError: It cannot be started.
    """
    running: list[subprocess.Popen[Any]] = []
    over = Event()

    def start() -> None:
        running.append(subprocess.Popen(command, start_new_session=True, **options))
        if over.is_set():  # Ctrl-C came while this thread was started: nobody waited for it
            _end(running[0])

    try:
        with ThreadPoolExecutor(1) as starter:
            starter.submit(start).result()
        yield running[0]
    finally:
        over.set()
        for process in running:
            _end(process)


def finished(command: Sequence[str | Path], limit_s: float, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run a program that reads nothing, and return its status and its output; all that it started ends with it.

    Raises:
        OSError: It cannot be started.
        subprocess.TimeoutExpired: It took longer than ``limit_s`` seconds.
    """
    pipe, none = subprocess.PIPE, subprocess.DEVNULL
    with ExitStack() as pipes, started(command, stdin=none, stdout=pipe, stderr=pipe, **options) as process:
        pipes.enter_context(cast("IO[bytes]", process.stdout))  # closed once the program has ended
        pipes.enter_context(cast("IO[bytes]", process.stderr))
        output, errors = process.communicate(timeout=limit_s)
        return subprocess.CompletedProcess(command, process.returncode, output, errors)


@contextmanager
def child_process(script: Path, job: str, purpose: str, *, quiet: bool = False) -> Iterator[tuple[Process, Lines]]:
    """Start a Python process on a script; yield it and the queue of its output.

    It has this process's ``sys.path``. ``job`` is the line that it reads; with ``quiet``, its standard error is
    dropped.

    Raises:
        UsageError: There is no Python interpreter for the ``purpose``, which begins the message.
    """
    from multiprocessing.spawn import get_executable

    program = os.fsdecode(get_executable() or "")
    if not program or getattr(sys, "frozen", False):
        raise UsageError(f"{purpose} needs a Python interpreter: install ocrzoo with pip")
    lines: Lines = SimpleQueue()
    with started(
        [program, "-P", "-X", "utf8", str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if quiet else None,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as process:
        to, back = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
        Thread(target=_listen, args=(back, lines), daemon=True).start()
        with suppress(BrokenPipeError), to:  # it ended at once: its status tells
            to.write(job + "\n")
        yield process, lines


def _end(process: subprocess.Popen[Any]) -> None:
    """End a process, and then those that it started and left."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(ENDING_S)
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(OSError):  # there is none left
            os.killpg(process.pid, signal.SIGKILL)
    process.wait(ENDING_S)


def _listen(back: IO[str], lines: Lines) -> None:
    with back:
        for line in back:
            lines.put(line)
    lines.put(None)
