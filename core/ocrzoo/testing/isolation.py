"""Run the checks in another process, which is ended where a check hangs, and replaced where it crashed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory

from ocrzoo.testing.findings import Finding, Report, Result
from ocrzoo.testing.running import Job, Place
from ocrzoo.testing.targets import folder_of, read_project
from ocrzoo_registry.child_process import ENDING_S, Process, child_process
from ocrzoo_registry.errors import NotFound, UsageError

WORKER = Path(__file__).with_name("worker.py")

TIMEOUT_S = 120.0
"""Seconds that a check may take, and so may importing all plugins; those of a small model take a few all together.

While weights arrive, their time does not count.
"""

MOST_LOST = 3
"""Checks that do not end after which the others are given up."""


@dataclass
class _Progress:
    """What one process did before it ended."""

    results: list[Result] = field(default_factory=list)
    current: Place | None = None
    """The check that runs; before the first one, all plugins are imported and asked."""
    done: bool = False
    how: str = ""
    """How it ended, if it was not done."""


def check(
    target: str | os.PathLike[str] | None = None,
    *,
    timeout_s: float = TIMEOUT_S,
    on_start: Callable[[str], object] = lambda _text: None,
) -> Report:
    """Check a plugin: its source folder, or the name of a model, a plugin or a distribution; ``None``: all plugins.

    It runs in a process of its own: a check that takes longer than ``timeout_s``, or crashes, is a finding, and the
    others go on. ``on_start`` is called with the name of each check before it runs.

    Raises:
        UsageError: The folder is no plugin, or no Python interpreter can be started.
        UnknownModel: Nothing has that name.
    """
    folder = folder_of(target)
    if folder is not None:
        read_project(folder).check()
    with TemporaryDirectory(prefix="ocrzoo-check-") as scratch:  # of all processes, however they end
        job = Job(() if folder is not None or target is None else (str(target),), folder, Path(scratch))
        return _checked(job, str(target or "all plugins"), timeout_s, on_start)


def _checked(job: Job, target: str, timeout_s: float, on_start: Callable[[str], object]) -> Report:
    results: list[Result] = []
    while True:
        progress = _follow(job, timeout_s, on_start)
        results += progress.results
        if progress.done:
            return Report(tuple(results))
        kind, name, check_name = place = progress.current or ("plugin", target, "plugin")
        where = "import" if progress.current is None else check_name
        findings = [Finding("error", progress.how, where, "bound each wait, and look for what crashes")]
        lost = [*job.lost, place]
        gives_up = progress.current is None or len(lost) >= MOST_LOST
        if gives_up and progress.current is not None:
            message = f"what follows it is not checked: {len(lost)} checks did not end"
            findings.append(Finding("skipped", message, where, "correct these first"))
        results.append(Result(name, kind, check_name, tuple(findings)))
        if gives_up:
            return Report(tuple(results))
        done = {(result.kind, result.subject, result.check) for result in results}
        job = replace(job, done=done, lost=lost)


def _follow(job: Job, timeout_s: float, on_start: Callable[[str], object]) -> _Progress:
    """Start a process and take its reports until it ends, or is ended because a check takes too long.

    Raises:
        OcrzooError: What ended the work.
    """
    progress = _Progress()
    with child_process(WORKER, job.to_json(), "plugins check", quiet=True) as (process, lines):
        while True:
            try:
                line = lines.get(timeout=timeout_s)
            except Empty:
                progress.how = f"does not end within {timeout_s:g} s"
                return progress
            if line is None:
                break
            report = json.loads(line)
            if "arrives" in report:
                continue
            if "starts" in report:
                kind, name, check_name = report["starts"]
                progress.current = (kind, name, check_name)
                on_start(f"{name}: {check_name}")
            elif "result" in report:
                progress.results.append(Result.from_dict(report["result"]))
            elif "failed" in report:
                raise (NotFound if report["code"] == NotFound.exit_code else UsageError)(report["failed"])
            else:
                progress.done = True
                return progress
        progress.how = f"the process {_ending(process)}"
    return progress


def _ending(process: Process) -> str:
    """How a process ended, in words."""
    try:
        status = process.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        return "closed its output and does not end"
    if status >= 0:
        return f"ended with status {status}"
    with suppress(ValueError):
        return f"crashed with {signal.Signals(-status).name}"
    return f"crashed with signal {-status}"
