"""Networks that an engine has compiled, kept in the store: the next process loads them in a third of the time.

They are derived files (:mod:`ocrzoo_registry.store.derived`): keyed by the model's digest, the engine, its version, the
precision and the CPU or the card, made by one process at a time, and whole or not there. Whatever is wrong with them,
the model is loaded without them.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from functools import partial

from ocrzoo.engines.base import CompilingEngine, Engine, EngineOptions, Session
from ocrzoo.loading.machine import cards_key, cpu_key
from ocrzoo_registry.errors import EngineError, StoreError
from ocrzoo_registry.store import derived
from ocrzoo_registry.store.store import ModelFiles, Store

MOST = 4
"""Compiled networks of one model that are kept; the oldest ones, of former versions or other CPUs, are deleted."""

_KIND = "compiled network: "
"""What their recipes begin with."""

log = logging.getLogger("ocrzoo")


def load(engine: Engine, files: ModelFiles, options: EngineOptions, store: Store | None) -> Session:
    """Load a model into an engine, from its compiled network if the engine can keep one; a missing one is made.

    Raises:
        EngineError: The engine cannot load the model.
    """
    stated = engine.compiled_for(options) if isinstance(engine, CompilingEngine) else None
    if store is None or stated is None or not isinstance(engine, CompilingEngine):
        return engine.load(files.folder, files.file_format, options)
    own = files if _in_its_place(files, store) else replace(files, manifest=None)
    recipe = f"{_KIND}{stated}, {cpu_key() if options.device.kind == 'cpu' else cards_key()}"
    build = partial(engine.compile, files.folder, files.file_format, options)
    try:
        made = derived.find(own, recipe, store=store)
        if made is None:
            made = derived.make(own, recipe, build, store=store)
            with suppress(OSError, StoreError):  # another process may be at it
                _drop_old(derived.model_digest(own), store)
        return engine.load_compiled(made, files.folder, files.file_format, options)
    except (StoreError, EngineError) as error:
        log.debug("%s: loaded without a compiled network: %s", files.name, error)
        return engine.load(files.folder, files.file_format, options)


def _in_its_place(files: ModelFiles, store: Store) -> bool:
    """Whether the manifest is that of the folder; what was made from a model keeps the model's."""
    return files.manifest is not None and files.folder == store.folder(files.name, files.file_format)


def _drop_old(digest: str, store: Store) -> None:
    """Delete all but the newest compiled networks of a model."""
    found = [
        (folder.stat().st_mtime_ns, folder)
        for folder, record in derived.derived_folders(store)
        if record is not None and record.model_digest == digest and record.recipe.startswith(_KIND)
    ]
    for _, folder in sorted(found)[:-MOST]:
        derived.discard(store, folder)
