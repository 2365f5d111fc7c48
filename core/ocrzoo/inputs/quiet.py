"""Warnings of parsers kept back, from several threads at once.

``warnings.catch_warnings`` alone is for one thread: two that leave in another order than they came would silence the
whole program for good.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_changing = Lock()
_inside: list[object] = []
"""A sign for each thread that is within."""
_caught = warnings.catch_warnings()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings back as long as any thread is within."""
    global _caught  # noqa: PLW0603  # one for all threads
    sign = object()
    with _changing:
        if not _inside:
            _caught = warnings.catch_warnings()
            _caught.__enter__()
            warnings.simplefilter("ignore")
        _inside.append(sign)
    try:
        yield
    finally:
        with _changing:
            _inside.remove(sign)
            if not _inside:
                _caught.__exit__(None, None, None)
