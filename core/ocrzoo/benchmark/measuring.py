"""Measure configurations, each in a process of its own: its memory is its own, and if it is killed the others go on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import Any

from ocrzoo.benchmark.figures import Measured
from ocrzoo.benchmark.samples import Samples, open_gpu, require_psutil
from ocrzoo.engines.limits import usable_threads
from ocrzoo.loading.machine import cpu_name
from ocrzoo_registry.child_process import ENDING_S, Lines, Process, child_process
from ocrzoo_registry.errors import ExitCode

WORKER = Path(__file__).with_name("worker.py")
INTERVAL_S = 0.05
"""Time between two samples of memory."""

UNAVAILABLE = (ExitCode.NOT_FOUND, ExitCode.SOURCE)
"""What a configuration fails with whose models cannot be had."""


@dataclass(frozen=True)
class Job:
    """One configuration, and how often it reads which pages."""

    configuration: str
    options: Mapping[str, Any]
    """The arguments of ``create_pipeline``."""
    pages: Sequence[str]
    warmup: int
    """Pages that are read first, without being measured; the first loads the models."""
    repeats: int

    def to_json(self) -> str:
        """Return it as a worker reads it."""
        kept = ("options", "pages", "warmup", "repeats")
        return json.dumps({key: getattr(self, key) for key in kept}, default=str)


class Failed(Exception):
    """A configuration ended early."""

    def __init__(self, message: str, code: ExitCode) -> None:
        super().__init__(message)
        self.code = code


def measure(job: Job, on_page: Callable[[], object]) -> Measured:
    """Measure one configuration; ``on_page`` is called after each page of the repeats.

    Raises:
        Failed: It cannot be measured.
        UsageError: A library that reads the figures is not installed, or no Python interpreter can be started.
    """
    psutil = require_psutil()
    gpu = open_gpu(str(job.options.get("device") or "cpu"))
    cpu = f"{cpu_name()}, {usable_threads()} cores"
    hardware = " + ".join(filter(None, (cpu, gpu[0] if gpu else "")))
    with child_process(WORKER, job.to_json(), "bench") as (process, reports):
        measured = Measured(job.configuration, hardware, Samples(psutil.Process(process.pid), gpu[1] if gpu else None))
        _follow(process, reports, measured, on_page)
    if not measured.seconds or not measured.pages:
        raise Failed("; ".join(measured.unread) or "no page was found", ExitCode.INPUTS)
    return measured


def _follow(process: Process, reports: Lines, measured: Measured, on_page: Callable[[], object]) -> None:
    """Take samples and reports until the process has ended."""
    measuring = False
    while True:
        if measuring:
            measured.samples.take()
        try:
            report = reports.get(timeout=INTERVAL_S)
        except Empty:
            continue
        if report is None:
            break
        match json.loads(report):
            case {"event": "ready"}:
                measuring = True
            case {"event": "page", "lines": lines, "characters": characters}:
                measured.pages += 1
                measured.lines += lines
                measured.characters += characters
                on_page()
            case {"event": "unread", "message": message} if not measured.seconds:
                measured.unread.append(message)
            case {"event": "repeat", "seconds": seconds}:
                measured.seconds.append(seconds)
            case {"event": "failed", "message": message, "code": code}:
                raise Failed(message, ExitCode(code))
    try:
        status = process.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        raise Failed("its process does not end", ExitCode.BUG) from None
    if status != 0:
        killed = "was killed: the machine may have too little memory" if status < 0 else f"ended with status {status}"
        raise Failed(f"its process {killed}", ExitCode.BUG)
