"""One configuration, in a process of its own: reads the job (JSON) on standard input, and reports on standard output.

Reports are JSON, one a line, with ``event``: ``ready`` (the warm-up is over), ``page`` (with its ``lines`` and
``characters``), ``unread`` (the ``message`` of a page that failed), ``repeat`` (the ``seconds`` of all pages), or
``failed`` (``message`` and exit ``code`` of an error that ended the work).
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Report = Callable[..., None]


def main() -> None:
    """Do the job, and report."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as reports:
        os.dup2(2, 1)  # what libraries print

        def report(event: str, **what: Any) -> None:
            print(json.dumps({"event": event, **what}), file=reports, flush=True)

        with suppress(BrokenPipeError, KeyboardInterrupt):  # nobody listens any more
            _work(json.loads(sys.stdin.readline()), report)


def _work(job: dict[str, Any], report: Report) -> None:
    from ocrzoo.pipelines.factory import create_pipeline
    from ocrzoo_registry.errors import OcrzooError

    try:
        pipeline = create_pipeline(**job["options"])
        warm_up(pipeline, job["pages"], job["warmup"])
        report("ready")
        for _ in range(job["repeats"]):
            start = time.perf_counter()
            for result in pipeline.predict(job["pages"], on_error=lambda error: report("unread", message=str(error))):
                texts = result.get("rec_texts", ())
                report("page", lines=len(texts), characters=sum(map(len, texts)))
            report("repeat", seconds=time.perf_counter() - start)
    except OcrzooError as error:
        report("failed", message=str(error), code=int(error.exit_code))


def warm_up(pipeline: Any, pages: list[str], count: int) -> None:
    """Read pages, again from the first after the last, until there are enough; those that fail do not count."""
    while count > 0:
        read = sum(1 for _ in itertools.islice(pipeline.predict(pages, on_error=lambda _error: None), count))
        if read == 0:
            return
        count -= read


if __name__ == "__main__":
    main()
