"""Verify bytes against the expected digest, whichever kind a source states."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Literal

from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.files import CHUNK_BYTES, sha256_of
from ocrzoo_registry.sources.base import RemoteFile
from ocrzoo_registry.store.manifest import StoredFile

TRUST_ON_FIRST_USE = "first use"
"""The origin of a digest that no source stated."""


def has_digest(file: RemoteFile) -> bool:
    """Whether a digest of the file is known."""
    return bool(file.sha256 or file.git_sha1 or file.md5)


def check(file: RemoteFile, path: Path, size: int, sha256: str) -> str:
    """Compare a file, its size in bytes and its SHA-256 with what is expected; returns the origin of the digest.

    Raises:
        IntegrityError: It is not the expected file.
    """
    if file.size is not None and size != file.size:
        raise IntegrityError(f"{file.path}: {size} bytes instead of {file.size}")
    if file.sha256 is not None and sha256 != file.sha256:
        raise IntegrityError(f"{file.path}: sha256 is {sha256}, not {file.sha256} ({file.digest_origin})")
    if file.sha256 is None and file.git_sha1 is not None and not _git_agrees(file.git_sha1, path, size, sha256):
        raise IntegrityError(f"{file.path}: is not the file that git calls {file.git_sha1}")
    if file.sha256 is None and file.md5 is not None and (md5 := _hash("md5", path)) != file.md5:
        raise IntegrityError(f"{file.path}: md5 is {md5}, not {file.md5}")
    return (file.digest_origin or "the source") if has_digest(file) else TRUST_ON_FIRST_USE


def matching(file: RemoteFile, path: Path) -> StoredFile | None:
    """Return the record of a local file if it has the expected digest, else ``None``."""
    if not has_digest(file):
        return None
    try:
        size = path.stat().st_size
        if file.size not in {None, size}:
            return None
        sha256 = sha256_of(path)
        return StoredFile(path=file.path, size=size, sha256=sha256, digest_origin=check(file, path, size, sha256))
    except (OSError, IntegrityError):
        return None


def unverified(folder: Path, path: str, digest_origin: str) -> StoredFile:
    """Return the record of a local file without an expected digest.

    Raises:
        OSError: It cannot be read.
    """
    file = folder / path
    return StoredFile(path=path, size=file.stat().st_size, sha256=sha256_of(file), digest_origin=digest_origin)


def _git_agrees(git_sha1: str, path: Path, size: int, sha256: str) -> bool:
    """Whether a git object name is that of the bytes, or of the LFS pointer to them (with or without final newline)."""
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}"
    names = {_hash("sha1", None, _git_blob(len(text)) + text) for text in (pointer.encode(), f"{pointer}\n".encode())}
    return git_sha1 in names or _hash("sha1", path, _git_blob(size)) == git_sha1


def _git_blob(size: int) -> bytes:
    return f"blob {size}\0".encode()


def _hash(algorithm: Literal["sha1", "md5"], path: Path | None, start: bytes = b"") -> str:
    """Hash bytes and then a file; hubs state these two, which do not protect against forgery."""
    import hashlib

    digest = hashlib.new(algorithm, start, usedforsecurity=False)
    if path is not None:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()


MAX_BYTES = 1 << 20

log = logging.getLogger("ocrzoo")


def corroborated(card: ModelCard, file_format: Format, file: StoredFile) -> StoredFile:
    """Return the file; if its digest was trusted on first use and is a known one, the origin says so."""
    if file.digest_origin != TRUST_ON_FIRST_USE or card.known_digests is None:
        return file
    data = _read(card.folder / card.known_digests)
    stated: Any = data
    for key in ("digests", card.name, file_format, file.path):
        stated = stated.get(key) if isinstance(stated, dict) else None
    if stated != file.sha256:
        return file
    return file.model_copy(update={"digest_origin": f"{TRUST_ON_FIRST_USE}, equal to {data.get('origin')}"})


def _read(path: Path) -> dict[str, Any]:
    """A damaged file corroborates nothing."""
    try:
        data = safe_yaml.read_file(path, MAX_BYTES)
    except safe_yaml.YamlError as error:
        log.warning("%s", error)
        return {}
    return data if isinstance(data, dict) else {}
