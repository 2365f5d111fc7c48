"""How one model is going to be run: the ways to try, the best first, and what makes its predictor."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

from ocrzoo.engines.base import Session
from ocrzoo.guards import GuardedSession
from ocrzoo.loading import self_check
from ocrzoo.loading.candidates import Candidate
from ocrzoo.loading.sessions import load_session
from ocrzoo.memory.ceiling import Ceiling
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.cards.weights import weights_fault
from ocrzoo_registry.errors import IntegrityError, UsageError
from ocrzoo_registry.store.store import ModelFiles
from ocrzoo_registry.zoo import Zoo

log = logging.getLogger("ocrzoo")

Maker = Callable[[Candidate, Session], Any]
"""Makes a predictor of a session."""


@dataclass(frozen=True)
class Loaded:
    """A model that is loaded, and how it runs."""

    predictor: Any
    candidate: Candidate

    def describe(self) -> dict[str, Any]:
        """Return as plain data which files run where: name, format, revision, digests, engine, precision and device."""
        files, options = self.candidate.files, self.candidate.options
        manifest = files.manifest
        return {
            "name": files.name,
            "format": files.file_format,
            "source": None if manifest is None else manifest.source,
            "revision": None if manifest is None else manifest.revision,
            "sha256": {} if manifest is None else {file.path: file.sha256 for file in manifest.files},
            "engine": self.candidate.spec.name,
            "engine_version": self.candidate.spec.version,
            "precision": self.candidate.precision,
            "batching": self.candidate.batching,
            "device": str(options.device),
        }


@dataclass(frozen=True)
class Plan:
    """How one model is going to be run."""

    zoo: Zoo
    card: ModelCard
    files: ModelFiles
    """The model as it was found; what is kept about it is kept for these files."""
    candidates: Sequence[Candidate]
    """At least one, the best first."""
    make: Maker
    is_checked: bool
    """Whether the weights must find what the card states: not those of the user."""
    warn: Callable[[str], object]
    """Logs a warning, once for all models."""
    ceiling: Ceiling | None = None
    """The bound of the process's memory, if there is one."""
    automatic: Sequence[Candidate] = ()
    """Of a plan to tune: those of the candidates that the precision ``auto`` allows, the best first."""

    def loaded(self) -> Loaded:
        """Load the model into the first engine that loads it and finds what the card states.

        If no engine finds that, the first one that loads the model is used, with a warning.

        Raises:
            EngineError: No engine can load it.
            IntegrityError: The files are none of weights, or the network is not what its task needs.
        """
        first: Loaded | None = None
        for candidate, session, is_last in self._sessions():
            predictor = self.make(candidate, session)
            candidate = candidate.on(session.device)  # noqa: PLW2901  # it may be another one than was asked for
            fault = self.fault_of(candidate, predictor)
            if fault is None:
                return Loaded(predictor, candidate)
            first = first or Loaded(predictor, candidate)
            step = "trying the next engine"
            if is_last:
                step = "no other engine can be tried, so its answers may be wrong: install another, or name one"
            engine = f"{candidate} {candidate.spec.version}"
            log.warning("%s failed its self-check on %s: %s; %s", self.card.name, engine, fault, step)
        assert first is not None, "there is a candidate, which was loaded or raised"  # noqa: S101
        return first

    def load(self, candidate: Candidate) -> Any:
        """Return the predictor on one engine.

        Raises:
            EngineError: It cannot load the model.
        """
        return self.make(candidate, self.session(candidate))

    def fault_of(self, candidate: Candidate, predictor: Any) -> str | None:
        """Return what the predictor finds otherwise than the card states, as text, or ``None``."""
        return self_check.fault_of(self.card, predictor, candidate, self.zoo.store) if self.is_checked else None

    def _sessions(self) -> Iterator[tuple[Candidate, GuardedSession, bool]]:
        """Load the model into one engine after the other, and tell which is the last; skip one that cannot, and warn.

        An engine without the device that is asked for takes the CPU, but only after all others were asked for it.
        """
        loaded = False
        if len(self.candidates) > 1 and self.candidates[0].options.device.kind != "cpu":
            for candidate in self.candidates:
                try:
                    session = self.session(candidate, any_device=False)
                except UsageError as error:
                    log.debug("%s", error)
                else:
                    loaded = True
                    yield candidate, session, False
        for number, candidate in enumerate(self.candidates):
            following = self.candidates[number + 1 : number + 2]
            is_last = not following
            try:
                session = self.session(candidate)
            except UsageError as error:
                _check_weights(candidate.files)
                if is_last and not loaded:
                    raise
                step = f"trying {following[0]}" if following else "there is no other engine"
                log.warning("%s; %s", str(error)[:300], step)
            else:
                loaded = True
                yield candidate, session, is_last

    def session(self, candidate: Candidate, *, any_device: bool = True) -> GuardedSession:
        """Load the network into one engine, as :func:`load_networks` does.

        Raises:
            EngineError: The engine cannot load the model, or, without ``any_device``, lacks the device.
        """
        lines = self.card.task == "text_recognition"
        origin = self.zoo.engines.origin(candidate.spec.name)
        warn = self.warn if any_device else None

        def load(one: Candidate) -> GuardedSession:
            return load_session(one, origin, warn, self.ceiling, self.zoo.store, reads_lines=lines)

        return load_networks(self.card, candidate, load)


def load_networks(card: ModelCard, candidate: Candidate, load: Callable[[Candidate], GuardedSession]) -> GuardedSession:
    """Load the network of a model; of several, return a copy of the first, which has all of them in ``networks``."""
    artifact = card.artifacts.get(candidate.files.file_format)
    networks = {} if artifact is None else {name: load(candidate.of_network(name)) for name in artifact.networks}
    first = next(iter(networks.values()), None)
    session = load(candidate) if first is None else copy(first)  # one that has itself is freed only later
    session.networks, session.folder = networks, candidate.files.folder
    return session


def _check_weights(files: ModelFiles) -> None:
    """Say what is wrong with files that an engine could not load, before it does in its own words.

    Raises:
        IntegrityError: A file is missing, or is none of weights.
    """
    if fault := weights_fault(files.folder, files.file_format):
        raise IntegrityError(f"{files.name}: {files.folder}: {fault}")
