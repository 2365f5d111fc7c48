"""Bundles: models in one tar, for machines without a network.

``index.json`` comes first, then its signature if it has one, then ``blobs/<sha256>``; a bundle with anything else is
refused. A bundle is a source: its models are verified and installed like those of a hub.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download import tar
from ocrzoo_registry.errors import IntegrityError, NotFound, SourceError, UsageError
from ocrzoo_registry.files import CHUNK_BYTES, open_regular, os_errors_as, reason
from ocrzoo_registry.index import schema as indexes
from ocrzoo_registry.index import signing
from ocrzoo_registry.index.records import find, listing
from ocrzoo_registry.index.schema import Index, IndexedModel
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.signing import MAX_BYTES as MAX_SIGNATURE_BYTES
from ocrzoo_registry.sources.base import Listing, RemoteFile, Stream

if TYPE_CHECKING:
    import tarfile

    from ocrzoo_registry.download.events import DownloadEvents
    from ocrzoo_registry.download.request import DownloadRequest
    from ocrzoo_registry.download.resolver import Resolver
    from ocrzoo_registry.settings import Settings
    from ocrzoo_registry.store.store import Store

NAME = "bundle"
"""The source of imported models."""

MAX_MEMBERS = 200_000
MAX_BYTES = 1 << 40
"""Of all members together."""


@dataclass(frozen=True)
class Bundle:
    """A bundle with checked members; a source of its models."""

    path: Path
    index: Index
    origin: str
    """Where the digests come from."""
    offsets: Mapping[str, int]
    """Where in the tar the file with each SHA-256 begins."""

    def list(self, card: ModelCard, file_format: Format) -> Listing | None:
        """Return the files of a model.

        Raises:
            IntegrityError: They are not those that the card expects.
        """
        from ocrzoo_registry.download.request import DownloadRequest

        model = find(self.index, card, file_format)
        if model is None:
            return None
        listed = self.listing(model, card)
        for file in listed.files:
            DownloadRequest(card, (file_format,)).expect(file)
        return listed

    def listing(self, model: IndexedModel, card: ModelCard) -> Listing:
        """Return the files of a model; for the bundle's own card also those that were written from it."""
        return listing(model, card, self.origin, with_written=card.folder == self.path)

    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> AbstractContextManager[Stream]:
        """Open a file at an offset."""
        size = file.size or 0
        start = self.offsets[file.reference.rpartition("/")[2]]
        return nullcontext(Stream(self._chunks(start + offset, size - offset), offset, size))

    def _chunks(self, start: int, count: int) -> Iterator[bytes]:
        with os_errors_as(SourceError, str(self.path)), open_regular(self.path) as file:
            file.seek(start)
            while count > 0 and (chunk := file.read(min(CHUNK_BYTES, count))):
                count -= len(chunk)
                yield chunk


def read(path: Path, public_key: Path | None = None) -> Bundle:
    """Read the members and index of a bundle, and verify its signature if a key is given; files are verified on import.

    Raises:
        UsageError: It cannot be read, or the key cannot be used.
        IntegrityError: It is not a bundle, is truncated, has unexpected members, or is not signed by the key.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{path} is not a regular file")
        members = tar.read_members(path, MAX_MEMBERS, MAX_BYTES)
        return _checked(path, members, public_key)
    except OSError as error:
        raise UsageError(f"{path} could not be read: {reason(error)}") from error
    except IntegrityError as error:
        error_text = str(error).removeprefix("archive refused: ")
        raise IntegrityError(
            f"{path} is not a usable bundle: {error_text}. Name an intact file of 'ocrzoo bundle export'."
        ) from error


def chosen(bundle: Bundle, names: Sequence[str]) -> list[IndexedModel]:
    """Return the models of these names in all their formats; without names, all models.

    Raises:
        NotFound: A model is not in the bundle.
    """
    known = {model.name for model in bundle.index.models}
    for name in names:
        if name not in known:
            raise NotFound(f"{bundle.path} does not contain {name}{did_you_mean(name, known)}")
    return [model for model in bundle.index.models if not names or model.name in names]


def resolver_of(bundle: Bundle, settings: Settings, store: Store, events: DownloadEvents | None = None) -> Resolver:
    """Return a resolver whose only source is the bundle."""
    from ocrzoo_registry.download.resolver import Resolver
    from ocrzoo_registry.download.source_order import SourceOrder
    from ocrzoo_registry.plugins.registrations import Origin, Registration, Registrations
    from ocrzoo_registry.plugins.specs import SourceSpec

    spec = SourceSpec(NAME, f"{__name__}:read", rank=0, network=False)
    specs = Registrations("source", [Registration(spec, Origin(NAME, "ocrzoo", ""))], lambda one: one.name)
    own = replace(settings, sources=(), sources_exact=False, offline=False)
    return Resolver(SourceOrder(own, specs, {NAME: bundle}), store, events)


def request_of(bundle: Bundle, model: IndexedModel, card: ModelCard | None) -> DownloadRequest:
    """Return the request for a model of a bundle; ``card`` is that of a plugin here, else the bundle's own is used."""
    from ocrzoo_registry.download.request import DownloadRequest
    from ocrzoo_registry.store.manifest import Manifest, StoredFile

    card = card or model.card.located_in(bundle.path)
    listed = bundle.listing(model, card)
    files = tuple(
        StoredFile(path=file.path, size=file.size or 0, sha256=file.sha256 or "", digest_origin=bundle.origin)
        for file in listed.files
    )
    expected = Manifest(name=model.name, format=model.format, source=NAME, revision=listed.revision, files=files)
    return DownloadRequest(card, (model.format,), expected)


def _checked(path: Path, members: Sequence[tarfile.TarInfo], public_key: Path | None) -> Bundle:
    """Compare the members with the index: exactly its files must be there."""
    files: dict[str, tarfile.TarInfo] = {}
    for member in members:
        name = member.name.removeprefix("./")
        if member.isdir() and name in {"", ".", indexes.BLOBS}:
            continue
        if not member.isreg() or member.issparse():
            raise IntegrityError(f"{member.name[:200]!r} is not a regular file")
        if name in files:
            raise IntegrityError(f"{name[:200]!r} occurs twice")
        files[name] = member
    if indexes.FILE_NAME not in files:
        raise IntegrityError(f"it has no {indexes.FILE_NAME}")
    content = _small(path, files.pop(indexes.FILE_NAME), indexes.MAX_BYTES)
    signature = files.pop(signing.FILE_NAME, None)
    if public_key is not None:
        signed = None if signature is None else _small(path, signature, MAX_SIGNATURE_BYTES)
        signing.check(content, signed, public_key, origin="signature")
    index = indexes.parse(content, origin=indexes.FILE_NAME)
    _check_blobs({f"{indexes.BLOBS}/{sha256}": size for sha256, size in index.blobs.items()}, files)
    offsets = {name.rpartition("/")[2]: member.offset_data for name, member in files.items()}
    return Bundle(path, index, f"stated by {NAME}{', signed' if public_key else ''}", offsets)


def _check_blobs(expected: Mapping[str, int], files: Mapping[str, tarfile.TarInfo]) -> None:
    for name, member in files.items():
        if name not in expected:
            raise IntegrityError(f"its index does not list {name[:200]!r}")
        if member.size != expected[name]:
            raise IntegrityError(f"{name} has {member.size} bytes instead of {expected[name]}")
    for name in expected:
        if name not in files:
            raise IntegrityError(f"{name} is missing")


def _small(path: Path, member: tarfile.TarInfo, max_bytes: int) -> bytes:
    if member.size > max_bytes:
        raise IntegrityError(f"{member.name[:200]} is larger than {max_bytes >> 20} MiB")
    with open_regular(path) as file:
        file.seek(member.offset_data)
        return file.read(member.size)
