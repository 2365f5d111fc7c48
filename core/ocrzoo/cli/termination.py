"""How a long command ends by Ctrl-C, by SIGTERM, which schedulers send before they kill it, and with its terminal."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn

from ocrzoo.cli.output import print_note, stderr_is_terminal

INTERRUPTED = 128 + signal.SIGINT
"""What shells report for a program that ended by Ctrl-C."""
END_S = 10.0
"""Seconds in which files that are temporary are deleted."""
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_SHOW_CURSOR = "\x1b[?25h"


class Terminated(KeyboardInterrupt):
    """A signal came that ends the process; :attr:`code` is its exit code."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.code = 128 + number


@contextmanager
def raises_terminated() -> Iterator[None]:
    """Raise :class:`Terminated` at signals that end the process, so that what is temporary is deleted."""
    with _handled(_ENDING, _raise_terminated):
        yield


@contextmanager
def ends_until_begun(note: str) -> Iterator[Callable[[], None]]:
    """Print a note and end the process at Ctrl-C and such signals, until the function given is called.

    From then on, :class:`Terminated` is raised.

    An exception that is raised while modules are imported and models are loaded may be lost in compiled code, or leave
    a lock behind that another thread waits for.
    """
    begun = threading.Event()

    def stop(number: int, _frame: object) -> None:
        if begun.is_set():
            raise Terminated(number)
        with suppress(Exception):  # the terminal may be closed, or be written to now
            print_note(note)
        end(128 + number)

    with _handled([*_ENDING, signal.SIGINT], stop):
        yield begun.set


@contextmanager
def _handled(numbers: Sequence[signal.Signals], handler: Callable[[int, object], None]) -> Iterator[None]:
    """Handle signals, but those that are handled already, or ignored."""
    usual = (signal.SIG_DFL, signal.default_int_handler)
    is_main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in numbers if is_main}
    ours = {number: known for number, known in before.items() if known in usual}
    for number in ours:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, known in ours.items():
            signal.signal(number, known)


def _raise_terminated(number: int, _frame: object) -> None:
    raise Terminated(number)


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
