"""The signal that ends a long command as Ctrl-C does: schedulers send SIGTERM before they kill a process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

TERMINATED = 128 + signal.SIGTERM
"""What shells report for a program that ended by SIGTERM."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came."""


@contextmanager
def raises_terminated() -> Iterator[None]:
    """Raise :class:`Terminated` at SIGTERM, so that what is temporary is deleted; unless it is handled already."""
    is_ours = (
        threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    )
    if is_ours:
        signal.signal(signal.SIGTERM, _raise)
    try:
        yield
    finally:
        if is_ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _raise(*_: object) -> None:
    raise Terminated
