"""The resolver: from a card to verified files in the store, whichever source has them.

It holds the policy: in which order sources are asked, which digest is believed, what happens offline,
and what the user is told when nothing helped.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from ocrzoo_registry.cards.schema import Format, ModelCard
from ocrzoo_registry.download.request import Order
from ocrzoo_registry.download.source_order import SourceOrder
from ocrzoo_registry.errors import IntegrityError, SourceError, StoreError
from ocrzoo_registry.plugins.registrations import Registrations
from ocrzoo_registry.plugins.specs import SourceSpec
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Listing
from ocrzoo_registry.store.manifest import Manifest
from ocrzoo_registry.store.store import ModelFiles, Store

if TYPE_CHECKING:
    from ocrzoo_registry.download.install import AtHand, Watch, Way
    from ocrzoo_registry.download.report import Attempt

log = logging.getLogger("ocrzoo")


class Resolver:
    """Finds models in the store, and brings in those that are not there."""

    def __init__(self, settings: Settings, sources: Registrations[SourceSpec], store: Store) -> None:
        self.store = store
        self._settings = settings
        self.sources = SourceOrder(settings, sources)
        self.at_hand: AtHand | None = None
        """Tells of copies on this machine, beside those of the store, that need not be fetched."""
        self.watch: Watch | None = None
        """Told of all that is fetched; a command line shows progress through it."""
        self.tell: Callable[[str], object] = lambda _message: None
        """Told what a user who waits wants to know: that a source failed, that another process is at work."""
        self.cancelled = Event()
        """Set it to end all transfers of this resolver."""

    def resolve(self, card: ModelCard, formats: Sequence[Format]) -> ModelFiles:
        """Return the model in the first of the formats that is here or can be had.

        Raises:
            SourceError: No source has it, or none can deliver it.
            OfflineError: It is not here, and the network is off limits.
            IntegrityError: What a source delivered has other bytes than promised.
            UsageError: ``PADDLE_PDX_MODEL_SOURCE`` names a source that nobody knows.
            StoreError: The store cannot be written.
        """
        name = card.name
        published: list[Format] = [kind for kind in formats if kind in card.artifacts]
        if not published:
            raise SourceError(f"{name}: published as {', '.join(card.artifacts)}, but {', '.join(formats)} is needed")
        order = self.sources.names()
        if found := self._find(card, published):
            return found
        attempts: list[Attempt] = []
        with self.lock(name):
            if found := self._find(card, published):
                return found
            for file_format in published:
                if fetched := self._fetch(card, file_format, order, attempts):
                    return fetched
        return self._outdated_or_failure(card, published, attempts)

    def fetch(self, card: ModelCard, file_format: Format) -> ModelFiles:
        """Bring a model into the store though it lies there; files that keep their promise are not fetched again.

        Raises:
            SourceError: No source has it, or none can deliver it.
            IntegrityError: What a source delivered is not what was promised.
            StoreError: The store cannot be written.
        """
        attempts: list[Attempt] = []
        with self.lock(card.name):
            if fetched := self._fetch(card, file_format, self.sources.names(), attempts):
                return fetched
        raise self._failure(card, [file_format], attempts)

    def fetch_recorded(
        self, card: ModelCard, record: Manifest, *, again: str, expected: Manifest | None = None
    ) -> ModelFiles:
        """Bring the bytes that a manifest names: at its revision, or where a hub lost that, at the one served now.

        ``again`` is the command that asks for this, told where it fails; ``expected`` is what must come to the
        byte, files that are written from the card included.

        Raises:
            SourceError: No source has them, or none can deliver them.
            IntegrityError: What can be had is something else.
            StoreError: The store cannot be written.
        """
        from ocrzoo_registry.store.lockfile import locked

        attempts: list[Attempt] = []
        with self.lock(record.name):
            order = self.sources.names()
            if fetched := self._fetch(locked(card, record), record.format, order, attempts, expected):
                return fetched
            for lost in [one for one in attempts if one.outcome == "missing" and one.source == record.source]:
                if record.has_commit:
                    attempts[attempts.index(lost)] = replace(lost, message=f"{lost.message} at {record.revision}")
                    today = locked(card, record, at_revision=False)
                    if fetched := self._fetch(today, record.format, [lost.source], attempts, expected):
                        return fetched
        raise self._failure(card, [record.format], attempts, again)

    def fetch_locked(
        self, card: ModelCard, entry: Manifest, *, again: str = "ocrzoo models pull --locked"
    ) -> ModelFiles:
        """Return the model of a lock file: from the store if it is that one, else fetched and compared to the byte.

        ``again`` is the command that asks for this, told where it fails.

        Raises:
            IntegrityError: What can be had differs from the lock file.
            SourceError: Nothing can be had.
        """
        from ocrzoo_registry.download.install import adopt
        from ocrzoo_registry.sources.base import RemoteFile
        from ocrzoo_registry.store.lockfile import locked

        found = self.store.find(entry.name, entry.format)
        if found is not None and found.manifest is not None and not found.manifest.differing(entry.files):
            return found
        files = (RemoteFile(one.path, one.size, one.sha256, digest_origin=one.digest_origin) for one in entry.served)
        with self.lock(entry.name):
            order = Order(locked(card, entry), entry.format, entry.source, expected=entry)
            if adopted := adopt(self.store, order, Listing(entry.revision, tuple(files))):
                return adopted
        return self.fetch_recorded(card, entry, again=again, expected=entry)

    def trust(self, card: ModelCard, formats: Sequence[Format]) -> ModelFiles | None:
        """Take a folder that something else put into the store, and no source verifies; ``None`` if there is none.

        Raises:
            IntegrityError: It is another model's, or incomplete.
        """
        from ocrzoo_registry.download.install import Fetcher, trust
        from ocrzoo_registry.store.manifest import TRUSTED

        names = self.sources.that_compare(self.sources.names())
        with self.lock(card.name):
            for file_format in formats:
                folder = self.store.folder(card.name, file_format)
                if file_format not in card.artifacts or not self.store.is_unverified(folder):
                    continue
                if adopted := self._ask(Fetcher(self.store).adopt, Order(card, file_format, TRUSTED), names, []):
                    return adopted
                if taken := trust(self.store, Order(card, file_format, TRUSTED)):
                    log.warning("%s: %s is taken as it is; nobody verified it", taken.name, taken.folder)
                    return taken
        return None

    def lock(self, name: str) -> AbstractContextManager[None]:
        """Hold a model's lock, and tell where another process has it."""
        return self.store.lock(
            name, lambda: self.tell(f"waiting for another process that is fetching {name}"), self.cancelled
        )

    def _find(self, card: ModelCard, formats: Sequence[Format]) -> ModelFiles | None:
        """Look into the store, for a model of the revision that its local source or card has now."""
        found = (self.store.find(card.name, file_format) for file_format in formats)
        return next((files for files in found if files is not None and self._is_current(card, files)), None)

    def _is_current(self, card: ModelCard, files: ModelFiles) -> bool:
        manifest = files.manifest
        if manifest is None:
            return True
        written = [file.digest_origin for file in manifest.files if file.written_from_card]
        if written:
            from ocrzoo_registry.cards import inference_yml

            if written != [inference_yml.origin(card)]:
                return False
        if manifest.differing(card.artifacts[files.file_format].files, common_only=True):
            return False
        if not self.sources.is_mutable(manifest.source):
            return True

        try:
            listing = self.sources.list(Order(card, files.file_format, manifest.source), self.cancelled)
        except (SourceError, IntegrityError):
            return True
        return listing is None or listing.revision == manifest.revision

    def _fetch(
        self,
        card: ModelCard,
        file_format: Format,
        order: Sequence[str],
        attempts: list[Attempt],
        expected: Manifest | None = None,
    ) -> ModelFiles | None:
        """Ask the sources in turn; a folder that nobody verified yet is first held against all of them."""
        from ocrzoo_registry.download.install import Fetcher, nothing_at_hand, unwatched

        fetcher = Fetcher(self.store, self.watch or unwatched, self.cancelled, at_hand=self.at_hand or nothing_at_hand)
        if self.store.is_unverified(self.store.folder(card.name, file_format)):
            compared = self.sources.that_compare(order)
            if adopted := self._ask(fetcher.adopt, Order(card, file_format, "", expected), compared, []):
                return adopted
        return self._ask(fetcher.fetch, Order(card, file_format, "", expected), order, attempts)

    def _ask(self, way: Way, order: Order, names: Sequence[str], attempts: list[Attempt]) -> ModelFiles | None:
        """Do something with what each source lists in turn, until it comes to something; notes what does not."""
        from ocrzoo_registry.download.report import Attempt

        for name in self.sources.prompt_first(names):
            if self.cancelled.is_set():
                break
            if self.sources.is_off_limits(name):
                attempts.append(Attempt(name, "not asked, the network is off limits", "offline"))
                continue
            try:
                if done := self._ask_one(way, replace(order, source_name=name)):
                    return done
                attempts.append(Attempt(name, f"not there as {order.file_format}", "missing"))
            except StoreError:
                raise
            except (SourceError, IntegrityError) as error:
                log.debug("%s from %s failed", order.name, name, exc_info=True)
                attempts.append(Attempt.failed(name, error))
                self._note_failure(order.name, attempts[-1])
        return None

    def _note_failure(self, model: str, attempt: Attempt) -> None:
        from ocrzoo_registry.download.report import tell

        self.tell(f"{model}: {tell([attempt])}")
        if attempt.outcome in {"unreachable", "busy", "too slow"}:
            self.sources.note_silence(attempt.source)

    def _ask_one(self, way: Way, order: Order) -> ModelFiles | None:
        """Ask one source; what it changed meanwhile is listed once more."""
        listing = self.sources.list(order, self.cancelled)
        if listing is None:
            return None
        try:
            return way(order, self.sources.load(order.source_name), listing)
        except IntegrityError:
            changed = self.sources.list(order, self.cancelled)
            if changed is None or changed.revision == listing.revision:
                raise
            return way(order, self.sources.load(order.source_name), changed)

    def _outdated_or_failure(
        self, card: ModelCard, formats: Sequence[Format], attempts: Sequence[Attempt]
    ) -> ModelFiles:
        """Return what lies in the store, where it could only not be renewed.

        Raises:
            SourceError: Nothing lies there.
            IntegrityError: Or wrong bytes came.
        """
        from ocrzoo_registry.download.report import any_corrupt, tell

        found = (self.store.find(card.name, file_format) for file_format in formats)
        outdated = next(filter(None, found), None)
        if outdated is None or any_corrupt(attempts):
            raise self._failure(card, formats, attempts)
        log.warning("%s has changed since it was fetched, and is used as it was: %s", outdated.name, tell(attempts))
        return outdated

    def _failure(
        self, card: ModelCard, formats: Sequence[Format], attempts: Sequence[Attempt], again: str = ""
    ) -> Exception:
        from ocrzoo_registry.download.report import failure

        name = card.name
        folders: dict[Format, Path] = {file_format: self.store.folder(name, file_format) for file_format in formats}
        present = [folder for folder in folders.values() if folder.is_dir()]
        faults = {folder: self.store.fault(folder) for folder in present}
        return failure(name, folders, faults, attempts, offline=self._settings.offline, again=again)
