"""Run a pipeline page by page: results keep the order of the pages, and a page that cannot be read fails alone."""

from __future__ import annotations

import itertools
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeAlias, TypeVar

import cv2

from ocrzoo.inputs import Page
from ocrzoo.inputs.page import PageError
from ocrzoo.results.output_files import OutputNames, PageSource
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError, causes

Result = TypeVar("Result")
Worker: TypeAlias = "Callable[[PageSource, Image], Result]"
"""Reads one page (H x W x 3, uint8, BGR) on its device."""
BatchWorker: TypeAlias = "Callable[[Sequence[PageSource], Sequence[Image]], Sequence[Result]]"
"""Reads several pages, a result each."""
OnError: TypeAlias = Callable[[InputError], None]


def run_pages(found: Iterator[Page], workers: Sequence[Worker[Result]], on_error: OnError | None) -> Iterator[Result]:
    """Yield a result a page, as soon as it is there and in the order of the pages.

    Each worker has one page at a time. A page that cannot be read is handed to ``on_error``; without it, the error
    is raised after the last page.

    Raises:
        InputError: Pages could not be read (after all the others were).
    """
    yield from _deliver(_outcomes(_with_sources(found), workers), on_error)


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
    yield from _deliver(_outcomes_in_batches(_with_sources(found), size, worker), on_error)


def _deliver(outcomes: Iterator[Result | InputError], on_error: OnError | None) -> Iterator[Result]:
    failures: list[InputError] = []
    for outcome in outcomes:
        if not isinstance(outcome, InputError):
            yield outcome
            continue
        _release_pixels(outcome)
        if on_error is None:
            failures.append(outcome)
        else:
            on_error(outcome)
    if failures:
        raise failures[0] if len(failures) == 1 else InputError("; ".join(map(str, failures)))


def _with_sources(found: Iterator[Page]) -> Iterator[tuple[Page, PageSource]]:
    names = OutputNames()
    for page in found:
        stem = names.stem(page.stem, page.page_index)
        yield page, PageSource(page.input_path, page.page_index, stem, names, page.origin)


def _outcomes(
    found: Iterator[tuple[Page, PageSource]], workers: Sequence[Worker[Result]]
) -> Iterator[Result | InputError]:
    """Give pages to the workers in turn; several workers run in a thread each."""
    if len(workers) == 1:
        yield from (_outcome(page, source, workers[0]) for page, source in found)
        return
    with ExitStack() as stack:
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in workers]
        waiting: deque[Future[Result | InputError]] = deque()
        for (page, source), (thread, worker) in zip(found, itertools.cycle(zip(threads, workers, strict=True))):
            waiting.append(thread.submit(_outcome, page, source, worker))
            if len(waiting) == len(workers):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


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


def _outcome(page: Page, source: PageSource, worker: Worker[Result]) -> Result | InputError:
    return _attempt(page, lambda: worker(source, page.read()))


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
