"""Running a model where the store cannot be written: copies of local files, for this process only."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.download.source_order import SourceOrder
from ocrzoo_registry.errors import OcrzooError, StoreError
from ocrzoo_registry.store.store import ModelFiles, Store

if TYPE_CHECKING:
    from ocrzoo_registry.download.request import DownloadRequest

log = logging.getLogger("ocrzoo")


def get_to_run(resolver: Resolver, request: DownloadRequest) -> ModelFiles:
    """Return a model to run: from the store, else from a source.

    Where the store cannot be written, the sources that need no network are asked (an installed distribution, a
    folder), and the model is used from a temporary folder, which is deleted when the process ends. Models that would
    have to be downloaded are not: each process would download them again.

    Raises:
        StoreError: The store cannot be written, and no local source has the model.
        OcrzooError: As :meth:`Resolver.get`.
    """
    try:
        return resolver.get(request)
    except StoreError as error:
        files = _copied(resolver, request)
        if files is None:
            raise
        _warn_once(str(error))
        return files


def _copied(resolver: Resolver, request: DownloadRequest) -> ModelFiles | None:
    sources = resolver.sources
    local = tuple(name for name in sources.names_for(request.card) if not sources.specs.get(name).network)
    order = SourceOrder(replace(sources.settings, sources=local, sources_exact=True), sources.specs)
    try:
        return Resolver(order, Store(Path(_folder().name)), resolver.events).get(request)
    except (OcrzooError, OSError):
        return None


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="ocrzoo-", ignore_cleanup_errors=True)  # Windows keeps what an engine has open


@cache
def _warn_once(error: str) -> None:
    log.warning("%s. Local weights are used from a temporary folder for now", error.rstrip("."))
