"""How a long command ends by Ctrl-C and by SIGTERM, which schedulers send before they kill a process."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

from ocrzoo.cli.output import print_note, stderr_is_terminal

INTERRUPTED = 128 + signal.SIGINT
"""What shells report for a program that ended by Ctrl-C."""
TERMINATED = 128 + signal.SIGTERM
"""The same for SIGTERM."""
END_S = 5.0
"""Seconds in which files that are temporary are deleted."""
_SHOW_CURSOR = "\x1b[?25h"


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


@contextmanager
def raises_terminated() -> Iterator[None]:
    """Raise :class:`Terminated` at SIGTERM, so that what is temporary is deleted; unless it is handled already."""
    with _handled(signal.SIGTERM, _raise_terminated):
        yield


@contextmanager
def ends_until_begun(note: str) -> Iterator[Callable[[], None]]:
    """Print a note and end the process at Ctrl-C and SIGTERM, until the function given is called; then raise.

    An exception that is raised while modules are imported and models are loaded may be lost in compiled code, or leave
    a lock behind that another thread waits for.
    """
    begun = threading.Event()

    def stop(number: int, _frame: object) -> None:
        if not begun.is_set():
            print_note(note)
            end(128 + number)
        if number == signal.SIGTERM:
            raise Terminated
        raise KeyboardInterrupt

    with _handled(signal.SIGTERM, stop), _handled(signal.SIGINT, stop):
        yield begun.set


@contextmanager
def _handled(number: signal.Signals, handler: Callable[[int, object], None]) -> Iterator[None]:
    """Handle a signal, unless it is handled already, or ignored."""
    usual = (signal.SIG_DFL, signal.default_int_handler)
    before = signal.getsignal(number)
    is_ours = threading.current_thread() is threading.main_thread() and before in usual
    if is_ours:
        signal.signal(number, handler)
    try:
        yield
    finally:
        if is_ours:
            signal.signal(number, before)


def _raise_terminated(*_: object) -> None:
    raise Terminated


def end(code: int) -> NoReturn:
    """End the process, and wait for no thread: those of compiled libraries crash it if they outlive the interpreter."""
    last = threading.Timer(END_S, os._exit, (code,))
    last.daemon = True
    last.start()
    with suppress(BaseException):
        if stderr_is_terminal():
            sys.stderr.write(_SHOW_CURSOR)  # a progress bar has hidden it
        atexit._run_exitfuncs()  # noqa: SLF001  # as multiprocessing does; deletes temporary folders
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
