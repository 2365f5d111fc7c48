"""What all pipelines share: pages one by one, and a page that cannot be read is that page's error alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import cv2

from ocrzoo.inputs import Page
from ocrzoo.results.saving import Names
from ocrzoo.results.source import PageSource
from ocrzoo.tasks.quads import Image
from ocrzoo_registry.errors import InputError

Result = TypeVar("Result")
OnError = Callable[[InputError], None]


def page_by_page(
    found: Iterator[Page], read: Callable[[PageSource, Image], Result], on_error: OnError | None
) -> Iterator[Result]:
    """Read pages and yield results as soon as they are there, in the order of the pages.

    A page that cannot be read is handed to ``on_error``; without it, the error is raised after the last page.

    Raises:
        InputError: Pages could not be read (after all the others were).
    """
    names = Names()
    failures: list[InputError] = []
    for page in found:
        try:
            source = PageSource(page.input_path, page.page_index, names.stem(page.stem, page.page_index), names)
            result = read(source, page.read())
        except (InputError, MemoryError, cv2.error) as error:
            failure = _failure(page, error)
            failures.append(failure)
            if on_error is not None:
                on_error(failure)
            continue
        yield result
    if failures and on_error is None:
        raise failures[0] if len(failures) == 1 else InputError("; ".join(map(str, failures)))


def _failure(page: Page, error: Exception) -> InputError:
    reason = " ".join(str(error).split()) or type(error).__name__
    where = page.input_path or "an array"
    failure = InputError(reason if reason.startswith(where) else f"{where}: {reason}")
    failure.__cause__ = error
    return failure
