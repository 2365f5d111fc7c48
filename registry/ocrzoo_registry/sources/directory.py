"""Source ``directory``: models in local folders.

It reads the folders of ``OCRZOO_MODEL_PATH``, with models as ``<name>[_<format>]/`` (PaddleX's layout, so a copy of
``official_models`` works), the folder beside a card that the card names, and the folder or tar archive of an address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.formats import describe_files, folder_name, is_complete, wanted_files
from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.cards.schema import File, ModelCard
from ocrzoo_registry.errors import SourceError
from ocrzoo_registry.files import leads_outside, read_chunks, resolved
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Health, Listing, RemoteFile, Stream
from ocrzoo_registry.sources.references import Directory
from ocrzoo_registry.store.store import Store

_OF_ARCHIVE = "first use, of the archive"
"""The origin of the digests of an archive's files, which nobody stated."""


class DirectorySource:
    """Reads models from local folders."""

    def __init__(self, settings: Settings) -> None:
        self._roots = settings.model_path
        self._store = resolved(Store(settings.home).root)

    def list(self, card: ModelCard, file_format: Format) -> Listing | None:
        """Return the files of the first folder that has a complete model.

        Raises:
            SourceError: A file is a link out of the card's folder, or out of that of an address.
        """
        artifact = card.artifacts[file_format]
        pinned = {file.path: file for file in artifact.files}
        wanted = wanted_files(card, file_format)
        if (archive := _archive(card)) is not None:
            status = archive.stat()
            file = RemoteFile("archive.tar", status.st_size, digest_origin=_OF_ARCHIVE, reference=str(archive))
            return Listing(f"{archive}, state {_state(archive.parent, [archive.name])}", (file,), archive=True)
        beside = _beside(card, file_format)
        for folder in self._folders(card, file_format, beside):
            present = sorted(name for name in wanted if (folder / name).is_file())
            if folder == beside or card.address is not None:
                refuse_links(card.folder if folder == beside else folder, [folder / name for name in present])
            if is_complete(file_format, present, artifact.networks):
                files = tuple(_listed(folder, name, pinned.get(name)) for name in present)
                return Listing(f"{folder}, state {_state(folder, present)}", files)
        return None

    def why_absent(self, card: ModelCard, file_format: Format) -> str:
        """Return what the folder lacks that the card names; empty if it names none."""
        beside = _beside(card, file_format)
        if beside is None:
            return ""
        if not beside.is_dir():
            return f"there is no folder {beside}, which its card names"
        needed = describe_files(file_format, card.artifacts[file_format].networks)
        return f"{beside}, which its card names, has no {needed}"

    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> AbstractContextManager[Stream]:
        """Open a file of the folder."""
        return nullcontext(Stream(read_chunks(Path(file.reference), offset), offset, validator=listing.revision))

    def check(self) -> Health:
        """Report the number of folders (``ocrzoo sources check``).

        Raises:
            SourceError: A folder does not exist.
        """
        for root in self._roots:
            if not root.is_dir():
                raise SourceError(f"OCRZOO_MODEL_PATH: {root} is not a folder")
        return Health(f"folders in OCRZOO_MODEL_PATH: {len(self._roots)}; and those that plugins ship")

    def _folders(self, card: ModelCard, file_format: Format, beside: Path | None) -> Iterator[Path]:
        if card.address is not None:
            yield Path(card.address.place)
            return
        for root in self._roots:
            if resolved(root) == self._store:  # the store cannot verify itself
                continue
            yield root / folder_name(card.name, file_format)
        if beside is not None:
            yield beside


def _archive(card: ModelCard) -> Path | None:
    """The tar archive that the card's address names, if it is there."""
    path = card.address.path if card.address is not None else None
    return path if path is not None and path.is_file() else None


def _beside(card: ModelCard, file_format: Format) -> Path | None:
    """The folder that the card names, relative to it."""
    reference = read_reference(card, "directory", file_format, Directory)
    return None if reference is None else card.folder / reference.path


def refuse_links(root: Path, paths: Iterable[Path]) -> None:
    """Refuse files of a stranger's folder that are really elsewhere: any file here could be copied by it.

    Raises:
        SourceError: One is a link that leads out of the folder.
    """
    for path in paths:
        if leads_outside(root, str(path.relative_to(root))):
            raise SourceError(f"{path} is a link to a file outside of {root}: copy it there")


def _state(folder: Path, names: Sequence[str]) -> str:
    """A digest of the folder's state: sizes and times of its files."""
    status = [(name, (folder / name).stat()) for name in names]
    seen = repr([(name, file.st_size, file.st_mtime_ns) for name, file in status])
    return hashlib.sha256(seen.encode()).hexdigest()[:16]


def _listed(folder: Path, name: str, pinned: File | None) -> RemoteFile:
    path = folder / name
    sha256, origin = (pinned.sha256, pinned.digest_origin) if pinned else (None, None)
    return RemoteFile(name, path.stat().st_size, sha256, digest_origin=origin, reference=str(path))
