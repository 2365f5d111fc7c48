"""The worker processes of a server: started, watched, replaced, and ended if they hang.

Requests wait here, in the order in which they came, until a worker has room. A worker that dies fails the request that
it worked on alone; of several, each is tried again alone, so that one bad file takes no other with it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from ocrzoo.engines.limits import usable_threads
from ocrzoo.serving.problems import Problem
from ocrzoo.serving.reading import Answer, PageAnswer
from ocrzoo.serving.settings import ServerSettings
from ocrzoo.serving.workers import messages
from ocrzoo.serving.workers.messages import Message
from ocrzoo.serving.workers.worker_process import Job, WorkerProcess

CORES_PER_WORKER = 8
"""A network on more cores gains little; more workers do."""
_TICK_S = 0.5
_END_S = 5.0
"""Seconds that a worker may take to end after its last message. A signal to one that just ended would hide how."""
_LOST = "the process that read this file ended unexpectedly: the file may be damaged on purpose, or need more memory"

log = logging.getLogger("ocrzoo")


class Pool:
    """The workers, and the requests that wait for them; all in one event loop."""

    def __init__(self, settings: ServerSettings, on_event: Callable[[str], None] = lambda _what: None) -> None:
        """``on_event`` is told when a worker was ``lost``, ``killed`` or ``recycled``."""
        cores = usable_threads()
        count = settings.workers or max(1, round(cores / CORES_PER_WORKER))
        self.settings = settings
        self.size = count
        self.threads = settings.threads or max(1, cores // count)
        self.workers: list[WorkerProcess] = []
        self.waiting: deque[Job] = deque()
        self.held_bytes = 0
        self._on_event = on_event
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._failures = 0
        """Workers in a row that ended before they were ready."""
        self._was_ready = False
        self.on_refused: Callable[[str, str], None] = lambda _error, _message: None
        """Told the type and message of the error if the models could not be loaded when the server started."""
        self.refusal: str | None = None
        """Why the models cannot be loaded."""

    async def start(self) -> None:
        """Start the workers, without waiting for their models."""
        for _ in range(self.size):
            await self._start_worker()
        self._spawn(self._watch())

    @property
    def is_ready(self) -> bool:
        """Whether a worker has loaded its models."""
        return not self._closing and any(one.is_ready and one.is_alive for one in self.workers)

    @property
    def models(self) -> list[dict[str, Any]]:
        """The models of the workers."""
        return next((one.models for one in self.workers if one.is_ready), [])

    @property
    def in_work(self) -> int:
        """How many requests workers have."""
        return sum(len(one.jobs) for one in self.workers)

    async def run(self, job: Job) -> AsyncIterator[PageAnswer | Answer]:
        """Yield the pages of a job as they are read, and at last its answer; leaving the loop drops the job.

        Raises:
            Problem: It failed, or the queue is full.
        """
        try:
            self._admit(job)
            while True:
                left = job.deadline - time.monotonic()
                try:
                    async with asyncio.timeout(max(left, 0)):
                        event = await job.events.get()
                except TimeoutError:
                    raise Problem(
                        f"not done within {self.settings.timeout_s:g} s: send fewer pages, or raise --timeout",
                        "deadline_exceeded",
                    ) from None
                if isinstance(event, Problem):
                    raise event
                yield event
                if isinstance(event, Answer):
                    return
        finally:
            self._drop(job)

    def _admit(self, job: Job) -> None:
        size = len(job.request.content)
        if self._closing:
            raise Problem("the server is stopping: ask another one", "shutting_down")
        if self.refusal is not None and not self.is_ready:
            raise Problem(f"the models could not be loaded: {self.refusal}", "not_ready", 30)
        if len(self.waiting) >= self.settings.queue or self.held_bytes + size > self.settings.queue_bytes:
            raise Problem("too many requests wait: try again later", "queue_full", self._expected_wait())
        self.held_bytes += size
        job.is_held = True
        self.waiting.append(job)
        self._distribute()

    def _expected_wait(self) -> int:
        """Seconds after which the queue will be shorter; a rough guess."""
        return min(30, 1 + len(self.waiting) // (4 * self.size))

    def _drop(self, job: Job) -> None:
        """Forget a job, whatever became of it."""
        job.ended = True
        self.held_bytes -= len(job.request.content) * job.is_held
        with suppress(ValueError):
            self.waiting.remove(job)
        for worker in self.workers:
            if job.number in worker.jobs:
                worker.cancel(job)
        self._distribute()

    def _distribute(self) -> None:
        """Give waiting jobs to workers that have room, the least busy first."""
        while self.waiting:
            job = self.waiting[0]
            able = [one for one in self.workers if one.has_room and not (job.alone and (one.jobs or one.cancelled))]
            if not able:
                return
            self.waiting.popleft()
            min(able, key=lambda one: len(one.jobs) + len(one.cancelled)).give(job)

    async def _start_worker(self) -> None:
        worker = await WorkerProcess.start(self.settings, self.threads)
        self.workers.append(worker)
        self._spawn(self._listen(worker))

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self, worker: WorkerProcess) -> None:
        """Handle what a worker sends, and its end."""
        assert worker.process.stdout is not None  # noqa: S101  # a pipe
        try:
            while (message := await messages.read_async(worker.process.stdout)) is not None:
                worker.heard = time.monotonic()
                self._handle(worker, message)
        except (EOFError, ValueError, KeyError, OSError) as error:
            log.error("a worker sent nonsense: %s", error)
            worker.kill()
        try:
            async with asyncio.timeout(_END_S):
                await worker.process.wait()
        except TimeoutError:
            worker.kill()
            await worker.process.wait()
        await self._bury(worker)

    def _handle(self, worker: WorkerProcess, message: Message) -> None:
        data = message.data
        if message.kind == "beat":
            worker.memory, worker.pages, worker.stuck = data["memory"], data["pages"], data["stuck"]
        elif message.kind == "ready":
            worker.is_ready, worker.models, self._failures, self.refusal = True, data["models"], 0, None
            self._was_ready = True
            log.info("a worker is ready", extra={"fields": {"pid": worker.process.pid}})
        elif message.kind == "refused":
            self.refusal = data["message"]
            log.error("a worker could not load its models: %s", self.refusal)
            if not self._was_ready:
                self.on_refused(data["error"], data["message"])
        else:
            worker.take(message)
        self._distribute()

    async def _bury(self, worker: WorkerProcess) -> None:
        """Settle the jobs of a worker that ended, and start another."""
        self.workers.remove(worker)
        suspects = list(worker.jobs.values())
        if not worker.retiring and not self._closing and worker.process.returncode:
            log.error("a worker ended: exit status %s", worker.process.returncode)
            self._on_event("lost")
        for job in suspects:
            if len(suspects) == 1 or self._closing:
                job.end(Problem(_LOST, "worker_lost"))
            else:
                job.alone, job.started = True, None
                self.waiting.appendleft(job)
        if self._closing:
            return
        if not worker.is_ready:
            self._failures += 1
            self.refusal = self.refusal or f"a worker ended while it loaded them: status {worker.process.returncode}"
            await asyncio.sleep(min(30, 2**self._failures))
        if not self._closing and sum(not one.retiring for one in self.workers) < self.size:
            await self._start_worker()
        self._distribute()

    async def _watch(self) -> None:
        """End workers that hang, and replace those that have done enough."""
        while True:
            began = time.monotonic()
            await asyncio.sleep(_TICK_S)
            late = time.monotonic() - began - _TICK_S
            for worker in list(self.workers):
                worker.excuse(late)
                if fault := worker.fault():
                    log.error("a worker %s: it is ended", fault)
                    self._on_event("killed")
                    worker.kill()
                elif worker.is_ready and not worker.retiring and self._is_worn(worker):
                    log.info("a worker is replaced", extra={"fields": {"pages": worker.pages, "memory": worker.memory}})
                    self._on_event("recycled")
                    worker.retire()
                    await self._start_worker()

    def _is_worn(self, worker: WorkerProcess) -> bool:
        pages, memory = self.settings.recycle_pages, self.settings.recycle_bytes
        return (pages is not None and worker.pages >= pages) or (memory is not None and worker.memory > memory)

    async def close(self, drain_s: float) -> None:
        """Let requests in work finish for a while, fail those that wait, and end the workers."""
        self._closing = True
        for job in list(self.waiting):
            job.end(Problem("the server is stopping: ask another one", "shutting_down"))
        end = time.monotonic() + drain_s
        while self.in_work and time.monotonic() < end:
            await asyncio.sleep(0.05)
        for worker in self.workers:
            for job in list(worker.jobs.values()):
                job.end(Problem("the server stopped before this request was done", "shutting_down"))
            worker.kill()
        for worker in list(self.workers):
            with suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await worker.process.wait()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
