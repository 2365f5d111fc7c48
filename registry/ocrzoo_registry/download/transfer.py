"""The transfer: downloads files concurrently to partial files, resumes, verifies and bounds them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Event, Thread

from ocrzoo_registry.download import verify
from ocrzoo_registry.download.events import Advance
from ocrzoo_registry.download.partial import PartialFile
from ocrzoo_registry.download.request import MAX_FILE_BYTES
from ocrzoo_registry.errors import IntegrityError, OcrzooError, SettingError, SourceError, TooSlow, Unreachable
from ocrzoo_registry.network.deadline import CANCEL_POLL_S
from ocrzoo_registry.network.retry import SILENCE_S, RetryPolicy, StallTimer
from ocrzoo_registry.sources.base import RemoteFile, Stream
from ocrzoo_registry.store.manifest import StoredFile

CONCURRENT_FILES = 4
"""Files of one model that are downloaded at once."""

OpenAt = Callable[[int, str | None], AbstractContextManager[Stream]]
"""Opens a file at a byte offset; the validator keeps bytes of two states apart (:meth:`Source.open`)."""

log = logging.getLogger("ocrzoo")


class Cancelled(SourceError):
    """The download was cancelled: another file of the model failed, or the user interrupted it."""


@dataclass
class Job:
    """The download of one file to a partial file."""

    open_at: OpenAt
    file: RemoteFile
    """With the expected digest and size."""
    part_path: Path
    advance: Advance = lambda _count: None
    all_cancelled: Event = field(default_factory=Event)
    """Set by others to end this and more."""
    cancelled: Event = field(default_factory=Event)
    timer: StallTimer = field(default_factory=StallTimer)
    part: PartialFile | None = None
    result: StoredFile | Exception | None = None
    _retries: RetryPolicy = field(init=False)
    _furthest: int = 0
    """The most bytes there have been; fewer are no progress."""

    def run(self) -> StoredFile:
        """Download the file; it is complete, verified and synced afterwards.

        Raises:
            SourceError: It cannot be downloaded.
            IntegrityError: It did not have the expected digest, twice.
            OSError: It cannot be written.
        """
        self.part = part = PartialFile(self.part_path)
        try:
            if self.cancelled.is_set():  # abandoned before the file was opened
                raise Cancelled("cancelled")
            origin = self._complete(part)
            part.close(complete=True)
        except IntegrityError:
            if not self.cancelled.is_set():
                part.remove()
            raise
        finally:
            part.close()
        return StoredFile(path=self.file.path, size=part.size, sha256=part.sha256, digest_origin=origin)

    def give_up(self) -> None:
        """Abandon the thread; it can write nothing more."""
        self.cancelled.set()
        if self.part is not None:
            self.part.close()

    def _complete(self, part: PartialFile) -> str:
        """Download until the digest is right, and return its origin; wrong bytes are downloaded once more."""
        if part.size and (not verify.has_digest(self.file) or part.size > self._limit):
            self._restart(part)
        for last_try in (False, True):
            if part.size != self.file.size:
                self.timer.resume()
                self._retries = RetryPolicy(self.timer, f"{self.part_path.parent.name}/{self.file.path}")
                self._retries.call(lambda: self._receive(part), self._sleep)
            self.timer.pause()
            try:
                return verify.check(self.file, part.path, part.size, part.sha256)
            except IntegrityError as error:
                if last_try:
                    raise
                log.debug("%s; downloaded once more", error)
                self._restart(part)
        raise AssertionError

    @property
    def _limit(self) -> int:
        return min(self.file.size if self.file.size is not None else MAX_FILE_BYTES, MAX_FILE_BYTES)

    def _restart(self, part: PartialFile, validator: str | None = None) -> None:
        self.advance(-part.size)
        part.restart(validator)

    def _receive(self, part: PartialFile) -> None:
        """Append what one connection sends."""
        if part.size and not self._can_go_on(part.validator):
            self._restart(part)
        with ExitStack() as stack:
            with blamed_on_source():
                stream = stack.enter_context(self.open_at(part.size, part.validator))
            self._check_stream(stream, part)
            start, size = part.size, self.file.size if self.file.size is not None else stream.size
            if size is not None:
                self.timer.expect(size)
            for chunk in _chunks_of(stream):
                if self.cancelled.is_set():
                    raise Cancelled("cancelled")
                part.write(chunk)
                self.advance(len(chunk))
                if part.size > self._limit:
                    raise IntegrityError(f"{self.file.path}: {part.size} bytes instead of {self._limit}")
                self.timer.received(len(chunk))
                if part.size > self._furthest:
                    self._furthest, self._retries.failures = part.size, 0
        may_go_on = stream.size == size or (stream.size is None and part.size > start)
        if size is not None and part.size < size and may_go_on:
            raise Unreachable(f"{self.file.path} was interrupted after {part.size} of {size} bytes")

    def _check_stream(self, stream: Stream, part: PartialFile) -> None:
        if not isinstance(stream, Stream):
            raise SourceError(f"opens a {type(stream).__name__} instead of a Stream")
        if stream.offset == 0:
            self._restart(part, stream.validator)
        elif not self._can_go_on(part.validator, stream.validator):
            self._restart(part)
            raise Unreachable(f"sends the rest of another {self.file.path} than it began with")
        if stream.offset != part.size:
            asked = part.size
            self._restart(part)
            raise Unreachable(f"sends {self.file.path} from byte {stream.offset} on instead of {asked}")

    def _can_go_on(self, began: str | None, *goes_on: str | None) -> bool:
        """Whether bytes may be joined: a digest verifies them later, or their validators are equal."""
        known_as_one = began is not None and all(validator == began for validator in goes_on)
        return known_as_one or verify.has_digest(self.file)

    def _sleep(self, seconds: float) -> None:
        if self.cancelled.wait(seconds):
            raise Cancelled("cancelled")


def run_all(jobs: Sequence[Job]) -> list[StoredFile]:
    """Download several files concurrently; the first failure cancels the others.

    A file whose own timeouts do not end it (a server that drips inside a chunk header, a plugin that sleeps) is
    abandoned with its thread, which can write nothing more.

    Raises:
        SourceError: A file cannot be downloaded, or ``all_cancelled`` was set.
        IntegrityError: A file does not have its expected digest.
        OSError: It cannot be written.
    """
    change = Condition()
    waiting, running = list(jobs), list[Job]()
    try:
        while waiting or running:
            while waiting and len(running) < CONCURRENT_FILES:
                running.append(waiting.pop(0))
                running[-1].timer = StallTimer()
                Thread(target=_work, args=(running[-1], change), daemon=True).start()
            with change:
                if all(job.result is None for job in running):
                    change.wait(CANCEL_POLL_S)
            if any(job.all_cancelled.is_set() for job in running):
                raise Cancelled("cancelled")
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
    except (Exception, SystemExit) as error:  # noqa: BLE001  # raised by the thread that waits
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
            raise TooSlow(f"{job.file.path}: no bytes for {SILENCE_S:.0f} s")


def _chunks_of(stream: Stream) -> Iterator[bytes]:
    """Yield the chunks; an error there is the source's, and not the disk's."""
    with blamed_on_source():
        for chunk in stream.chunks:
            if not isinstance(chunk, bytes):
                raise SourceError(f"sends {type(chunk).__name__} instead of bytes")
            yield chunk


@contextmanager
def blamed_on_source(plugin: str = "") -> Iterator[None]:
    """Turn any exception of a source into a SourceError, so that the next source is asked; it names the plugin."""
    of_plugin = f" (plugin {plugin})" if plugin else ""
    try:
        yield
    except (SourceError, IntegrityError, SettingError):
        raise
    except (ConnectionError, TimeoutError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}{of_plugin}") from error
    except (Exception, SystemExit) as error:
        raise SourceError(f"{type(error).__name__}: {error}{of_plugin}") from error
