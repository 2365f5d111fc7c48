"""The resolver: from a card to verified files in the store, whichever source has them.

It holds the policy: in which order sources are asked, which digest is believed, what happens offline,
and what the user is told when nothing helped.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from threading import Event
from typing import TYPE_CHECKING, cast

from ocrzoo_registry.card_files import OfferedCard
from ocrzoo_registry.cards import Format
from ocrzoo_registry.contracts import Listing, Source, SourceSpec, load_attribute
from ocrzoo_registry.errors import IntegrityError, SourceError, StoreError, Unreachable, UsageError
from ocrzoo_registry.manifest import WRITTEN_FROM_CARD, Manifest
from ocrzoo_registry.nearest import did_you_mean
from ocrzoo_registry.offers import Offers
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store import ModelFiles, Store

if TYPE_CHECKING:
    from ocrzoo_registry.attempts import Attempt
    from ocrzoo_registry.fetching import Fetcher, Watch
    from ocrzoo_registry.orders import Order

REMEMBER_SILENCE_S = 60.0
"""How long a source that did not answer is asked after the others, so that each model does not wait for it again."""

log = logging.getLogger("ocrzoo")


class Resolver:
    """Finds models in the store, and brings in those that are not there."""

    def __init__(self, settings: Settings, sources: Offers[SourceSpec], store: Store) -> None:
        self.store = store
        self._settings = settings
        self._specs = sources
        self._loaded: dict[str, Source] = {}
        self._silent_since: dict[str, float] = {}
        self.watch: Watch | None = None
        """Told of all that is fetched; a command line shows progress through it."""
        self.on_wait: Callable[[str], object] = lambda _message: None
        """Told when another process is fetching the same model."""
        self.cancelled = Event()
        """Set it to end all transfers of this resolver."""

    def resolve(self, offered: OfferedCard, formats: Sequence[Format]) -> ModelFiles:
        """Return the model in the first of the formats that is here or can be had.

        Raises:
            SourceError: No source has it, or none can deliver it.
            OfflineError: It is not here, and the network is off limits.
            IntegrityError: What a source delivered has other bytes than promised.
            UsageError: ``PADDLE_PDX_MODEL_SOURCE`` names a source that nobody knows.
            StoreError: The store cannot be written.
        """
        name = offered.card.name
        published: list[Format] = [kind for kind in formats if kind in offered.card.artefacts]
        if not published:
            raise SourceError(
                f"{name}: published as {', '.join(offered.card.artefacts)}, but {', '.join(formats)} is needed"
            )
        order = self.source_names()
        if found := self._find(offered, published):
            return found
        attempts: list[Attempt] = []
        with self._lock(name):
            if found := self._find(offered, published):
                return found
            for file_format in published:
                if fetched := self._fetch(offered, file_format, order, attempts):
                    return fetched
        return self._outdated_or_failure(offered, published, attempts)

    def fetch(self, offered: OfferedCard, file_format: Format, expected: Manifest | None = None) -> ModelFiles:
        """Bring a model into the store though it lies there; files that keep their promise are not fetched again.

        ``expected`` is what must come, to the byte.

        Raises:
            SourceError: No source has it, or none can deliver it.
            IntegrityError: What a source delivered is not what was promised or expected.
            StoreError: The store cannot be written.
        """
        attempts: list[Attempt] = []
        with self._lock(offered.card.name):
            if fetched := self._fetch(offered, file_format, self.source_names(), attempts, expected):
                return fetched
        raise self._failure(offered, [file_format], attempts)

    def fetch_locked(self, offered: OfferedCard, entry: Manifest) -> ModelFiles:
        """Return the model of a lock file: from the store if it is that one, else fetched and compared to the byte.

        Raises:
            IntegrityError: What can be had differs from the lock file.
            SourceError: Nothing can be had.
        """
        from ocrzoo_registry.adoption import adopt
        from ocrzoo_registry.contracts import RemoteFile
        from ocrzoo_registry.lockfile import locked, same
        from ocrzoo_registry.orders import Order

        found = self.store.find(entry.name, entry.format)
        if found is not None and found.manifest is not None and same(found.manifest, entry):
            return found
        offered = locked(offered, entry)
        files = (RemoteFile(one.path, one.size, one.sha256, digest_origin=one.digest_origin) for one in entry.served)
        with self._lock(entry.name):
            order = Order(offered, entry.format, entry.source, expected=entry)
            if adopted := adopt(self.store, order, Listing(entry.revision, tuple(files))):
                return adopted
        return self.fetch(offered, entry.format, entry)

    def trust(self, offered: OfferedCard, formats: Sequence[Format]) -> ModelFiles | None:
        """Take a folder that something else than ocrzoo put into the store, unverified; ``None`` if there is none.

        Raises:
            IntegrityError: It is another model's, or incomplete.
        """
        from ocrzoo_registry.adoption import TRUSTED, trust
        from ocrzoo_registry.orders import Order

        with self._lock(offered.card.name):
            for file_format in formats:
                if file_format not in offered.card.artefacts:
                    continue
                if taken := trust(self.store, Order(offered, file_format, TRUSTED)):
                    log.warning("%s: %s is taken as it is; nobody verified it", taken.name, taken.folder)
                    return taken
        return None

    def source_names(self) -> tuple[str, ...]:
        """Return the sources in the order in which they are asked.

        Raises:
            UsageError: ``PADDLE_PDX_MODEL_SOURCE`` names one that nobody knows, or that two plugins offer.
        """
        ranked = [spec.name for spec in sorted(self._specs, key=lambda spec: (spec.rank, spec.name))]
        known = {name.lower(): name for name in [*self._specs.conflicts, *ranked]}
        wanted: list[str] = []
        for name in self._settings.sources:
            if name.lower() not in known:
                raise UsageError(
                    f"PADDLE_PDX_MODEL_SOURCE: no source is called {name!r}{did_you_mean(name, known)}; "
                    f"there are {', '.join(ranked)}"
                )
            wanted.append(known[name.lower()])
            self._specs.get(wanted[-1])
        exact = self._settings.sources_exact or len(wanted) > 1
        return tuple(wanted if exact else dict.fromkeys([*wanted, *ranked]))

    def source(self, name: str) -> Source:
        """Return a source, loaded when it is first needed.

        Raises:
            UsageError: It cannot be loaded.
        """
        if name not in self._loaded:
            self._loaded[name] = cast("Source", load_attribute(self._specs.get(name).factory)(self._settings))
        return self._loaded[name]

    def _lock(self, name: str) -> AbstractContextManager[None]:
        return self.store.lock(name, lambda: self.on_wait(f"waiting for another process that is fetching {name}"))

    def _find(self, offered: OfferedCard, formats: Sequence[Format]) -> ModelFiles | None:
        """Look into the store, for a model of the revision that its local source or card has now."""
        found = (self.store.find(offered.card.name, file_format) for file_format in formats)
        return next((files for files in found if files is not None and self._is_current(offered, files)), None)

    def _is_current(self, offered: OfferedCard, files: ModelFiles) -> bool:
        manifest = files.manifest
        if manifest is None:
            return True
        written = [file.digest_origin for file in manifest.files if file.digest_origin.startswith(WRITTEN_FROM_CARD)]
        if written:
            from ocrzoo_registry import inference_config

            if written != [inference_config.origin(offered)]:
                return False
        pins = {file.path: file.sha256 for file in offered.card.artefacts[files.file_format].files if file.sha256}
        if any(pins.get(file.path, file.sha256) != file.sha256 for file in manifest.files):
            return False
        if manifest.source not in self._specs or not self._specs.get(manifest.source).changes:
            return True
        from ocrzoo_registry.transfer import blamed_on_source

        try:
            with blamed_on_source():
                listing = self.source(manifest.source).list(offered, files.file_format)
        except (SourceError, IntegrityError):
            return True
        return listing is None or listing.revision == manifest.revision

    def _fetch(
        self,
        offered: OfferedCard,
        file_format: Format,
        order: Sequence[str],
        attempts: list[Attempt],
        expected: Manifest | None = None,
    ) -> ModelFiles | None:
        from ocrzoo_registry.attempts import Attempt
        from ocrzoo_registry.fetching import Fetcher, unwatched
        from ocrzoo_registry.orders import Order

        fetcher = Fetcher(self.store, self.watch or unwatched, self.cancelled)
        for name in sorted(order, key=self._fell_silent):
            if self._settings.offline and self._specs.get(name).network:
                attempts.append(Attempt(name, "not asked, the network is off limits", "offline"))
                continue
            try:
                fetched = self._fetch_from(fetcher, Order(offered, file_format, name, expected))
                if fetched is not None:
                    return fetched
                attempts.append(Attempt(name, f"not there as {file_format}", "missing"))
            except StoreError:
                raise
            except (SourceError, IntegrityError) as error:
                attempts.append(Attempt.failed(name, error))
                if attempts[-1].outcome in {"unreachable", "too slow"}:
                    self._silent_since[name] = time.monotonic()
                log.debug("%s from %s failed", offered.card.name, name, exc_info=True)
            if self.cancelled.is_set():
                break
        return None

    def _fetch_from(self, fetcher: Fetcher, order: Order) -> ModelFiles | None:
        """Fetch what a source has; what it changed meanwhile is listed and fetched once more."""
        listing = self._list(order)
        if listing is None:
            return None
        try:
            return fetcher.fetch(order, self.source(order.source_name), listing)
        except IntegrityError:
            changed = self._list(order)
            if changed is None or changed.revision == listing.revision:
                raise
            return fetcher.fetch(order, self.source(order.source_name), changed)

    def _fell_silent(self, name: str) -> bool:
        """Whether a source did not answer a moment ago: it is then asked last, and again in turn after a while."""
        return time.monotonic() - self._silent_since.get(name, -math.inf) < REMEMBER_SILENCE_S

    def _list(self, order: Order) -> Listing | None:
        """Ask a source what it has; one behind the network has a bounded time to answer."""
        from ocrzoo_registry.bounded import within
        from ocrzoo_registry.transfer import blamed_on_source

        spec = self._specs.get(order.source_name)
        with blamed_on_source():
            source = self.source(spec.name)
            if not spec.network:
                return source.list(order.offered, order.file_format)
            try:
                return within(spec.answer_s, lambda: source.list(order.offered, order.file_format), stop=self.cancelled)
            except TimeoutError as error:
                raise Unreachable(str(error)) from error

    def _outdated_or_failure(
        self, offered: OfferedCard, formats: Sequence[Format], attempts: Sequence[Attempt]
    ) -> ModelFiles:
        """Return what lies in the store, where it could only not be renewed.

        Raises:
            SourceError: Nothing lies there.
            IntegrityError: Or wrong bytes came.
        """
        from ocrzoo_registry.attempts import any_corrupt, tell

        found = (self.store.find(offered.card.name, file_format) for file_format in formats)
        outdated = next(filter(None, found), None)
        if outdated is None or any_corrupt(attempts):
            raise self._failure(offered, formats, attempts)
        log.warning("%s has changed since it was fetched, and is used as it was: %s", outdated.name, tell(attempts))
        return outdated

    def _failure(self, offered: OfferedCard, formats: Sequence[Format], attempts: Sequence[Attempt]) -> Exception:
        from ocrzoo_registry.attempts import failure

        name = offered.card.name
        folders = {file_format: self.store.folder(name, file_format) for file_format in formats}
        return failure(name, folders, attempts, offline=self._settings.offline)
