"""Signatures of plugins: one over the digests of all files of a package, kept in the package itself.

``SHA256SUMS`` lists every file of the package's folder (code, cards, charsets, weights) in the form of ``sha256sum``;
``SHA256SUMS.sig`` is its signature. Both are read before anything of the plugin is imported.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from ocrzoo_registry import signing
from ocrzoo_registry.errors import IntegrityError, UsageError
from ocrzoo_registry.files import os_errors_as, read_bounded, reason, sha256_of, write_atomically

SUMS = "SHA256SUMS"
SIGNATURE = f"{SUMS}{signing.ENDING}"
MAX_SUMS_BYTES = 8 << 20
"""Of the list; a hundred bytes a file."""

CACHE = "__pycache__"
"""The folders that Python writes compiled files to; the import of a signed package reads none (``source_only``)."""
_COMPILED = re.compile(r".+\.pyc(\.\d+)?")
"""A compiled file, or one that is being written."""
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")

State = Literal["unsigned", "other key", "signed", "wrong"]


@dataclass(frozen=True)
class Signature:
    """The signature of a plugin's package."""

    state: State = "unsigned"
    """``other key``: signed by a key that is not trusted; ``wrong``: not what a trusted key signed."""
    key: str = ""
    """The id of the key: the SHA-256 of its PEM."""
    detail: str = ""
    """What is wrong, or where a signature was expected."""

    def __str__(self) -> str:
        """Return the state in a clause."""
        if self.state == "signed":
            return f"signed by {self.key[:16]}"
        if self.state == "other key":
            return f"signed by {self.key[:16] or 'no known key'}, which is not trusted"
        return f"{'wrong signature' if self.state == 'wrong' else 'unsigned'}: {self.detail}"


def package_of(module: str) -> Path | None:
    """Return the folder of the package that an entry point's value is in, which is not imported.

    ``None`` for a single module, a namespace without a file of its own, and what cannot be found.
    """
    try:
        spec = find_spec(top_package(module))
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None or Path(spec.origin).name != "__init__.py":
        return None
    return Path(spec.origin).parent


def top_package(module: str) -> str:
    """Return the first part of an entry point's value."""
    return module.partition(":")[0].partition(".")[0].strip()


def signature_of(module: str, keys: Sequence[Path]) -> Signature:
    """Return the signature of the package that an entry point's value is in; ``keys`` are trusted.

    Raises:
        UsageError: A key cannot be used, or ``model-signing`` is not installed.
    """
    if CACHE in module:
        return Signature(detail=f"{module} is in {CACHE}, which no signature covers")
    folder = package_of(module)
    if folder is None:
        return Signature(detail=f"{module} is not in a package of its own, which could be signed")
    try:
        signature = read_bounded(folder / SIGNATURE, signing.MAX_BYTES)
        sums = read_bounded(folder / SUMS, MAX_SUMS_BYTES)
    except FileNotFoundError as error:
        return Signature(detail=f"there is no {error.filename}")
    except OSError as error:
        return Signature(detail=f"{folder}: {reason(error)}")
    named = signing.named_key(signature)
    trusted = {signing.key_id(key): key for key in keys}
    if named not in trusted:
        return Signature("other key", named)
    try:
        signing.check(sums, signature, trusted[named], name=SUMS, origin=str(folder))
        check_sums(folder, sums)
    except IntegrityError as error:
        return Signature("wrong", named, str(error))
    return Signature("signed", named)


def sign_package(folder: Path, private_key: Path) -> list[Path]:
    """Write the list of a package's files and its signature; returns both paths.

    Raises:
        UsageError: The folder is not a package, has files that cannot be signed, or the key cannot be used.
    """
    if not (folder / "__init__.py").is_file():
        raise UsageError(f"{folder} is not a package: it has no __init__.py")
    with os_errors_as(UsageError, f"{folder} could not be signed"):
        found = dict(_digests(folder))
        if odd := next((path for path in found if not path.isprintable() or path != path.strip()), None):
            raise UsageError(f"{folder} could not be signed: rename {odd!a}")
        sums = "".join(f"{digest}  {path}\n" for path, digest in sorted(found.items())).encode()
        signature = signing.sign(sums, private_key, SUMS)
        write_atomically(folder / SUMS, sums)
        write_atomically(folder / SIGNATURE, signature)
    return [folder / SUMS, folder / SIGNATURE]


def check_sums(folder: Path, sums: bytes) -> None:
    """Compare a package's files with the list of their digests.

    Raises:
        IntegrityError: A file was added, changed or removed, or is a link; or the list is none.
    """
    try:
        lines = [_LINE.fullmatch(line) for line in sums.decode().removesuffix("\n").split("\n")]
        listed = {line[2]: line[1] for line in lines if line is not None}
    except UnicodeDecodeError:
        lines, listed = [None], {}
    if None in lines:
        raise IntegrityError(f"{folder / SUMS} is not a list of digests")
    with os_errors_as(IntegrityError, f"{folder} could not be read"):
        found = dict(_digests(folder))
    for path in sorted(listed.keys() | found.keys()):
        if found.get(path) != listed.get(path):
            change = "added" if path not in listed else "removed" if path not in found else "changed"
            raise IntegrityError(f"{folder / path} was {change} after it was signed")


def changed_since_signed(folder: Path) -> str:
    """Return what differs from a package's list of digests, whoever signed that; empty if nothing does, or no list is.

    No key is needed: it tells an author to sign again, and proves nothing.
    """
    try:
        check_sums(folder, read_bounded(folder / SUMS, MAX_SUMS_BYTES))
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{folder / SUMS}: {reason(error)}"
    except IntegrityError as error:
        return str(error)
    return ""


def _digests(folder: Path) -> Iterator[tuple[str, str]]:
    """The files of a package with their digests, without the compiled files that Python writes.

    Raises:
        OSError: A file is a link, a device, or in ``__pycache__`` but not compiled; or it cannot be read.
    """

    def stop(error: OSError) -> None:
        raise error

    for where, folders, names in os.walk(folder, onerror=stop):
        folders.sort()
        in_cache = CACHE in Path(where).relative_to(folder).parts
        for name in sorted([*folders, *names]):
            path = Path(where, name)
            if path.is_symlink():
                raise OSError(f"{path} is a link")
            if in_cache and (name in folders or not _COMPILED.fullmatch(name)):
                raise OSError(f"{path} is no compiled file")
            relative = path.relative_to(folder).as_posix()
            if name in names and not in_cache and relative not in {SUMS, SIGNATURE}:
                yield relative, sha256_of(path)
