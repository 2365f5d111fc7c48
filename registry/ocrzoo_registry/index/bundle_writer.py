"""Writing bundles: equal bytes for equal models; the digest of each file is checked while it is packed."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from ocrzoo_registry.errors import IntegrityError, UsageError
from ocrzoo_registry.files import CHUNK_BYTES, move, open_regular, reason, resolved, sync
from ocrzoo_registry.index import schema as indexes
from ocrzoo_registry.index import signing
from ocrzoo_registry.index.schema import Index

if TYPE_CHECKING:
    from ocrzoo_registry.store.store import ModelFiles

Advance = Callable[[int], object]
"""Called with the number of bytes of each chunk."""


@dataclass(frozen=True)
class Packing:
    """The contents of a bundle."""

    index: bytes
    """The content of ``index.json``."""
    signature: bytes | None
    places: Mapping[str, Path]
    """The file with each SHA-256 of the index."""
    repair: str
    """The command that repairs damaged files there."""


def from_store(index: Index, models: Iterable[ModelFiles], private_key: Path | None = None) -> Packing:
    """Pack models of a store, signed if a key is given.

    Raises:
        UsageError: The key cannot be used, or ``model-signing`` is not installed.
    """
    content = index.to_bytes()
    places = {
        file.sha256: model.folder / file.path
        for model in models
        if model.manifest is not None
        for file in model.manifest.files
    }
    signature = None if private_key is None else signing.sign(content, private_key)
    return Packing(content, signature, places, "ocrzoo models repair")


def from_mirror(tree: Path) -> Packing:
    """Pack a mirror with its signature.

    Raises:
        UsageError: It is not a mirror, or cannot be read.
        IntegrityError: Its index cannot be parsed.
    """
    content = signing.index_of(tree)
    index = indexes.parse(content, origin=str(tree / indexes.FILE_NAME))
    places = {sha256: tree / indexes.BLOBS / sha256 for sha256 in index.blobs}
    return Packing(content, signing.signature_of(tree), places, "ocrzoo mirror verify --deep")


def check_target(target: Path, store: Path, *, force: bool) -> None:
    """Refuse a path that a bundle must not be written to, before anything is downloaded for it.

    Raises:
        UsageError: It exists, is inside the store, or its folder does not exist.
    """
    if not target.parent.is_dir() or target.is_dir() or not target.name:
        raise UsageError(f"{target} cannot be a bundle: name a file in an existing folder")
    if resolved(store) in resolved(target).parents:
        raise UsageError(f"{target} is inside the cache: name a file outside of {store}")
    if target.exists() and (not force or not target.is_file()):
        raise UsageError(f"{target} exists: name another file" + ("" if force else ", or use --force"))


def write(target: Path, packing: Packing, advance: Advance = lambda _count: None) -> int:
    """Write a bundle to a temporary file, and rename it; returns its size in bytes.

    Raises:
        IntegrityError: A file does not have the digest of the index.
        UsageError: The bundle cannot be written, or a file not read.
    """
    index = indexes.parse(packing.index, origin=indexes.FILE_NAME)
    beside = target.with_name(f".{target.name}.{os.urandom(4).hex()}.part")
    try:
        with tarfile.TarFile(beside, "x", format=tarfile.USTAR_FORMAT, copybufsize=CHUNK_BYTES) as tar:
            _add(tar, indexes.FILE_NAME, packing.index)
            if packing.signature is not None:
                _add(tar, signing.FILE_NAME, packing.signature)
            for sha256, size in sorted(index.blobs.items()):
                if not _add_file(tar, sha256, size, packing.places[sha256], advance):
                    raise IntegrityError(
                        f"{packing.places[sha256]} does not have {size} bytes with SHA-256 {sha256}: nothing was "
                        f"written; run '{packing.repair}'"
                    )
        sync(beside)
        size = beside.stat().st_size
        move(beside, target)
        sync(target.parent)
    except OSError as error:
        raise UsageError(f"{target} could not be written: {reason(error)}") from error
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
    return size


class _HashedFile:
    """A file that is hashed while it is read."""

    def __init__(self, file: BufferedReader, advance: Advance) -> None:
        import hashlib

        self._file, self._advance = file, advance
        self.digest = hashlib.sha256()

    def read(self, count: int) -> bytes:
        chunk = self._file.read(count)
        self.digest.update(chunk)
        self._advance(len(chunk))
        return chunk


def _add_file(tar: tarfile.TarFile, sha256: str, size: int, path: Path, advance: Advance) -> bool:
    """Pack a file; returns whether it has the expected digest."""
    try:
        file = open_regular(path)
    except OSError:
        return False
    with file:
        if os.fstat(file.fileno()).st_size != size:
            return False
        hashed = _HashedFile(file, advance)
        tar.addfile(_member(f"{indexes.BLOBS}/{sha256}", size), hashed)  # type: ignore[arg-type]  # it only reads
        return hashed.digest.hexdigest() == sha256


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    tar.addfile(_member(name, len(content)), BytesIO(content))


def _member(name: str, size: int) -> tarfile.TarInfo:
    """A header without user, machine or time."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    return member
