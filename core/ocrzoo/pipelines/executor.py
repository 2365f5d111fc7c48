"""Run a pipeline page by page: results keep the order of the pages, and a page that cannot be read fails alone."""

from __future__ import annotations

import itertools
import traceback
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, TypeVar, cast

import cv2

from ocrzoo.inputs import Page
from ocrzoo.inputs.page import PageError
from ocrzoo.results.output_files import OutputNames, PageSource
from ocrzoo.scheduling.in_order import Job, in_order, in_order_async
from ocrzoo.scheduling.slots import Slots
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError, causes

Result = TypeVar("Result")
Worker: TypeAlias = "Callable[[PageSource, Image], Result]"
"""Reads one page (H x W x 3, uint8, BGR) on its device."""
BatchWorker: TypeAlias = "Callable[[Sequence[PageSource], Sequence[Image]], Sequence[Result]]"
"""Reads several pages, a result each."""
OnError: TypeAlias = Callable[[InputError], None]
Reading: TypeAlias = "tuple[Iterator[Page], Sequence[Worker[Result]], OnError | None, Slots | None]"
"""The arguments of :func:`run_pages`."""


def run_pages(
    found: Iterator[Page],
    workers: Sequence[Worker[Result]],
    on_error: OnError | None,
    places: Slots | None = None,
) -> Iterator[Result]:
    """Yield a result a page, as soon as it is there and in the order of the pages.

    Pages overlap: each worker reads one in a thread of its own, and another thread decodes them. ``places`` limits how
    many pages are in work at once, from decoding to the result, those of other calls with the same places included; by
    default, one a worker. A page that cannot be read is handed to ``on_error``; without it, the error is raised after
    the last page.

    Raises:
        InputError: Pages could not be read (after all the others were).
    """
    failures = _Failures(on_error)
    for outcome in in_order(_job(found, workers, places)):
        if not failures.has(outcome):
            yield cast("Result", outcome)
        del outcome  # its pixels, before the next one
    failures.raise_all()


async def run_pages_async(
    found: Iterator[Page],
    workers: Sequence[Worker[Result]],
    on_error: OnError | None,
    places: Slots | None = None,
) -> AsyncGenerator[Result, None]:
    """Do the same for ``async for``; the event loop goes on meanwhile.

    Raises:
        InputError: Pages could not be read (after all the others were).
    """
    failures = _Failures(on_error)
    async with aclosing(in_order_async(_job(found, workers, places))) as outcomes:
        async for outcome in outcomes:
            if not failures.has(outcome):
                yield cast("Result", outcome)
            del outcome  # its pixels, before the next one
    failures.raise_all()


def run_batches(
    found: Iterator[Page],
    size: int,
    worker: BatchWorker[Result],
    on_error: OnError | None,
) -> Iterator[Result]:
    """Read ``size`` pages at a time and yield results in the order of the pages; errors as in :func:`run_pages`.

    A batch that fails is read again page by page, so that only the pages at fault are lost.

    Raises:
        InputError: Pages could not be read (after all the others were).
    """
    failures = _Failures(on_error)
    for outcome in _outcomes_in_batches(_with_sources(found), size, worker):
        if not failures.has(outcome):
            yield cast("Result", outcome)
    failures.raise_all()


class _Failures:
    """The errors of pages: handed on, or kept until all pages were read."""

    def __init__(self, on_error: OnError | None) -> None:
        self._on_error = on_error
        self._kept: list[InputError] = []

    def has(self, outcome: object) -> bool:
        """Whether an outcome is an error; it is handed on or kept."""
        if not isinstance(outcome, InputError):
            return False
        _release_pixels(outcome)
        if self._on_error is None:
            self._kept.append(outcome)
        else:
            self._on_error(outcome)
        return True

    def raise_all(self) -> None:
        """Raise what was kept."""
        if self._kept:
            raise self._kept[0] if len(self._kept) == 1 else InputError("; ".join(map(str, self._kept)))


@dataclass(frozen=True)
class _Decoded:
    page: Page
    source: PageSource
    image: list[Image] | InputError
    """The pixels, which whoever reads them takes out: errors keep the frames below, but must not keep pixels."""


def _job(
    found: Iterator[Page], workers: Sequence[Worker[Result]], places: Slots | None
) -> Job[tuple[Page, PageSource], _Decoded, Result | InputError]:
    places = places or Slots(lambda: len(workers))
    return Job(_with_sources(found), _decoded, [partial(_outcome, one) for one in workers], places, len(workers))


def _decoded(found: tuple[Page, PageSource]) -> _Decoded:
    page, source = found
    return _Decoded(page, source, _attempt(page, lambda: [page.read()]))


def _outcome(worker: Worker[Result], decoded: _Decoded) -> Result | InputError:
    image = decoded.image
    if isinstance(image, InputError):
        return image
    return _attempt(decoded.page, lambda: worker(decoded.source, image.pop()))


def _with_sources(found: Iterator[Page]) -> Iterator[tuple[Page, PageSource]]:
    names = OutputNames()
    for page in found:
        stem = names.stem(page.stem, page.page_index)
        yield page, PageSource(page.input_path, page.page_index, stem, names, page.origin)


def _outcomes_in_batches(
    found: Iterator[tuple[Page, PageSource]],
    size: int,
    worker: BatchWorker[Result],
) -> Iterator[Result | InputError]:
    while batch := [(page, source, _attempt(page, page.read)) for page, source in itertools.islice(found, size)]:
        good = [(page, source, image) for page, source, image in batch if not isinstance(image, InputError)]
        results = iter(_run_batch(good, worker))
        for _, _, image in batch:
            yield image if isinstance(image, InputError) else next(results)


def _run_batch(
    batch: Sequence[tuple[Page, PageSource, Image]],
    worker: BatchWorker[Result],
) -> Sequence[Result | InputError]:
    if not batch:
        return []
    try:
        return worker([source for _, source, _ in batch], [image for _, _, image in batch])
    except (InputError, MemoryError, cv2.error) as error:
        if len(batch) == 1:
            return [_failure(batch[0][0], error)]
    return [outcome for one in batch for outcome in _run_batch([one], worker)]


def _attempt(page: Page, run: Callable[[], Result]) -> Result | InputError:
    try:
        return run()
    except (InputError, MemoryError, cv2.error) as error:
        return _failure(page, error)


def _release_pixels(failure: InputError) -> None:
    """Clear the frames where a page's errors arose: their variables hold its pixels."""
    for error in causes(failure):
        traceback.clear_frames(error.__traceback__)


def _failure(page: Page, error: Exception) -> PageError:
    reason = " ".join(str(error).split()) or type(error).__name__
    where = "the input" if page.input_path is None else " ".join(page.input_path.split())
    has_name = reason.startswith(where) or (page.input_path is None and isinstance(error, InputError))
    failure = PageError(reason if has_name else f"{where}: {reason}", page)
    failure.__cause__ = error
    return failure
