"""A worker process, seen from the server: what it has to do, what it sends, and whether it hangs."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.spawn import get_executable
from typing import Any, Self

from ocrzoo.serving.problems import Problem
from ocrzoo.serving.reading import Answer, PageAnswer, ReadRequest
from ocrzoo.serving.settings import ServerSettings
from ocrzoo.serving.workers.messages import Message

_BUFFER_BYTES = 4 << 20
"""Of what a worker sends."""
_numbers = itertools.count(1)


@dataclass(eq=False)
class Job:
    """A request on its way through the pool."""

    request: ReadRequest
    deadline: float
    """On the clock of ``time.monotonic``."""
    number: int = field(default_factory=lambda: next(_numbers))
    arrived: float = field(default_factory=time.monotonic)
    started: float | None = None
    """When a worker got it."""
    alone: bool = False
    """Whether it must be a worker's only one, because a worker died that had it among others."""
    sent: set[int] = field(default_factory=set)
    """Pages that were delivered: if it is read again, they are not delivered again."""
    events: asyncio.Queue[PageAnswer | Answer | Problem] = field(default_factory=asyncio.Queue)
    """Pages, and at last what ends the job."""
    ended: bool = False
    is_held: bool = False
    """Whether its bytes count."""

    def end(self, outcome: Answer | Problem) -> None:
        """Deliver the last event."""
        if not self.ended:
            self.ended = True
            self.events.put_nowait(outcome)

    @property
    def queue_s(self) -> float:
        """Seconds that it waited for a worker."""
        return (self.started or time.monotonic()) - self.arrived


class WorkerProcess:
    """One worker."""

    def __init__(self, process: asyncio.subprocess.Process, settings: ServerSettings) -> None:
        self.process = process
        self.settings = settings
        self.jobs: dict[int, Job] = {}
        self.cancelled: dict[int, float] = {}
        """Jobs that should stop, since when."""
        self.models: list[dict[str, Any]] = []
        self.is_ready = False
        self.retiring = False
        """Whether it gets no more work, and ends when it has done what it has."""
        self.started = self.heard = time.monotonic()
        self.memory = 0
        self.pages = 0
        self.stuck = 0.0
        self.pending: dict[int, list[PageAnswer]] = {}

    @classmethod
    async def start(cls, settings: ServerSettings, threads: int) -> Self:
        """Start a process, which then loads its models; its networks use so many threads."""
        program = os.fsdecode(get_executable() or sys.executable)
        process = await asyncio.create_subprocess_exec(
            program,
            "-P",
            "-m",
            "ocrzoo.serving.workers.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_BUFFER_BYTES,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # Ctrl-C is for the server, which lets its workers finish
        )
        worker = cls(process, settings)
        own = {"jobs": settings.jobs_per_worker, "json_logs": settings.json_logs}
        worker.send(Message("start", {**settings.for_reading(threads), **own}))
        return worker

    @property
    def has_room(self) -> bool:
        """Whether it takes another job."""
        busy = len(self.jobs) + len(self.cancelled)
        return self.is_ready and not self.retiring and busy < self.settings.jobs_per_worker and not self._has_it_alone

    @property
    def _has_it_alone(self) -> bool:
        return any(job.alone for job in self.jobs.values())

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.returncode is None

    def send(self, message: Message) -> None:
        """Send a message."""
        assert self.process.stdin is not None  # noqa: S101  # a pipe
        with suppress(ConnectionError, RuntimeError):  # it died, which the reader of its answers handles
            self.process.stdin.writelines(message.encode())

    def give(self, job: Job) -> None:
        """Give it a job."""
        job.started = time.monotonic()
        self.jobs[job.number] = job
        data = {"job": job.number, "request": job.request.to_data()}
        self.send(Message("read", data, [job.request.content]))

    def take(self, message: Message) -> None:
        """Take what it sends of a job: a page, or the end."""
        number = message.data["job"]
        job = self.jobs.get(number)
        if message.kind == "page":
            if job is not None:
                self._take_page(job, message)
            return
        self.jobs.pop(number, None)
        self.cancelled.pop(number, None)
        pages = self.pending.pop(number, [])
        if job is not None:
            job.end(_outcome(message, pages, job))
        if self.retiring:
            self.retire()

    def _take_page(self, job: Job, message: Message) -> None:
        pictures = dict(zip(message.data["pictures"], message.parts, strict=True))
        page = PageAnswer(**{**message.data["page"], "pictures": pictures})
        self.pending.setdefault(job.number, []).append(page)
        if page.index not in job.sent:
            job.sent.add(page.index)
            job.events.put_nowait(page)

    def cancel(self, job: Job) -> None:
        """Let it stop a job."""
        if self.jobs.pop(job.number, None) is not None:
            self.cancelled[job.number] = time.monotonic()
            self.send(Message("cancel", {"job": job.number}))

    def fault(self) -> str | None:
        """Why it must be ended; ``None`` while it does what it should."""
        now, limit = time.monotonic(), self.settings.stuck_s
        if not self.is_ready:
            if now - self.started > self.settings.start_s:
                return f"did not load its models within {self.settings.start_s:g} s"
            return None
        if now - self.heard > limit:
            return f"did not respond for {now - self.heard:.0f} s"
        stopping = max([self.stuck, *(now - since for since in self.cancelled.values())])
        return f"did not stop its work for {stopping:.0f} s" if stopping > limit else None

    def excuse(self, seconds: float) -> None:
        """Do not count a time in which this process did not run either, as when the machine slept."""
        self.started += seconds
        self.heard += seconds
        self.cancelled = {number: since + seconds for number, since in self.cancelled.items()}

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            self.process.kill()

    def retire(self) -> None:
        """Let it end once it has nothing to do."""
        self.retiring = True
        if not self.jobs and self.process.stdin is not None:
            self.process.stdin.close()


def _outcome(message: Message, pages: list[PageAnswer], job: Job) -> Answer | Problem:
    """What ends a job."""
    data: Mapping[str, Any] = message.data
    if message.kind == "failed":
        return Problem(data["message"], data["code"])
    return Answer(
        sorted(pages, key=lambda page: page.index),
        data["kind"],
        data["total_pages"],
        message.parts[0] if message.parts else b"",
        data.get("receipt"),
        data.get("selection"),
        job.queue_s,
        data["work_s"],
    )
