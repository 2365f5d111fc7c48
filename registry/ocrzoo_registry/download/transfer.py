"""The transfer: brings listed files of a source into part files, side by side, resumed, verified and watched."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Event, Thread

from ocrzoo_registry.download import verify
from ocrzoo_registry.download.events import Advance
from ocrzoo_registry.download.partial import Part
from ocrzoo_registry.download.request import MAX_FILE_BYTES
from ocrzoo_registry.errors import IntegrityError, OcrzooError, SettingError, SourceError, TooSlow, Unreachable
from ocrzoo_registry.network.retry import CANCEL_POLL_S, SILENCE_S, RetryPolicy, StallTimer
from ocrzoo_registry.sources.base import RemoteFile, Stream
from ocrzoo_registry.store.manifest import StoredFile

SIDE_BY_SIDE = 4
"""Files of one model on their way at once."""

OpenAt = Callable[[int, str | None], AbstractContextManager[Stream]]
"""Opens a file at a byte offset; the validator keeps bytes of two states apart (:meth:`Source.open`)."""

log = logging.getLogger("ocrzoo")


class Cancelled(SourceError):
    """The transfer was called off: another file of the model failed, or the user had enough."""


@dataclass
class Job:
    """One file on its way from a source into a part file."""

    open_at: OpenAt
    file: RemoteFile
    """As it is expected."""
    part_path: Path
    advance: Advance = lambda _count: None
    all_cancelled: Event = field(default_factory=Event)
    """Set by others to end this and more."""
    cancelled: Event = field(default_factory=Event)
    timer: StallTimer = field(default_factory=StallTimer)
    part: Part | None = None
    result: StoredFile | Exception | None = None
    _retries: RetryPolicy = field(init=False)
    _furthest: int = 0
    """Bytes that there were at most; what comes again below that is no progress."""

    def run(self) -> StoredFile:
        """Bring the file; its part is complete, verified and on the disk afterwards.

        Raises:
            SourceError: It cannot be had.
            IntegrityError: What came, twice, is not what was promised.
            OSError: The disk does not take it.
        """
        self.part = part = Part(self.part_path)
        try:
            if self.cancelled.is_set():  # given up before there was a part to close
                raise Cancelled("called off")
            origin = self._complete(part)
            part.finish()
        except IntegrityError:
            if not self.cancelled.is_set():
                part.remove()
            raise
        finally:
            part.close()
        return StoredFile(path=self.file.path, size=part.size, sha256=part.sha256, digest_origin=origin)

    def give_up(self) -> None:
        """Leave the thread behind; its part takes nothing more from it."""
        self.cancelled.set()
        if self.part is not None:
            self.part.close()

    def _complete(self, part: Part) -> str:
        """Fill the part until it keeps the promise, and say who vouched; wrong bytes are fetched once more."""
        if part.size and (not verify.has_digest(self.file) or part.size > self._limit):
            self._restart(part)
        for last_try in (False, True):
            if part.size != self.file.size:
                self.timer.resume()
                self._retries = RetryPolicy(self.timer)
                self._retries.call(lambda: self._receive(part), self._sleep)
            self.timer.pause()
            try:
                return verify.check(self.file, part.path, part.size, part.sha256)
            except IntegrityError as error:
                if last_try:
                    raise
                log.debug("%s; fetched once more", error)
                self._restart(part)
        raise AssertionError

    @property
    def _limit(self) -> int:
        return min(self.file.size if self.file.size is not None else MAX_FILE_BYTES, MAX_FILE_BYTES)

    def _restart(self, part: Part, validator: str | None = None) -> None:
        self.advance(-part.size)
        part.restart(validator)

    def _receive(self, part: Part) -> None:
        """Let one connection send what it will, from where the part ends."""
        if part.size and not self._can_go_on(part.validator):
            self._restart(part)
        with ExitStack() as stack:
            with blamed_on_source():
                opened = stack.enter_context(self.open_at(part.size, part.validator))
            self._check_opened(opened, part)
            start, size = part.size, self.file.size if self.file.size is not None else opened.size
            if size is not None:
                self.timer.expect(size)
            for chunk in _chunks_of(opened):
                if self.cancelled.is_set():
                    raise Cancelled("called off")
                part.write(chunk)
                self.advance(len(chunk))
                if part.size > self._limit:
                    raise IntegrityError(f"{self.file.path}: {part.size} bytes came instead of {self._limit}")
                self.timer.received(len(chunk))
                if part.size > self._furthest:
                    self._furthest, self._retries.failures = part.size, 0
        may_go_on = opened.size == size or (opened.size is None and part.size > start)
        if size is not None and part.size < size and may_go_on:
            raise Unreachable(f"{self.file.path} was interrupted after {part.size} of {size} bytes")

    def _check_opened(self, opened: Stream, part: Part) -> None:
        if not isinstance(opened, Stream):
            raise SourceError(f"opens a {type(opened).__name__} instead of a Stream")
        if opened.offset == 0:
            self._restart(part, opened.validator)
        elif not self._can_go_on(part.validator, opened.validator):
            self._restart(part)
            raise Unreachable(f"sends the rest of another {self.file.path} than it began with")
        if opened.offset != part.size:
            asked = part.size
            self._restart(part)
            raise Unreachable(f"sends {self.file.path} from byte {opened.offset} on instead of {asked}")

    def _can_go_on(self, began: str | None, *goes_on: str | None) -> bool:
        """Whether bytes may be joined: a digest tells later if they fit, or the source says they are of one state."""
        known_as_one = began is not None and all(validator == began for validator in goes_on)
        return known_as_one or verify.has_digest(self.file)

    def _sleep(self, seconds: float) -> None:
        if self.cancelled.wait(seconds):
            raise Cancelled("called off")


def run_all(jobs: Sequence[Job]) -> list[StoredFile]:
    """Bring several files side by side; the first failure calls off the others.

    A file that its own clock does not end (a server that drips inside a chunk header, a plugin that sleeps) is
    given up: its thread is left behind, and can write nothing more.

    Raises:
        SourceError: A file cannot be had, or ``all_cancelled`` was set.
        IntegrityError: A file is not what was promised.
        OSError: The disk does not take it.
    """
    change = Condition()
    waiting, running = list(jobs), list[Job]()
    try:
        while waiting or running:
            while waiting and len(running) < SIDE_BY_SIDE:
                running.append(waiting.pop(0))
                running[-1].timer = StallTimer()
                Thread(target=_work, args=(running[-1], change), daemon=True).start()
            with change:
                if all(job.result is None for job in running):
                    change.wait(CANCEL_POLL_S)
            if any(job.all_cancelled.is_set() for job in running):
                raise Cancelled("called off")
            _raise_first_failure(running)
            running = [job for job in running if job.result is None]
    finally:
        for job in running:
            job.give_up()
    return [job.result for job in jobs if isinstance(job.result, StoredFile)]


def _work(job: Job, change: Condition) -> None:
    result: StoredFile | Exception
    try:
        result = job.run()
    except (OcrzooError, OSError) as error:
        result = error
    except (Exception, SystemExit) as error:  # noqa: BLE001  # told by the thread that watches
        result = SourceError(f"{type(error).__name__}: {error}")
        result.__cause__ = error
    with change:
        job.result = result
        change.notify_all()


def _raise_first_failure(jobs: Sequence[Job]) -> None:
    for job in jobs:
        if isinstance(job.result, Exception):
            raise job.result
        if job.result is None and job.timer.left < 0:
            raise TooSlow(f"{job.file.path}: nothing came for {SILENCE_S:.0f} s")


def _chunks_of(opened: Stream) -> Iterator[bytes]:
    """What the source sends; whatever goes wrong there is the source's fault, and not the disk's."""
    with blamed_on_source():
        for chunk in opened.chunks:
            if not isinstance(chunk, bytes):
                raise SourceError(f"sends {type(chunk).__name__} where bytes are due")
            yield chunk


@contextmanager
def blamed_on_source() -> Iterator[None]:
    """Turn whatever a source raises into a SourceError, so that the next source is asked."""
    try:
        yield
    except (SourceError, IntegrityError, SettingError):
        raise
    except (ConnectionError, TimeoutError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error
    except (Exception, SystemExit) as error:
        raise SourceError(f"{type(error).__name__}: {error}") from error
