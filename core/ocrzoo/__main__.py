"""The command ``ocrzoo``, and ``python -m ocrzoo``.

This module imports nothing of ocrzoo before it runs, so that Ctrl-C ends the program without a traceback from its
first moment on.
"""

from __future__ import annotations

import os
import signal
import sys

_BY_SIGNAL = 128
"""What shells add to the number of the signal that ended a program."""
_INTERRUPTED = _BY_SIGNAL + signal.SIGINT
"""What shells report for a program stopped by Ctrl-C."""


def main() -> int:
    """Run the command line and return its exit code."""
    try:
        with _quiet_interrupt():
            from ocrzoo.cli import main as run
            from ocrzoo.cli.termination import end
        code = run()
    except KeyboardInterrupt:
        return _INTERRUPTED
    if code > _BY_SIGNAL:
        end(code)
    return code


class _quiet_interrupt:  # noqa: N801  # used like a function; contextlib would be one import more
    """End the process at once on Ctrl-C: imported modules may catch or report a KeyboardInterrupt themselves."""

    def __enter__(self) -> None:
        self._before = signal.getsignal(signal.SIGINT)
        if self._before is signal.default_int_handler:  # not where a caller ignores or handles Ctrl-C
            signal.signal(signal.SIGINT, lambda *_: os._exit(_INTERRUPTED))

    def __exit__(self, *_: object) -> None:
        if self._before is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._before)


if __name__ == "__main__":
    sys.exit(main())
