"""Source ``mirror``: reads what ``ocrzoo mirror build`` wrote, from a web server, a folder, a bucket or a registry.

The index has all models, files and digests, and the files are stored beside it by their SHA-256, so any server of
plain files is enough.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import overload

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import IntegrityError, OcrzooError, SourceError, Unreachable, UsageError
from ocrzoo_registry.index import schema as indexes
from ocrzoo_registry.index import signing
from ocrzoo_registry.index.records import find, listing
from ocrzoo_registry.index.schema import IndexedModel
from ocrzoo_registry.mirror.backends import Document, backend_of
from ocrzoo_registry.network.deadline import CANCEL_POLL_S, Deadline
from ocrzoo_registry.network.http import Gone
from ocrzoo_registry.network.retry import SILENCE_S, RetryPolicy
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.signing import MAX_BYTES as MAX_SIGNATURE_BYTES
from ocrzoo_registry.sources.base import Health, Listing, RemoteFile, Stream
from ocrzoo_registry.sources.hub import A_PAGE
from ocrzoo_registry.store.manifest import Manifest

FRESH_S = 10.0
"""Seconds for which an index is used as it is; then the mirror is asked whether it changed."""

NOWHERE = Path(os.devnull, "mirror")
"""The folder of the mirror's cards: there is none."""


@dataclass(frozen=True)
class _Known:
    """An index that was read and verified."""

    index: indexes.Index
    state: str | None
    asked: float
    """When the mirror last confirmed it, on the monotonic clock."""


class MirrorSource:
    """Lists and opens the files of a mirror by its index."""

    def __init__(self, settings: Settings) -> None:
        if settings.mirror is None:
            raise UsageError("source 'mirror' needs OCRZOO_MIRROR, the URL or folder of a mirror")
        self._address = settings.mirror.address
        self._backend = backend_of(settings, settings.mirror)
        self._key = settings.mirror_key
        self._known: _Known | None = None
        self._asking = RetryPolicy()
        """Of the thread that has the lock."""
        self._lock = Lock()

    def list(self, card: ModelCard, file_format: Format) -> Listing | None:
        """Return the listing of a model in the index.

        Raises:
            SourceError: The index cannot be read.
            IntegrityError: It is not an index, or not signed by the key of the settings.
        """
        return self._listed(find(self._index(), card, file_format), card)

    def list_expected(self, card: ModelCard, file_format: Format, expected: Manifest) -> Listing | None:
        """Return the revision that has the files of a manifest, or else the present one.

        Raises:
            SourceError: The index cannot be read.
            IntegrityError: It is not an index, or not signed by the key of the settings.
        """
        return self._listed(find(self._index(), card, file_format, expected.served), card)

    def _listed(self, model: IndexedModel | None, card: ModelCard) -> Listing | None:
        origin = "stated by mirror, signed" if self._key else "stated by mirror"
        return None if model is None else listing(model, card, origin, with_written=card.folder == NOWHERE)

    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> AbstractContextManager[Stream]:
        """Open a file by its digest.

        Raises:
            SourceError: It cannot be read.
        """
        return self._backend.open(file.reference, offset, validator)

    def holds(self, name: str) -> bool:
        """Whether the index can be read and has a model."""
        try:
            return any(model.name == name for model in self._index().models)
        except OcrzooError:
            return False

    def offer(self, name: str) -> str | None:
        """Return which plugin has the card of a model in the index; ``None`` if the index has no such model."""
        try:
            found = next((model for model in self._index().models if model.name == name), None)
        except OcrzooError:
            return None
        if found is None:
            return None
        plugin = found.distribution.replace("==", " ") if found.distribution else ""
        step = f"install the plugin {plugin} from where its publisher offers it" if plugin else "update ocrzoo"
        return (
            f"the mirror {self._address} has it, but no plugin here has its card: {step}, or trust the mirror's cards "
            "with OCRZOO_MIRROR_CARDS=1"
        )

    def cards(self) -> Sequence[ModelCard]:
        """Return the cards of the index, each once, without what lies beside a card elsewhere: charset and sources.

        Raises:
            SourceError: The index cannot be read.
            IntegrityError: It is not an index, or not signed by the key of the settings.
        """
        found = {model.name: model.card for model in self._index().models}
        beside: dict[str, object] = {"charset": None, "known_digests": None, "sources": {}, "self_check": None}
        return [card.model_copy(update=beside).located_in(NOWHERE) for card in found.values()]

    def check(self) -> Health:
        """Count the models of the mirror (``ocrzoo sources check``).

        Raises:
            SourceError: The index cannot be read.
            IntegrityError: It is not an index, or not signed by the key.
        """
        start = time.monotonic()
        counts = self._index().counts
        signed = "signed, " if self._key else ""
        return Health(f"{signed}{counts}, from {self._address}", time.monotonic() - start)

    def _index(self) -> indexes.Index:
        """The index, at most :data:`FRESH_S` old."""
        deadline = Deadline.current(SILENCE_S)
        while not self._lock.acquire(timeout=CANCEL_POLL_S):
            if self._asking.is_patient:
                deadline.wait(0)
            if deadline.left <= 0:
                raise Unreachable(f"{self._address}: no index within {SILENCE_S:.0f} s")
        try:
            known = self._known
            if known is None or time.monotonic() - known.asked > FRESH_S:
                self._known = None
                self._known = known = self._refreshed(known)
            return known.index
        finally:
            self._lock.release()

    def _refreshed(self, known: _Known | None) -> _Known:
        """The mirror's present index."""
        origin = f"{self._address}/{indexes.FILE_NAME}"
        try:
            found = self._read(indexes.FILE_NAME, indexes.MAX_BYTES, known.state if known else None)
        except Gone as error:
            raise Gone(f"{origin} does not exist: {self._address} is not a mirror") from error
        if found is None:
            if known is None:
                raise SourceError(f"{origin}: unexpected answer 304 (not modified)")
            return replace(known, asked=time.monotonic())
        found = self._verified(found)
        if found.content.lstrip()[:1] == b"<":
            raise SourceError(f"{origin}: {A_PAGE}")
        return _Known(indexes.parse(found.content, origin=origin), found.state, time.monotonic())

    def _verified(self, found: Document) -> Document:
        """The index with a valid signature; both are read again if a release was published between them."""
        if self._key is None:
            return found
        try:
            self._check_signature(found, self._key)
        except IntegrityError:
            again = self._read(indexes.FILE_NAME, indexes.MAX_BYTES)
            if again.content == found.content:
                raise
            self._check_signature(again, self._key)
            return again
        return found

    def _check_signature(self, found: Document, key: Path) -> None:
        try:
            signature = self._read(signing.FILE_NAME, MAX_SIGNATURE_BYTES).content
        except Gone:
            signature = None
        try:
            signing.check(found.content, signature, key, origin=self._address)
        except UsageError as error:  # the key cannot be used, or model-signing is missing
            raise SourceError(str(error)) from error

    @overload
    def _read(self, path: str, max_bytes: int) -> Document: ...

    @overload
    def _read(self, path: str, max_bytes: int, known: str | None) -> Document | None: ...

    def _read(self, path: str, max_bytes: int, known: str | None = None) -> Document | None:
        self._asking = RetryPolicy(what=path)
        return self._asking.call(lambda: self._backend.read(path, max_bytes, known))
