"""Load a network into an engine; whatever an engine of others raises becomes one line."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from textwrap import shorten
from typing import cast

from ocrzoo.engines.base import Device, Engine, Session
from ocrzoo.engines.limits import usable_threads
from ocrzoo.guards import GuardedSession
from ocrzoo.loading import compiled
from ocrzoo.loading.candidates import Candidate
from ocrzoo.memory.ceiling import Ceiling
from ocrzoo.memory.process import limit_kept_memory
from ocrzoo_registry.errors import EngineError, UsageError
from ocrzoo_registry.plugins.specs import load_attribute
from ocrzoo_registry.store.store import Store

log = logging.getLogger("ocrzoo")


def load_session(
    candidate: Candidate,
    origin: object,
    warn: Callable[[str], object] | None,
    ceiling: Ceiling | None = None,
    store: Store | None = None,
    *,
    reads_lines: bool = False,
) -> GuardedSession:
    """Load a network; fall back to the CPU with a warning if the device is missing (as PaddleX does).

    Without ``warn``, a missing device is an error. ``origin`` names the engine's plugin in errors; ``ceiling`` bounds
    the memory of its calls, which are lines if it ``reads_lines``, or else pages; ``store`` keeps compiled networks, if
    given.

    Raises:
        EngineError: The engine cannot load it.
        UsageError: The ceiling is too low for it.
    """
    spec, files, options = candidate.spec, candidate.files, candidate.options
    limit_kept_memory(usable_threads())
    try:
        engine = cast("Engine", load_attribute(spec.factory)())
    except (Exception, SystemExit) as error:
        raise _failure(spec.name, origin, error) from error
    try:
        try:
            session = compiled.load(engine, files, options, store)
        except EngineError as error:
            if warn is None or options.device.kind == "cpu":
                raise
            warn(f"{shorten(str(error), 200, placeholder=' ...')}; the CPU is used instead")
            options = replace(options, device=Device())
            session = compiled.load(engine, files, options, store)
        threads = options.thread_count if options.device.kind == "cpu" else 0
        room = None
        if ceiling is not None and _takes_images(session):  # what others take is next to nothing
            room = ceiling.room(files.name, session, reads_lines=reads_lines)
        guarded = GuardedSession(
            *(files.name, session, threads, room),
            streams=options.streams,
            device=options.device,
            folder=files.folder,
        )
    except UsageError:
        raise
    except (Exception, SystemExit) as error:
        raise _failure(spec.name, origin, error) from error
    log.debug("%s: %s on %s from %s", files.name, files.file_format, candidate, files.folder)
    return guarded


def _takes_images(session: Session) -> bool:
    """Whether the network's only input may be a batch of images, as far as the engine reports it."""
    shapes = [port.shape for port in session.inputs]
    return len(shapes) <= 1 and all(shape is None or len(shape) == 4 for shape in shapes)


def _failure(engine: str, origin: object, error: BaseException) -> EngineError:
    return EngineError(f"engine {engine} ({origin}) failed: {type(error).__name__}: {error}")
