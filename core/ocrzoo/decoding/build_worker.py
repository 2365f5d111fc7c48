"""Tries what it takes to build the automata of patterns: a line in, and out the number of transitions of each, or 0."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import suppress
from math import ceil

from ocrzoo.decoding.patterns import Expression
from ocrzoo_registry.errors import UsageError


def main() -> None:
    """Build the automata."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the workers of a server ignore it, and so would this process
    job = json.loads(sys.stdin.readline())
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (job["bytes"], job["bytes"]))
        seconds = ceil(job["seconds"])  # it is ended before, unless the process that would do so was killed
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    for pattern in job["patterns"]:
        count = 0
        with suppress(UsageError):
            count = Expression(pattern, job["characters"]).count_transitions()
        sys.stdout.write(f"{count}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
