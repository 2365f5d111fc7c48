"""Answers of equal requests: those that run at the same time are read once, and some are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from cachetools import LRUCache

from ocrzoo.serving.reading import Answer


class SharedAnswers:
    """Answers by the digest of their request."""

    def __init__(self, max_bytes: int) -> None:
        """``max_bytes`` are those of all answers that are kept; 0 keeps none."""
        self._kept: LRUCache[str, Answer] | None = LRUCache(max_bytes, getsizeof=_size) if max_bytes else None
        self._running: dict[str, _Running] = {}

    async def get(self, key: str, make: Callable[[], Awaitable[Answer]]) -> tuple[Answer, bool]:
        """Return the answer of a key, and whether it was made for another request; ``make`` makes it.

        When all who wait for an answer left, its work is cancelled.
        """
        if self._kept is not None and (kept := self._kept.get(key)) is not None:
            return kept, True
        running = self._running.get(key)
        is_shared = running is not None
        if running is None:
            running = self._running[key] = _Running(asyncio.ensure_future(make()))
            running.task.add_done_callback(lambda task: self._finish(key, task))
        running.waiting += 1
        try:
            return await asyncio.shield(running.task), is_shared
        finally:
            running.waiting -= 1
            if not running.waiting and not running.task.done():
                self._running.pop(key, None)
                running.task.cancel()

    def _finish(self, key: str, task: asyncio.Future[Answer]) -> None:
        if (running := self._running.get(key)) is not None and running.task is task:
            del self._running[key]
        if task.cancelled() or task.exception() is not None or self._kept is None:
            return
        answer = task.result()
        if _size(answer) <= self._kept.maxsize:
            self._kept[key] = answer


class _Running:
    """Work on an answer, and how many wait for it."""

    def __init__(self, task: asyncio.Future[Answer]) -> None:
        self.task = task
        self.waiting = 0


def _size(answer: Answer) -> int:
    """Bytes of an answer, roughly."""
    pictures = sum(len(picture) for page in answer.pages for picture in page.pictures.values())
    lines = sum(2000 + 1200 * page.lines for page in answer.pages)
    return len(answer.document) + pictures + lines
