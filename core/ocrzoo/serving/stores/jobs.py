"""Asynchronous jobs: a client starts one, asks how far it is, and fetches its files. All in memory, and bounded.

Jobs that wait or run are bounded by the queue of the server, those that ended by number, bytes and age.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import uuid
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from cachetools import TTLCache

from ocrzoo.serving.problems import Problem
from ocrzoo.serving.reading import Answer, ReadRequest
from ocrzoo.serving.workers.worker_process import Job

if TYPE_CHECKING:
    from ocrzoo.serving.service import Service

State = Literal["pending", "running", "done", "failed"]
_RECORD_BYTES = 2000
"""Of a job without its files, roughly."""

log = logging.getLogger("ocrzoo")


@dataclass(eq=False)
class AsyncJob:
    """One job."""

    kind: str
    """The dialect that it belongs to."""
    owner: str | None
    """The name of the API key that started it; only this key finds it."""
    batch: str | None
    """A name that its client gave to several jobs."""
    work: Job | None
    """Its way through the pool; ``None`` once it ended."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    """Gives access to its files without an API key."""
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    changed: datetime = field(default_factory=lambda: datetime.now(UTC))
    pages: int = 0
    """Those that were read so far."""
    total_pages: int | None = None
    """Those of the file, once they are known."""
    problem: Problem | None = None
    """Why it failed."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Its results, by name."""

    @property
    def state(self) -> State:
        """What became of it."""
        if self.work is None:
            return "done" if self.problem is None else "failed"
        return "pending" if self.work.started is None else "running"

    def file(self, name: str) -> bytes:
        """Return one of its files.

        Raises:
            Problem: There is none of this name.
        """
        if name not in self.files:
            raise Problem("there is no such result", "not_found")
        return self.files[name]


Render = Callable[[AsyncJob, Answer], Mapping[str, bytes]]
"""Makes the files of a job from what was read; called in a thread."""


class Jobs:
    """The jobs of a server."""

    def __init__(self, service: Service) -> None:
        own = service.settings
        self._service = service
        self._most = own.jobs_kept
        self._going: dict[str, AsyncJob] = {}
        self._ended: TTLCache[str, AsyncJob] = TTLCache(own.jobs_bytes, own.jobs_ttl_s, getsizeof=_size)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(
        self, request: ReadRequest, render: Render, *, kind: str, owner: str | None, batch: str | None = None
    ) -> AsyncJob:
        """Start a job.

        Raises:
            Problem: The request is beyond a limit, or too many wait.
        """
        job = AsyncJob(kind, owner, batch, self._service.queued(request))
        self._going[job.id] = job
        task = asyncio.get_running_loop().create_task(self._run(job, render))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.sleep(0)  # it is now in the queue, or was refused
        if job.problem is not None and job.problem.code in Problem.RETRIED:
            self.forget(job)
            raise job.problem
        return job

    def get(self, kind: str, number: str, owner: str | None) -> AsyncJob:
        """Return a job.

        Raises:
            Problem: There is none, or it belongs to another API key.
        """
        job = self._find(number)
        if job is None or job.kind != kind or job.owner != owner:
            raise _unknown()
        return job

    def get_by_secret(self, number: str, secret: str) -> AsyncJob:
        """Return a job for whoever knows its secret.

        Raises:
            Problem: There is none, or the secret is another.
        """
        job = self._find(number)
        if job is None or not hmac.compare_digest(job.secret.encode(), secret.encode()):
            raise _unknown()
        return job

    def get_batch(self, kind: str, batch: str, owner: str | None) -> list[AsyncJob]:
        """Return the jobs of a batch, the oldest first."""
        found = (self._find(number) for number in (*self._going, *self._ended))
        wanted = [one for one in found if one and (one.kind, one.batch, one.owner) == (kind, batch, owner)]
        return sorted(wanted, key=lambda one: one.started)

    def forget(self, job: AsyncJob) -> None:
        """Remove a job that ended."""
        self._ended.pop(job.id, None)

    async def close(self) -> None:
        """End all jobs."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _find(self, number: str) -> AsyncJob | None:
        return self._going.get(number) or self._ended.get(number)

    async def _run(self, job: AsyncJob, render: Render) -> None:
        try:
            job.files = await self._files(job, render)
        except Problem as problem:
            job.problem = problem
        except asyncio.CancelledError:
            job.problem = Problem("the server stopped before this job was done", "shutting_down")
            raise
        except Exception as error:  # a bug in one job must not be silent
            log.error("a job failed by a bug in ocrzoo", exc_info=error)
            job.problem = Problem(f"a bug in ocrzoo: {type(error).__name__}")
        finally:
            job.work, job.changed = None, datetime.now(UTC)
            del self._going[job.id]
            self._keep(job)

    async def _files(self, job: AsyncJob, render: Render) -> Mapping[str, bytes]:
        assert job.work is not None  # noqa: S101  # it has not ended
        async with aclosing(self._service.follow(job.work)) as events:  # type: ignore[type-var]  # a generator
            async for event in events:
                job.changed = datetime.now(UTC)
                if isinstance(event, Answer):
                    job.total_pages = event.total_pages
                    return await asyncio.to_thread(render, job, event)
                job.pages += 1
        raise Problem("the job ended without an answer", "internal")

    def _keep(self, job: AsyncJob) -> None:
        """Keep a job that ended, in place of the one that was not asked for the longest."""
        if _size(job) > self._ended.maxsize:
            job.files = {}
            job.problem = Problem("the result is larger than the server keeps: ask for fewer pages", "too_large")
        while len(self._ended) >= self._most:
            self._ended.popitem()
        self._ended[job.id] = job


def _size(job: AsyncJob) -> int:
    return _RECORD_BYTES + sum(len(content) for content in job.files.values())


def _unknown() -> Problem:
    return Problem("there is no such job, or no more: send the file again", "not_found")
