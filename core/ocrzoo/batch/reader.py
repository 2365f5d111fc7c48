"""Reads parts with a pipeline, and writes their rows; pages of several parts overlap, so no core waits between them."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from itertools import chain, groupby, islice
from operator import itemgetter
from threading import Lock
from typing import Any

from ocrzoo.batch.contents import AHEAD, Contents, Fetch
from ocrzoo.batch.crashes import Crashed, Notes
from ocrzoo.batch.exports import export
from ocrzoo.batch.items import Item, Part
from ocrzoo.batch.job import BatchJob
from ocrzoo.batch.places import one_line, place_of
from ocrzoo.batch.rows import ERRORS, RESULTS, SUFFIX, key_of, result_row, to_parquet
from ocrzoo.batch.sources import source_of
from ocrzoo.inputs import Page, pages, remarks
from ocrzoo.inputs.options import InputOptions
from ocrzoo.inputs.page import PageError
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo.pipelines.receipts import Receipt, digest, plain_result, receipt_of
from ocrzoo.results.ocr import OCRResult
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError, OcrzooError, causes

AT_ONCE = 16
"""Parts whose pages overlap; then the pipeline forgets their names, which would fill the memory."""

_GIVEN_UP = "it ended each process that read it, and is left out: try 'ocrzoo ocr', or --retry_failed"


@dataclass(frozen=True)
class PartDone:
    """What came of a part."""

    name: str = ""
    pages: int = 0
    failed: int = 0
    unchanged: int = 0
    """Items that were read before, whose content is the same."""
    bytes: float = 0.0
    """Of its files, by their share of members or pages."""

    def __add__(self, other: PartDone) -> PartDone:
        """Return both together."""
        counts = self.pages + other.pages, self.failed + other.failed, self.unchanged + other.unchanged
        return PartDone(self.name, *counts, self.bytes + other.bytes)

    def to_json(self) -> str:
        """Return it as a line of JSON."""
        return json.dumps(vars(self))


@dataclass
class _Given:
    """A part as it was given; after crashes, it is read in several."""

    left: int
    """How many are not written."""
    done: PartDone


@dataclass
class _Open:
    """A part that is being read."""

    part: Part
    given: _Given
    results: list[_Row] = field(default_factory=list)
    errors: list[_Row] = field(default_factory=list)
    receipt: Receipt | None = None
    """How its pages are read, without what is theirs."""
    unchanged: int = 0
    waiting: int = 0
    """Pages whose outcome is not known."""
    is_taken: bool = False
    """Whether all of its pages were taken."""


@dataclass
class _Waiting:
    """A page on its way through the pipeline."""

    opened: _Open
    item: Item
    sha256: str
    size: tuple[int, int] = (0, 0)
    """Width and height, once it is decoded."""
    remarks: Sequence[str] = ()
    """What is odd about it, once it is decoded."""


@dataclass(frozen=True)
class _Row:
    """What came of a page."""

    waiting: _Waiting
    page: int | None
    """Its number in its document, from 0."""
    values: dict[str, Any]


class Reader:
    """Reads the items of parts from one place, and writes rows into another."""

    def __init__(self, job: BatchJob, run: int, pipeline: OCRPipeline, on_done: Callable[[PartDone], object]) -> None:
        """``run`` is the number of the run in DEST, which goes into the rows.

        ``on_done`` is told what came of a part once it is written, in one of two threads.
        """
        self._source, self._dest = source_of(job.source).place, place_of(job.dest)
        self._job, self._run, self._pipeline = job, run, pipeline
        self._notes = Notes(self._dest)
        self._contents = Contents(self._source, job.column)
        self._on_done = on_done
        self._telling = Lock()

    @property
    def input_options(self) -> InputOptions:
        """How inputs are opened."""
        return replace(self._pipeline.config.input_options, passwords=self._job.password, report=False)

    def read(self, parts: Iterator[Part]) -> None:
        """Read parts, and write each once all of its pages are there.

        Raises:
            UsageError: A part cannot be written.
            SourceError: An object store does not answer.
            OcrzooError: A model cannot be loaded.
        """
        for alone, group in groupby(self._noted(parts), key=itemgetter(2)):
            left = ((part, given) for part, given, _ in group)
            for first in left:
                self._read(chain([first], islice(left, 0 if alone else AT_ONCE - 1)), alone=alone)

    def _noted(self, parts: Iterator[Part]) -> Iterator[tuple[Part, _Given, bool]]:
        """Each part, or each of its items, and whether it must be read with nothing else in work."""
        for part in parts:
            several = list(self._notes.apart(part))
            given = _Given(len(several), PartDone(part.name))
            yield from ((one, given, alone) for one, alone in several)

    def _read(self, parts: Iterator[tuple[Part, _Given]], *, alone: bool) -> None:
        state = _State()

        def failed(error: InputError) -> None:
            waiting = state.took()
            self._note_failure(waiting, error)
            state.note(waiting)

        results: Any = self._pipeline.predict(
            self._pages(parts, state, alone=alone), on_error=failed, **self._job.options
        )
        try:
            with closing(results):
                for result in results:
                    waiting = state.took()
                    self._note(waiting, result)
                    state.note(waiting)
                    del result  # its pixels, before the next one
                    self._write_finished(state)
            self._write_finished(state)
        finally:  # ended early, and not by a crash: no input is to blame
            with suppress(OcrzooError):
                for opened in state.left():
                    self._notes.end(opened.part)

    def _pages(self, parts: Iterator[tuple[Part, _Given]], state: _State, *, alone: bool) -> Iterator[Page]:
        """The pages of all parts, in a thread of the pipeline; each is noted in ``state`` before it is yielded."""
        with ThreadPoolExecutor(AHEAD, "ocrzoo-fetch") as pool:
            for part, given in parts:
                opened = _Open(part, given)
                state.open(opened)
                if self._notes.begin(part, alone=alone):
                    for item, fetch in self._contents.of(part.items, pool):
                        yield from self._pages_of(opened, item, fetch, state)
                else:
                    self._give_up(opened, part.items[0])
                state.close(opened)
                self._write_finished(state)  # no page may follow, or none for long

    def _pages_of(self, opened: _Open, item: Item, fetch: Fetch, state: _State) -> Iterator[Page]:
        try:
            fetched = fetch()
        except InputError as error:
            self._fail(opened, item, "", error, None)
            return
        if item.sha256 is not None and item.sha256 == fetched.sha256:
            opened.unchanged += item.first == 0
            return
        several: list[_Waiting] = []
        given = pages(fetched.source, self.input_options, password=self._job.password or None, name=one_line(item.name))
        with closing(given) as found:  # type: ignore[type-var]  # a generator
            for page in islice(found, item.first, item.last):
                waiting = _Waiting(opened, item, fetched.sha256)
                several.append(waiting)
                state.wait(waiting)
                yield _measured(page, waiting)
        if item.pieces is None:
            for waiting in several:
                waiting.item = replace(item, pieces=len(several))
        for page_index in range(item.first + len(several), item.last or 0):
            missing = InputError(f"{item.name}: page {page_index + 1} is not there any more")
            self._fail(opened, item, fetched.sha256, missing, page_index)

    def _note(self, waiting: _Waiting, result: OCRResult) -> None:
        page, opened = result["page_index"], waiting.opened
        result_sha256 = digest(plain_result(result))
        if opened.receipt is None:
            opened.receipt = receipt_of(
                self._pipeline, threads=self._job.threads or 0, input_sha256="", options=self._job.options, pages=()
            )
        own = {
            "input_sha256": waiting.sha256,
            "pages": (result_sha256,),
            "page_numbers": None if page is None else (page,),
        }
        receipt = opened.receipt.model_copy(update=own).model_dump_json()
        row = {**result_row(result, *waiting.size, waiting.remarks), "result_sha256": result_sha256, "receipt": receipt}
        opened.results.append(_Row(waiting, page, row))
        for kind in self._job.save_as:
            export(result, kind, waiting.item, page, self._dest)

    def _note_failure(self, waiting: _Waiting, error: InputError) -> None:
        page = error.page.page_index if isinstance(error, PageError) else None
        waiting.opened.errors.append(_Row(waiting, page, self._error_row(waiting.item, error)))

    def _fail(self, opened: _Open, item: Item, sha256: str, error: InputError, page: int | None) -> None:
        """Note what failed before it became a page of the pipeline."""
        opened.errors.append(_Row(_Waiting(opened, item, sha256), page, self._error_row(item, error)))

    def _give_up(self, opened: _Open, item: Item) -> None:
        """Note each page of an item that ended its process."""
        several = item.member is None and item.pieces is not None and item.pieces > 1
        for page in range(item.first, item.last or 0) if several else [None]:
            self._fail(opened, item, "", Crashed(_GIVEN_UP), page)

    def _error_row(self, item: Item, error: InputError) -> dict[str, Any]:
        self._source.check_is_there(error)
        message = str(error)
        if (path := self._source.local_path(item.input)) is not None:
            message = message.replace(f"{path}: ", "")
        name, message = one_line(item.name), one_line(message)
        text = message if message.startswith(name) else f"{name}: {message}"
        return {"error": type(next(islice(causes(error), 1, None), error)).__name__, "message": text}

    def _write_finished(self, state: _State) -> None:
        while (opened := state.finished()) is not None:
            name = f"part-{self._run:04}-{opened.part.name}{SUFFIX}"
            for table, rows in ((ERRORS, opened.errors), (RESULTS, opened.results)):
                if rows:
                    self._dest.write(f"{table}/{name}", to_parquet([self._complete(row) for row in rows], table))
            self._notes.end(opened.part)
            counts = len(opened.results), len(opened.errors), opened.unchanged
            self._tell(opened.given, PartDone("", *counts, sum(item.share for item in opened.part.items)))

    def _tell(self, given: _Given, written: PartDone) -> None:
        with self._telling:
            given.left -= 1
            given.done += written
            if not given.left:
                self._on_done(given.done)

    def _complete(self, row: _Row) -> dict[str, Any]:
        """A row with what tells whose it is; the number of pages is known by now."""
        waiting = row.waiting
        item = replace(waiting.item, pieces=waiting.item.pieces or 1)
        return {**key_of(item, row.page, waiting.sha256, self._run), **row.values}


class _State:
    """Parts and pages in work; pages are taken in one thread, and their outcomes arrive in another, in that order."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._parts: deque[_Open] = deque()
        self._pages: deque[_Waiting] = deque()

    def open(self, opened: _Open) -> None:
        with self._lock:
            self._parts.append(opened)

    def wait(self, waiting: _Waiting) -> None:
        with self._lock:
            waiting.opened.waiting += 1
            self._pages.append(waiting)

    def close(self, opened: _Open) -> None:
        with self._lock:
            opened.is_taken = True

    def took(self) -> _Waiting:
        """The page whose outcome has arrived."""
        with self._lock:
            return self._pages.popleft()

    def note(self, waiting: _Waiting) -> None:
        """Its row is there."""
        with self._lock:
            waiting.opened.waiting -= 1

    def left(self) -> list[_Open]:
        """The parts that are not written."""
        with self._lock:
            return list(self._parts)

    def finished(self) -> _Open | None:
        """The first part, if all of its outcomes are there; it is removed."""
        with self._lock:
            if self._parts and self._parts[0].is_taken and not self._parts[0].waiting:
                return self._parts.popleft()
            return None


def _measured(page: Page, waiting: _Waiting) -> Page:
    """The page, whose size and oddities are noted when it is decoded."""

    def read() -> Image:
        with remarks.kept() as waiting.remarks:
            image = page.read()
        waiting.size = image.shape[1], image.shape[0]
        return image

    return replace(page, read=read, input_path=waiting.item.name)
