"""Getting several models at once; a failure affects its own model only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.errors import OcrzooError, StoreError
from ocrzoo_registry.store.store import ModelFiles

Item = TypeVar("Item")
Result = TypeVar("Result")

CONCURRENT_MODELS = 3
"""Each model downloads several files at once itself."""


@dataclass(frozen=True)
class DownloadResult:
    """The files of one request, or why it failed."""

    request: DownloadRequest
    files: ModelFiles | None
    error: OcrzooError | None = None


def get_all(resolver: Resolver, requests: Sequence[DownloadRequest]) -> list[DownloadResult]:
    """Get several models concurrently; results are in the order of the requests. Ctrl-C cancels all downloads."""
    return run_concurrently(lambda request: _get(resolver, request), requests, resolver.events.cancelled)


def run_concurrently(
    call: Callable[[Item], Result], items: Iterable[Item], cancelled: Event, workers: int = CONCURRENT_MODELS
) -> list[Result]:
    """Call a function with each item in several threads; results are in the order of the items.

    An exception, and Ctrl-C, sets ``cancelled``, so that the other threads end early too.
    """
    with ThreadPoolExecutor(workers) as pool:
        try:
            return list(pool.map(call, items))
        except BaseException:  # Ctrl-C too: leaving the pool would wait for every download
            cancelled.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _get(resolver: Resolver, request: DownloadRequest) -> DownloadResult:
    try:
        return DownloadResult(request, resolver.get(request))
    except OcrzooError as error:
        return DownloadResult(request, None, error)
    except OSError as error:  # a folder or charset of this model that cannot be read
        return DownloadResult(request, None, StoreError(f"{request.name}: {error}"))
