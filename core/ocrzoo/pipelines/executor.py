"""What all pipelines share: pages one by one, and a page that cannot be read is that page's error alone."""

from __future__ import annotations

import itertools
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

import cv2

from ocrzoo.inputs import Page
from ocrzoo.results.output_files import Names, PageSource
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError

Result = TypeVar("Result")
Lane = TypeVar("Lane")
OnError = Callable[[InputError], None]


def page_by_page(
    found: Iterator[Page],
    lanes: Sequence[Lane],
    read: Callable[[PageSource, Image, Lane], Result],
    on_error: OnError | None,
) -> Iterator[Result]:
    """Read pages and yield results as soon as they are there, in the order of the pages.

    As many pages are read side by side as there are lanes (settings of a device each). A page that cannot be
    read is handed to ``on_error``; without it, the error is raised after the last page.

    Raises:
        InputError: Pages could not be read (after all the others were).
    """
    yield from _deliver(_outcomes(_sources(found), lanes, read), on_error)


def in_batches(
    found: Iterator[Page],
    size: int,
    read: Callable[[Sequence[PageSource], Sequence[Image]], Sequence[Result]],
    on_error: OnError | None,
) -> Iterator[Result]:
    """Read pages ``size`` at a time and yield results in the order of the pages; errors as in :func:`page_by_page`.

    A batch that fails is read again page by page, so that only the pages at fault are lost.

    Raises:
        InputError: Pages could not be read (after all the others were).
    """
    yield from _deliver(_outcomes_in_batches(_sources(found), size, read), on_error)


def _deliver(outcomes: Iterator[Result | InputError], on_error: OnError | None) -> Iterator[Result]:
    failures: list[InputError] = []
    for outcome in outcomes:
        if not isinstance(outcome, InputError):
            yield outcome
            continue
        _let_go(outcome)
        if on_error is None:
            failures.append(outcome)
        else:
            on_error(outcome)
    if failures:
        raise failures[0] if len(failures) == 1 else InputError("; ".join(map(str, failures)))


def _sources(found: Iterator[Page]) -> Iterator[tuple[Page, PageSource]]:
    names = Names()
    for page in found:
        yield page, PageSource(page.input_path, page.page_index, names.stem(page.stem, page.page_index), names)


def _outcomes(
    found: Iterator[tuple[Page, PageSource]],
    lanes: Sequence[Lane],
    read: Callable[[PageSource, Image, Lane], Result],
) -> Iterator[Result | InputError]:
    """Read each page in the next lane; each lane has one page at a time."""
    if len(lanes) == 1:
        yield from (_outcome(page, source, lanes[0], read) for page, source in found)
        return
    with ExitStack() as stack:
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in lanes]
        waiting: deque[Future[Result | InputError]] = deque()
        for (page, source), (thread, lane) in zip(found, itertools.cycle(zip(threads, lanes, strict=True))):
            waiting.append(thread.submit(_outcome, page, source, lane, read))
            if len(waiting) == len(lanes):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _outcomes_in_batches(
    found: Iterator[tuple[Page, PageSource]],
    size: int,
    read: Callable[[Sequence[PageSource], Sequence[Image]], Sequence[Result]],
) -> Iterator[Result | InputError]:
    def decoded(page: Page) -> Image | InputError:
        try:
            return page.read()
        except (InputError, MemoryError, cv2.error) as error:
            return _failure(page, error)

    while batch := [(page, source, decoded(page)) for page, source in itertools.islice(found, size)]:
        good = [(page, source, image) for page, source, image in batch if not isinstance(image, InputError)]
        results = iter(_together(good, read))
        for _, _, image in batch:
            yield image if isinstance(image, InputError) else next(results)


def _together(
    batch: Sequence[tuple[Page, PageSource, Image]],
    read: Callable[[Sequence[PageSource], Sequence[Image]], Sequence[Result]],
) -> Sequence[Result | InputError]:
    if not batch:
        return []
    try:
        return read([source for _, source, _ in batch], [image for _, _, image in batch])
    except (InputError, MemoryError, cv2.error) as error:
        if len(batch) == 1:
            return [_failure(batch[0][0], error)]
    return [outcome for one in batch for outcome in _together([one], read)]


def _outcome(
    page: Page, source: PageSource, lane: Lane, read: Callable[[PageSource, Image, Lane], Result]
) -> Result | InputError:
    try:
        return read(source, page.read(), lane)
    except (InputError, MemoryError, cv2.error) as error:
        return _failure(page, error)


def _let_go(failure: InputError) -> None:
    """Keep the pixels of a page that failed no longer: they are variables of the frames where its errors arose."""
    error: BaseException | None = failure
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _failure(page: Page, error: Exception) -> InputError:
    reason = " ".join(str(error).split()) or type(error).__name__
    where = "an array" if page.input_path is None else " ".join(page.input_path.split())
    failure = InputError(reason if reason.startswith(where) else f"{where}: {reason}")
    failure.__cause__ = error
    return failure
