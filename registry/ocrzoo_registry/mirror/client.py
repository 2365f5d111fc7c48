"""Source ``mirror``: what ``ocrzoo mirror build`` made, wherever it lies now.

Its index says everything (models, files, digests), and the bytes lie beside it under their SHA-256, so any server of
plain files will do, and so will a folder or a bucket.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import overload

from ocrzoo_registry.cards.schema import Format, ModelCard
from ocrzoo_registry.errors import IntegrityError, OcrzooError, SourceError, Unreachable, UsageError
from ocrzoo_registry.index import schema as indexes
from ocrzoo_registry.index import signing
from ocrzoo_registry.index.records import find, listing
from ocrzoo_registry.index.schema import IndexedModel
from ocrzoo_registry.mirror.backends import Document, place_of
from ocrzoo_registry.network.http import Gone
from ocrzoo_registry.network.retry import SILENCE_S, Patience
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Health, Listing, RemoteFile, Stream
from ocrzoo_registry.sources.hub import A_PAGE
from ocrzoo_registry.store.manifest import Manifest

FRESH_S = 10.0
"""Seconds for which an index is taken as it is; then the mirror is asked whether it has another."""


@dataclass(frozen=True)
class _Known:
    """An index that was read and found right."""

    index: indexes.Index
    state: str | None
    asked: float
    """When the mirror last said that this is its index, on the monotonic clock."""


class MirrorSource:
    """Reads a mirror by its index."""

    def __init__(self, settings: Settings) -> None:
        if settings.mirror is None:
            raise UsageError("source 'mirror' needs OCRZOO_MIRROR, the address or folder of a mirror")
        self._address = settings.mirror.address
        self._place = place_of(settings.mirror)
        self._key = settings.mirror_key
        self._known: _Known | None = None
        self._lock = Lock()

    def list(self, card: ModelCard, file_format: Format) -> Listing | None:
        """Return what the index says of a model.

        Raises:
            SourceError: The index cannot be had.
            IntegrityError: It is none, or is not signed for the key that the settings name.
        """
        return self._listed(find(self._index(), card, file_format), card)

    def list_expected(self, card: ModelCard, file_format: Format, expected: Manifest) -> Listing | None:
        """Return the revision that has the files of a manifest, or else the present one.

        Raises:
            SourceError: The index cannot be downloaded.
            IntegrityError: It is invalid, or is not signed for the key that the settings name.
        """
        return self._listed(find(self._index(), card, file_format, expected.served), card)

    def _listed(self, model: IndexedModel | None, card: ModelCard) -> Listing | None:
        origin = "stated by mirror, signed" if self._key else "stated by mirror"
        return None if model is None else listing(model, card, origin)

    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> AbstractContextManager[Stream]:
        """Open a file by its digest.

        Raises:
            SourceError: It cannot be had.
        """
        return self._place.open(file.reference, offset, validator)

    def holds(self, name: str) -> bool:
        """Whether the index has a model; not, where it cannot be had."""
        try:
            return any(model.name == name for model in self._index().models)
        except OcrzooError:
            return False

    def check(self) -> Health:
        """Say how much the mirror holds (``ocrzoo sources check``).

        Raises:
            SourceError: The index cannot be had.
            IntegrityError: It is none, or not signed for the key.
        """
        start = time.monotonic()
        count = len(self._index().models)
        signed = "signed, " if self._key else ""
        return Health(f"{signed}models {count}, from {self._address}", time.monotonic() - start)

    def _index(self) -> indexes.Index:
        """The index as it is now, or was a moment ago."""
        if not self._lock.acquire(timeout=SILENCE_S):
            raise Unreachable(f"{self._address}: no index within {SILENCE_S:.0f} s")
        try:
            known = self._known
            if known is None or time.monotonic() - known.asked > FRESH_S:
                self._known = None
                self._known = known = self._asked(known)
            return known.index
        finally:
            self._lock.release()

    def _asked(self, known: _Known | None) -> _Known:
        """The index that the mirror has now."""
        origin = f"{self._address}/{indexes.FILE_NAME}"
        try:
            found = self._read(indexes.FILE_NAME, indexes.MAX_BYTES, known.state if known else None)
        except Gone as error:
            raise Gone(f"{origin}: is not there, so that is no mirror") from error
        if found is None:
            if known is None:
                raise SourceError(f"{origin}: is said to be known")
            return replace(known, asked=time.monotonic())
        found = self._signed(found)
        if found.content.lstrip()[:1] == b"<":
            raise SourceError(f"{origin}: {A_PAGE}")
        return _Known(indexes.parse(found.content, origin=origin), found.state, time.monotonic())

    def _signed(self, found: Document) -> Document:
        """The index, if its signature is right; both are read once more, since a release may have come between them."""
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
            signature = self._read(signing.FILE_NAME, signing.MAX_BYTES).content
        except Gone:
            signature = None
        try:
            signing.check(found.content, signature, key, origin=self._address)
        except UsageError as error:  # the key is none, or there is nothing to check it with
            raise SourceError(str(error)) from error

    @overload
    def _read(self, path: str, max_bytes: int) -> Document: ...

    @overload
    def _read(self, path: str, max_bytes: int, known: str | None) -> Document | None: ...

    def _read(self, path: str, max_bytes: int, known: str | None = None) -> Document | None:
        return Patience().retrying(lambda: self._place.read(path, max_bytes, known))
