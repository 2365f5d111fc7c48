"""The checks in a process of their own: reads a job (JSON) on standard input, and reports on standard output.

Reports are JSON, one a line: ``{"starts": [kind, name, check]}`` before a check, then ``{"result": ...}``, or
``{"failed": message, "code": exit code}`` for an error that ends the work, or ``{"done": true}``. ``{"arrives": true}``
says, about once a second, that weights do.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from threading import Lock
from typing import IO, Any

_INTERVAL_S = 1.0
"""Time between two reports of bytes that arrive."""


def main() -> None:
    """Do the job, and report."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as reports:
        os.dup2(2, 1)  # what libraries and plugins print
        with suppress(BrokenPipeError, KeyboardInterrupt):  # nobody listens any more
            _work(sys.stdin.readline(), reports)
    os._exit(0)  # threads of a plugin may never end


def _work(job: str, reports: IO[str]) -> None:
    from ocrzoo.testing.findings import Result
    from ocrzoo.testing.running import Job, run
    from ocrzoo_registry.errors import OcrzooError

    lock, told = Lock(), time.monotonic()

    def report(**what: Any) -> None:
        with lock:
            print(json.dumps(what, default=str), file=reports, flush=True)

    def on_bytes() -> None:
        nonlocal told
        if time.monotonic() - told >= _INTERVAL_S:
            told = time.monotonic()
            report(arrives=True)

    try:
        for event in run(Job.from_json(job), on_bytes):
            if isinstance(event, Result):
                report(result=event.to_dict())
            else:
                report(starts=event)
    except OcrzooError as error:
        report(failed=str(error), code=error.exit_code)
    else:
        report(done=True)


if __name__ == "__main__":
    main()
