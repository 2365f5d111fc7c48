"""What the hubs say about contents: git's and LFS's digests, commit ids, and tars as on BOS."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePosixPath

LFS_SUFFIXES = frozenset({".pdiparams", ".onnx", ".safetensors"})
"""Files that the hubs keep in LFS; the others are plain git blobs."""

Files = Mapping[str, bytes]
"""A repository's files: path -> content."""


def is_lfs(path: str) -> bool:
    return PurePosixPath(path).suffix in LFS_SUFFIXES


@lru_cache(maxsize=64)
def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@lru_cache(maxsize=64)
def md5(content: bytes) -> bytes:
    return hashlib.md5(content, usedforsecurity=False).digest()


@lru_cache(maxsize=64)
def git_sha1(content: bytes) -> str:
    """Give the id that git gives a blob."""
    header = f"blob {len(content)}\0".encode()
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def lfs_pointer(content: bytes) -> bytes:
    """Give the file that git holds in place of one kept in LFS."""
    lines = ["version https://git-lfs.github.com/spec/v1", f"oid sha256:{sha256(content)}", f"size {len(content)}", ""]
    return "\n".join(lines).encode()


def blob(path: str, content: bytes) -> bytes:
    """Give what git itself holds under a path: the content, or the pointer to it."""
    return lfs_pointer(content) if is_lfs(path) else content


def etag(path: str, content: bytes) -> str:
    """Give the entity tag that HuggingFace and Gitea send, quoted."""
    return f'"{sha256(content) if is_lfs(path) else git_sha1(content)}"'


def commit_id(files: Files) -> str:
    """Give 40 hexadecimal digits that name exactly these files."""
    lines = [f"{git_sha1(blob(path, content))} {path}\n" for path, content in sorted(files.items())]
    return hashlib.sha1("".join(lines).encode(), usedforsecurity=False).hexdigest()


def tar_of(name: str, files: Files) -> bytes:
    """Pack a model as PaddleX's tars are: one top folder ``<name>_infer/``; same files, same bytes."""
    return _tar(f"{name}_infer", tuple(sorted(files.items())))


@lru_cache(maxsize=16)
def _tar(folder: str, files: tuple[tuple[str, bytes], ...]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        top = tarfile.TarInfo(folder)
        top.type, top.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(top)
        for path, content in files:
            member = tarfile.TarInfo(f"{folder}/{path}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
