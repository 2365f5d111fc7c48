"""Which sources are asked, in which order, and for how long."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterable, Mapping
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, cast

from ocrzoo_registry.errors import OcrzooError, Unreachable, UsageError
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.plugins.registrations import OFFICIAL, Registrations
from ocrzoo_registry.plugins.specs import SourceSpec, load_attribute
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Holding, Keeping, Listing, Offering, Source, Versioned

if TYPE_CHECKING:
    from pathlib import Path

    from ocrzoo_registry.cards.fields import Format
    from ocrzoo_registry.cards.schema import ModelCard
    from ocrzoo_registry.download.request import DownloadRequest
    from ocrzoo_registry.sources.base import RemoteFile

log = logging.getLogger("ocrzoo")

REMEMBER_SILENCE_S = 60.0
"""How long a source that did not respond is asked after the others, so that not every model waits for it."""


class SourceOrder:
    """Sources in the order of the settings, each created on first use."""

    def __init__(
        self, settings: Settings, specs: Registrations[SourceSpec], loaded: Mapping[str, Source] | None = None
    ) -> None:
        """``loaded`` are sources by name that need not be made by their factories."""
        self.settings = settings
        self.specs = specs
        self._loaded = dict(loaded or {})
        self._silent_since: dict[str, float] = {}

    def names(self) -> tuple[str, ...]:
        """Return the sources in the order in which they are asked.

        Raises:
            UsageError: ``PADDLE_PDX_MODEL_SOURCE`` names an unknown one, or one that two plugins register.
        """
        in_order = sorted(self.specs, key=lambda spec: (spec.rank, spec.name))
        ranked = [spec.name for spec in in_order if not spec.unavailable_reason]
        known = {name.lower(): name for name in [*self.specs.conflicts, *self.specs.names]}
        wanted: list[str] = []
        for name in self.settings.sources:
            if name.lower() not in known:
                set_in = self.settings.environ.get("PADDLE_PDX_MODEL_SOURCE", "")
                where = " in PADDLE_PDX_MODEL_SOURCE" if name in set_in else ""
                all_names = ", ".join(spec.name for spec in in_order)
                raise UsageError(f"unknown source {name!r}{where}{did_you_mean(name, known)}: choose {all_names}")
            spec = self.specs.get(known[name.lower()])
            if spec.unavailable_reason:
                raise UsageError(f"source {spec.name!r} needs {spec.unavailable_reason}")
            wanted.append(spec.name)
        exact = self.settings.sources_exact or len(wanted) > 1
        return tuple(wanted if exact else dict.fromkeys([*wanted, *ranked]))

    def names_for(self, card: ModelCard) -> tuple[str, ...]:
        """Return the sources to ask for a model: of an address those that read what it names, or keep copies.

        Where none reads it, as beside a bundle, all are asked.

        Raises:
            UsageError: As :meth:`names`.
        """
        if card.address is None or card.address.source not in {spec.key for spec in self.specs}:
            return self.names()
        in_order = sorted(self.specs, key=lambda spec: (spec.rank, spec.name))
        return tuple(
            spec.name
            for spec in in_order
            if (spec.key == card.address.source or spec.keeps_copies) and not spec.unavailable_reason
        )

    def responsive_first(self, names: Iterable[str]) -> list[str]:
        """Return the sources with those last that did not respond recently."""
        return sorted(names, key=self.is_silent)

    def is_silent(self, name: str) -> bool:
        """Whether a source did not respond recently."""
        return time.monotonic() - self._silent_since.get(name, -math.inf) < REMEMBER_SILENCE_S

    def note_silence(self, name: str) -> None:
        """Remember that a source does not respond."""
        self._silent_since[name] = time.monotonic()

    def that_compare(self, names: Iterable[str]) -> list[str]:
        """Return the sources that list a model without downloading it."""
        return [name for name in names if not self.specs.get(name).listing_downloads]

    def that_update(self, names: Iterable[str]) -> list[str]:
        """Return the sources that list the latest revision of a model; all, if the user wants no others."""
        names = list(names)
        return [name for name in names if not self.specs.get(name).keeps_copies] or names

    def copies(self, names: Iterable[str], request: DownloadRequest, file: RemoteFile) -> list[Path]:
        """Return the local files that may be a listed one, from those of these sources that keep copies."""
        found: list[Path] = []
        for name in [name for name in names if self.specs.get(name).keeps_copies]:
            try:
                source = self.load(name)
                if isinstance(source, Keeping):
                    found += source.copies(request.card, request.file_format, file)
            except Exception as error:  # noqa: BLE001  # whatever a plugin's source raises
                log.debug("%s", self._failure(name, error))
        return found

    def is_offline(self, name: str) -> bool:
        """Whether a source needs the network, and offline mode is on."""
        return self.settings.offline and self.specs.get(name).network

    def is_mutable(self, name: str) -> bool:
        """Whether a source is known, and its models may change in place."""
        return name in self.specs and self.specs.get(name).mutable

    def holds(self, name: str, model: str) -> bool:
        """Whether a source that cards do not name has a model; false if it fails or does not answer in time."""
        from ocrzoo_registry.network.deadline import Deadline

        timeout_s = self.specs.get(name).list_timeout_s
        try:
            source = self.load(name)
            return isinstance(source, Holding) and Deadline(timeout_s).run(lambda: source.holds(model))
        except Exception as error:  # noqa: BLE001  # whatever a plugin's source raises
            log.debug("%s", self._failure(name, error))
            return False

    def offer(self, model: str) -> str | None:
        """Return how to get the card of a model that no card here describes; ``None`` if no source has it in time."""
        from ocrzoo_registry.network.deadline import Deadline

        for spec in self._discoverable():
            try:
                source = self.load(spec.name)
                if isinstance(source, Offering) and (
                    found := Deadline(spec.list_timeout_s).run(partial(source.offer, model))
                ):
                    return found
            except Exception as error:  # noqa: BLE001  # whatever a plugin's source raises
                log.debug("%s", self._failure(spec.name, error))
        return None

    def cards(self) -> tuple[ModelCard, ...]:
        """Return the cards that sources have, if the settings trust them; a source that fails is a warning."""
        from ocrzoo_registry.network.deadline import Deadline

        found: tuple[ModelCard, ...] = ()
        for spec in self._discoverable() if self.settings.mirror_cards else ():
            try:
                source = self.load(spec.name)
                if isinstance(source, Offering):
                    found += tuple(Deadline(spec.list_timeout_s).run(source.cards))
            except Exception as error:  # noqa: BLE001  # whatever a plugin's source raises
                log.warning("no cards from %s", self._failure(spec.name, error))
        return found

    def lists(self, name: str, card: ModelCard, file_format: Format) -> bool:
        """Whether a local source has a model; not if it fails."""
        try:
            return self.load(name).list(card, file_format) is not None
        except Exception as error:  # noqa: BLE001  # whatever a plugin's source raises
            log.debug("%s", self._failure(name, error))
            return False

    def _discoverable(self) -> list[SourceSpec]:
        """The sources that may have models whose cards do not name them, and that may be asked now, in order."""
        found = map(self.specs.get, self.names())
        return [spec for spec in found if spec.discoverable and not self.is_offline(spec.name)]

    def _failure(self, name: str, error: Exception) -> str:
        """What a source raised, and whose it is if it is no error of ours."""
        if isinstance(error, OcrzooError | TimeoutError):
            return f"{name}: {error}"
        return f"{name} ({self.specs.origin(name)}): {type(error).__name__}: {error}"

    def load(self, name: str) -> Source:
        """Return a source, made when it is first needed.

        Raises:
            UsageError: It cannot be loaded.
        """
        if name not in self._loaded:
            self._loaded[name] = cast("Source", load_attribute(self.specs.get(name).factory)(self.settings))
        return self._loaded[name]

    def list(self, name: str, request: DownloadRequest, cancelled: Event, *, latest: bool = False) -> Listing | None:
        """Return what a source has of a model: the expected revision, or the ``latest``.

        A source behind the network has a bounded time to answer.

        Raises:
            Unreachable: It does not answer in time.
            Cancelled: The download was cancelled meanwhile.
            SourceError: The source failed otherwise.
        """
        from ocrzoo_registry.download.transfer import Cancelled, blamed_on_source
        from ocrzoo_registry.network.deadline import Deadline

        spec = self.specs.get(name)

        def call() -> Listing | None:
            source = self.load(name)
            if request.expected is not None and not latest and isinstance(source, Versioned):
                return source.list_expected(request.card, request.file_format, request.expected)
            return source.list(request.card, request.file_format)

        origin = self.specs.origin(name)
        with blamed_on_source("" if origin.distribution == OFFICIAL else str(origin)):
            if not spec.network:
                return call()
            try:
                return Deadline(spec.list_timeout_s, cancelled.is_set).run(call)
            except TimeoutError as error:
                if cancelled.is_set():
                    raise Cancelled("cancelled") from error
                raise Unreachable(str(error)) from error
