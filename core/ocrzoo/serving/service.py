"""What all dialects ask: read this file, within the limits of the server."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from ocrzoo.serving.languages import languages_of
from ocrzoo.serving.metrics import Metrics
from ocrzoo.serving.problems import Problem
from ocrzoo.serving.reading import Answer, PageAnswer, ReadRequest
from ocrzoo.serving.settings import ServerSettings
from ocrzoo.serving.stores.answers import SharedAnswers
from ocrzoo.serving.stores.jobs import Jobs
from ocrzoo.serving.stores.uploads import Uploads
from ocrzoo.serving.workers.pool import Pool
from ocrzoo.serving.workers.worker_process import Job
from ocrzoo_registry.zoo import Zoo


class Service:
    """Reads the files of requests, whatever their dialect."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.pool = Pool(settings, self.metrics.worker_event)
        self.jobs = Jobs(self)
        self.uploads = Uploads(settings)
        self._answers = SharedAnswers(settings.cache_bytes)
        self.receiving_bytes = 0
        """Bytes of the bodies of all requests that are not answered yet."""
        self._languages: list[dict[str, Any]] | None = None

    async def start(self) -> None:
        """Start the workers."""
        await self.pool.start()
        self.metrics.watch(self.pool)

    async def close(self) -> None:
        """Stop, after the requests in work; asynchronous jobs end at once."""
        await self.jobs.close()
        await self.pool.close(self.settings.drain_s)

    async def read(self, request: ReadRequest) -> Answer:
        """Read a file and return its answer; equal requests at the same time are read once.

        Raises:
            Problem: It cannot be read.
        """
        request = self._limited(request)
        found, is_shared = await self._answers.get(request.key, lambda: self._read(request))
        self.metrics.answered(found, shared=is_shared)
        return found

    def stream(self, request: ReadRequest) -> AsyncIterator[PageAnswer | Answer]:
        """Yield the pages of a file as they are read, and at last the whole answer.

        Raises:
            Problem: It cannot be read.
        """
        return self.follow(self.queued(request))

    def queued(self, request: ReadRequest) -> Job:
        """Return a request as :meth:`follow` takes it, with the server's limits; its time begins now.

        Raises:
            Problem: It is beyond a limit.
        """
        return Job(self._limited(request), time.monotonic() + self.settings.timeout_s)

    async def follow(self, job: Job) -> AsyncIterator[PageAnswer | Answer]:
        """Yield the pages of a request as they are read, and at last the whole answer.

        Raises:
            Problem: It cannot be read.
        """
        async with aclosing(self.pool.run(job)) as events:  # type: ignore[type-var]  # a generator
            async for event in events:
                if isinstance(event, Answer):
                    self.metrics.answered(event, shared=False)
                yield event

    async def _read(self, request: ReadRequest) -> Answer:
        job = Job(request, time.monotonic() + self.settings.timeout_s)
        async with aclosing(self.pool.run(job)) as events:  # type: ignore[type-var]  # a generator
            async for event in events:
                if isinstance(event, Answer):
                    return event
        raise Problem("the request ended without an answer", "internal")

    def _limited(self, request: ReadRequest) -> ReadRequest:
        """The request with the server's limits."""
        if not request.content:
            raise Problem("the file is empty", "invalid_input")
        if len(request.content) > self.settings.max_bytes:
            raise too_large(self.settings.max_bytes)
        own = self.settings
        pages = [most for most in (request.max_pages, own.max_pages) if most is not None]
        size = request.picture_size or own.picture_size
        if size is not None and own.picture_size is not None:
            size = min(size[0], own.picture_size[0]), min(size[1], own.picture_size[1])
        return replace(request, max_pages=min(pages, default=None), picture_size=size)

    def languages(self) -> list[dict[str, Any]]:
        """Return the languages that requests may ask for: tag, name, and whether a model for it is on this machine."""
        if self._languages is None:
            self._languages = languages_of(Zoo(), only_installed=self.settings.languages == "installed")
        return self._languages


def too_large(most: int) -> Problem:
    """Return the problem of a body or file of more than ``most`` bytes."""
    return Problem(f"more than {most >> 20} MiB: send a smaller file, or raise --max_bytes", "too_large")
