"""Bundles: models in one tar, to carry to a machine without a network.

``index.json`` first, then its signature where there is one, then ``blobs/<sha256>``; a bundle that holds anything else
is refused whole. It is one more source: what is imported is compared, put together and published as what hubs send is.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ocrzoo_registry.cards.schema import Format, ModelCard
from ocrzoo_registry.download import tar
from ocrzoo_registry.errors import IntegrityError, NotFound, SourceError, UsageError
from ocrzoo_registry.files import CHUNK_BYTES, open_regular, reason
from ocrzoo_registry.index import schema as indexes
from ocrzoo_registry.index import signing
from ocrzoo_registry.index.records import find, listing
from ocrzoo_registry.index.schema import Index, IndexedModel
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.sources.base import Listing, RemoteFile, Stream

if TYPE_CHECKING:
    import tarfile

    from ocrzoo_registry.download.events import DownloadEvents
    from ocrzoo_registry.download.request import DownloadRequest
    from ocrzoo_registry.download.resolver import Resolver
    from ocrzoo_registry.settings import Settings
    from ocrzoo_registry.store.store import Store

NAME = "bundle"
"""The source of what was imported."""

MAX_MEMBERS = 200_000
MAX_BYTES = 1 << 40
"""Of all members together."""


@dataclass(frozen=True)
class Bundle:
    """A bundle whose members were looked at; a source of the models in it."""

    path: Path
    index: Index
    origin: str
    """Who states the digests."""
    offsets: Mapping[str, int]
    """Where in the file the bytes of each sha256 begin."""

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

    @contextmanager
    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> Iterator[Stream]:
        """Open a file at an offset."""
        size = file.size or 0
        start = self.offsets[file.reference.rpartition("/")[2]]
        yield Stream(self._chunks(start + offset, size - offset), offset, size)

    def _chunks(self, start: int, count: int) -> Iterator[bytes]:
        try:
            with open_regular(self.path) as file:
                file.seek(start)
                while count > 0 and (chunk := file.read(min(CHUNK_BYTES, count))):
                    count -= len(chunk)
                    yield chunk
        except OSError as error:
            raise SourceError(f"{self.path}: {reason(error)}") from error


def read(path: Path, public_key: Path | None = None) -> Bundle:
    """Look at a bundle: its members, its index and, with a key, its signature; the files are compared when imported.

    Raises:
        UsageError: It cannot be read, or the key is none.
        IntegrityError: It is no bundle, holds what it must not, is cut short, or is not signed for the key.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{path}: is no file, but a folder, pipe or device")
        members = tar.read_members(path, MAX_MEMBERS, MAX_BYTES)
        return _checked(path, members, public_key)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {reason(error)}") from error
    except IntegrityError as error:
        raise IntegrityError(f"{path}: {error}") from error


def chosen(bundle: Bundle, names: Sequence[str]) -> list[IndexedModel]:
    """Return the models of these names, in all their formats; all of the bundle without any name.

    Raises:
        NotFound: One is not in it.
    """
    known = {model.name for model in bundle.index.models}
    for name in names:
        if name not in known:
            raise NotFound(f"{bundle.path} does not hold {name}{did_you_mean(name, known)}")
    return [model for model in bundle.index.models if not names or model.name in names]


def resolver_of(bundle: Bundle, settings: Settings, store: Store, events: DownloadEvents | None = None) -> Resolver:
    """Return a resolver whose only source is the bundle."""
    from ocrzoo_registry.download.resolver import Resolver
    from ocrzoo_registry.plugins.registrations import Origin, Registration, Registrations
    from ocrzoo_registry.plugins.specs import SourceSpec

    spec = SourceSpec(NAME, f"{__name__}:read", rank=0, network=False)
    specs = Registrations("source", [Registration(spec, Origin(NAME, "ocrzoo", ""))], lambda one: one.name)
    own = replace(settings, sources=(), sources_exact=False, offline=False)
    return Resolver(own, specs, store, events, {NAME: bundle})


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
    """Hold the members against the index: all that it names, and nothing else."""
    files: dict[str, tarfile.TarInfo] = {}
    for member in members:
        name = member.name.removeprefix("./")
        if member.isdir() and name in {"", ".", indexes.BLOBS}:
            continue
        if not member.isreg() or member.issparse():
            raise IntegrityError(f"bundle refused: it holds {member.name[:200]!r}, which is no file")
        if name in files:
            raise IntegrityError(f"bundle refused: it holds {name[:200]!r} twice")
        files[name] = member
    if indexes.FILE_NAME not in files:
        raise IntegrityError(f"bundle refused: there is no {indexes.FILE_NAME} in it, so that is no bundle")
    content = _small(path, files.pop(indexes.FILE_NAME), indexes.MAX_BYTES)
    signature = files.pop(signing.FILE_NAME, None)
    if public_key is not None:
        signed = None if signature is None else _small(path, signature, signing.MAX_BYTES)
        signing.check(content, signed, public_key, origin="bundle refused")
    index = indexes.parse(content, origin=f"bundle refused: {indexes.FILE_NAME}")
    _check_blobs({f"{indexes.BLOBS}/{sha256}": size for sha256, size in index.blobs.items()}, files)
    offsets = {name.rpartition("/")[2]: member.offset_data for name, member in files.items()}
    return Bundle(path, index, f"stated by {NAME}{', signed' if public_key else ''}", offsets)


def _check_blobs(due: Mapping[str, int], files: Mapping[str, tarfile.TarInfo]) -> None:
    for name, member in files.items():
        if name not in due:
            raise IntegrityError(f"bundle refused: it holds {name[:200]!r}, which its index does not name")
        if member.size != due[name]:
            raise IntegrityError(f"bundle refused: {name} has {member.size} bytes instead of {due[name]}")
    for name in due:
        if name not in files:
            raise IntegrityError(f"bundle refused: it lacks {name}")


def _small(path: Path, member: tarfile.TarInfo, max_bytes: int) -> bytes:
    if member.size > max_bytes:
        raise IntegrityError(f"bundle refused: {member.name[:200]} is larger than {max_bytes >> 20} MiB")
    with open_regular(path) as file:
        file.seek(member.offset_data)
        return file.read(member.size)
