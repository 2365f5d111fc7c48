"""Cases, each in a process forked from one that has everything loaded."""

from __future__ import annotations

import multiprocessing
import os
import re
import resource
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path

from tests.fuzz import archives, cards, commands, images, pdfs, urls
from tests.fuzz.cases import Case, Maker, generator

LIMIT_S = 20.0
"""Seconds that no case may take."""
MAX_MEMORY = 6 << 30
"""Address space of a case in bytes, most of it libraries'."""
KINDS: Mapping[str, Maker] = {
    "urls": urls.make,
    "images": images.make,
    "pdfs": pdfs.make,
    "cards": cards.make,
    "archives": archives.make,
}


@dataclass(frozen=True)
class Outcome:
    """How a case ended."""

    kind: str
    number: int
    case: Case
    code: int
    """The exit code; minus the signal's number if one ended the process."""
    seconds: float
    printed: str

    @property
    def defect(self) -> str | None:
        """What is wrong with the program, if anything."""
        if self.seconds >= LIMIT_S:
            return "hang"
        if self.code < 0:
            return f"signal {-self.code}"
        if "Traceback" in self.printed or "bug: " in self.printed or self.code not in (0, 2, 3, 4, 5, 6):
            return "crash"
        if self.code and not self.printed.strip():
            return "silent"
        is_url = re.match(r"(https?|ftp|s3)://", self.case.arguments[1], re.IGNORECASE)
        return "password" if is_url and "Secret" in self.printed else None


@dataclass
class _Running:
    kind: str
    number: int
    case: Case
    folder: Path
    process: ForkProcess
    start: float


def run_all(
    wanted: Iterable[tuple[str, int]], *, seed: int, folder: Path, server: str, jobs: int, keep: bool = False
) -> Iterator[Outcome]:
    """Run cases, ``jobs`` at a time, and yield how each ended."""
    running: list[_Running] = []
    waiting = iter(wanted)
    while True:
        while len(running) < jobs and (following := next(waiting, None)) is not None:
            running.append(_start(*following, seed, folder, server))
        if not running:
            return
        deadline = min(one.start for one in running) + LIMIT_S
        wait([one.process.sentinel for one in running], max(0.0, deadline - time.monotonic()))
        now = time.monotonic()
        for one in [one for one in running if not one.process.is_alive() or now - one.start >= LIMIT_S]:
            running.remove(one)
            yield _ended(one, now - one.start, keep=keep)


def _start(kind: str, number: int, seed: int, folder: Path, server: str) -> _Running:
    own = folder / f"{kind}-{number}"
    if own.exists():
        shutil.rmtree(own)
    own.mkdir(parents=True)
    case = KINDS[kind](generator(seed, kind, number), own, server)
    process = multiprocessing.get_context("fork").Process(target=_run, args=(case, own))
    start = time.monotonic()
    process.start()
    return _Running(kind, number, case, own, process, start)


def _ended(one: _Running, seconds: float, *, keep: bool) -> Outcome:
    one.process.kill()
    one.process.join()
    code = one.process.exitcode or 0
    printed = (one.folder / ".printed").read_text("utf-8", "replace") if (one.folder / ".printed").exists() else ""
    one.process.close()
    if not keep:
        shutil.rmtree(one.folder, ignore_errors=True)
    return Outcome(one.kind, one.number, one.case, code, seconds, printed)


def _run(case: Case, folder: Path) -> None:
    os.chdir(folder)
    printed = os.open(".printed", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (0, 1, 2):
        os.dup2(printed if stream else os.open(os.devnull, os.O_RDONLY), stream)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115  # for the whole process
        for number, mode in ((0, "r"), (1, "w"), (2, "w"))
    )
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    os.environ.update({"OCRZOO_HOME": str(folder / "home"), "NO_PROXY": "*", **case.environment})
    commands.prepare()
    code = commands.run(case.arguments)
    sys.stdout.flush()
    sys.exit(code)
