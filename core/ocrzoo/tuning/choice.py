"""The record of a measurement, kept in the store beside the model, and the order of engines that follows from it.

It holds for one model, one set of engines and their versions, one CPU and number of cores: where any of them changes,
the record is another one, which is not there until ``ocrzoo tune`` makes it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Literal

from ocrzoo.engines.limits import usable_threads
from ocrzoo.loading.candidates import Candidate
from ocrzoo.loading.machine import cpu_key
from ocrzoo_registry.cards.fields import Items, Record
from ocrzoo_registry.files import read_bounded
from ocrzoo_registry.plugins.registrations import Registrations
from ocrzoo_registry.plugins.specs import EngineSpec
from ocrzoo_registry.store import derived
from ocrzoo_registry.store.store import ModelFiles, Store

MARGIN = 1.05
"""How many times as fast a way must be to be preferred: other programs disturb measurements by a few percent."""

STREAMS_MARGIN = 1.25
"""The same for fewer threads a call: several calls at once are faster together, but each of them takes longer."""

FILE_NAME = "choice.json"
MAX_BYTES = 1 << 20

log = logging.getLogger("ocrzoo")


class Way(Record):
    """One way to run a model, and how fast it was."""

    engine: str
    format: str
    precision: str
    batching: str
    streams: int
    """Calls at once."""
    threads: int
    """CPU threads a call."""
    rounds_ms: Items[float] = ()
    """Milliseconds a call, in each round; all ways ran once in a round. Empty: it could not be run."""
    same_answers: bool = False
    """Whether it found what the default finds in float32, letter for letter and corner for corner."""
    note: str = ""
    """Why it could not be run."""

    @property
    def ms(self) -> float:
        """The median of the rounds, in milliseconds."""
        return median(self.rounds_ms)

    def is_way_of(self, candidate: Candidate) -> bool:
        """Whether it is how a candidate runs, whatever the number of threads."""
        own = self.engine, self.format, self.precision, self.batching
        return own == (candidate.spec.name, candidate.files.file_format, candidate.precision, candidate.batching)

    def ratios_to(self, other: Way) -> list[float]:
        """How many times as fast as another way it was, round by round, ascending."""
        return sorted(base / own for own, base in zip(self.rounds_ms, other.rounds_ms, strict=False))

    def beats(self, other: Way) -> bool:
        """Whether it is clearly faster: by the margin in the median, and in three rounds of four."""
        ratios = self.ratios_to(other)
        margin = MARGIN if self.threads >= other.threads else STREAMS_MARGIN
        return bool(ratios) and median(ratios) >= margin and ratios[len(ratios) // 4] > 1


class Choice(Record):
    """What was measured of one model on one machine."""

    schema_version: Literal[1] = 1
    model: str
    made: str
    """Date and time, ISO 8601."""
    cpu: str
    cores: int
    engines: dict[str, str]
    """The engines that were installed, and their versions."""
    ways: Items[Way]
    """The default in float32 first."""
    chosen: dict[str, int]
    """Precision that is asked for, ``float32`` or ``auto``, to the index of the way that is then taken."""


def find(files: ModelFiles, engines: Registrations[EngineSpec], store: Store) -> Choice | None:
    """Return what was measured of a model on this machine with these engines, if anything."""
    folder = derived.find(files, recipe(engines), store=store)
    try:
        return None if folder is None else Choice.model_validate_json(read_bounded(folder / FILE_NAME, MAX_BYTES))
    except (OSError, ValueError) as error:
        log.debug("%s: %s", files.name, error)
        return None


def keep(choice: Choice, files: ModelFiles, engines: Registrations[EngineSpec], store: Store) -> None:
    """Keep a choice in the store, in place of an earlier one.

    Raises:
        StoreError: The store cannot be written.
    """

    def build(folder: Path) -> None:
        (folder / FILE_NAME).write_text(choice.model_dump_json(indent=1), encoding="utf-8")

    text = recipe(engines)
    if (earlier := derived.find(files, text, store=store)) is not None:
        derived.discard(store, earlier)
    derived.make(files, text, build, store=store)


def forget(files: ModelFiles, engines: Registrations[EngineSpec], store: Store) -> bool:
    """Remove the choice of a model; return whether there was one.

    Raises:
        StoreError: It cannot be removed.
    """
    folder = derived.find(files, recipe(engines), store=store)
    if folder is not None:
        derived.discard(store, folder)
    return folder is not None


def recipe(engines: Registrations[EngineSpec]) -> str:
    """Return what a choice holds for: the engines, their versions, the CPU and the cores that this process may use."""
    versions = ", ".join(f"{name} {version}" for name, version in installed(engines).items())
    return f"tune 2: {versions}; cpu {cpu_key()} x {usable_threads()}"


def installed(engines: Registrations[EngineSpec]) -> dict[str, str]:
    """Return the installed engines and their versions."""
    return {spec.name: spec.version for spec in sorted(engines, key=lambda spec: spec.name) if spec.installed}


def in_order(candidates: Sequence[Candidate], choice: Choice, *, any_streams: bool = True) -> list[Candidate]:
    """Return the candidates with the one that was clearly the fastest first, on as many streams as were.

    In float32 with PaddleX's calls, only ways with the default's answers count. Candidates that were not measured keep
    their places. Without ``any_streams``, the number of streams and of threads stays as it is.
    """
    default = next((way for way in choice.ways if way.is_way_of(candidates[0]) and way.rounds_ms), None)
    if default is None or candidates[0].options.device.kind != "cpu":
        return list(candidates)
    best, first = default, candidates[0]
    for way in choice.ways:
        candidate = next((one for one in candidates if way.is_way_of(one)), None)
        allowed = way.rounds_ms and (way.same_answers or (way.precision, way.batching) != ("float32", "exact"))
        fits = candidate is not None and (any_streams or way.streams == candidate.options.streams)
        if candidate is not None and allowed and fits and way.beats(default) and way.ms < best.ms:
            best, first = way, candidate
    chosen = first
    if best is not default and best.streams != first.options.streams:
        chosen = replace(first, options=replace(first.options, threads=best.threads, streams=best.streams))
    return [chosen, *(one for one in candidates if one is not first)]
