"""Signatures of indexes, in OpenSSF's model-signing format, with the user's own key and no network.

The index has the digest of every file of a mirror, so only the index is signed; the signature is stored beside it. It
proves who made the index, not that it is the newest: an older index with its signature is valid too.
"""

from __future__ import annotations

from pathlib import Path

from ocrzoo_registry import signing
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import os_errors_as, read_bounded, reason, write_atomically
from ocrzoo_registry.index import schema as indexes

FILE_NAME = f"{indexes.FILE_NAME}{signing.ENDING}"


def sign(content: bytes, private_key: Path) -> bytes:
    """Return the signature of an index, the content of :data:`FILE_NAME` beside it.

    Raises:
        UsageError: The key cannot be used, or ``model-signing`` is not installed.
    """
    return signing.sign(content, private_key, indexes.FILE_NAME)


def check(content: bytes, signature: bytes | None, public_key: Path, *, origin: str) -> None:
    """Verify the signature of an index; ``origin`` names it in errors.

    Raises:
        IntegrityError: There is no signature, or it is of another index or by another key.
        UsageError: The key cannot be used, or ``model-signing`` is not installed.
    """
    signing.check(content, signature, public_key, name=indexes.FILE_NAME, origin=origin)


def sign_tree(tree: Path, private_key: Path) -> Path:
    """Sign the index of a served tree; returns the path of the signature.

    Raises:
        UsageError: There is no index, the key cannot be used, or the tree not written; or ``model-signing`` is missing.
        IntegrityError: The index cannot be parsed.
    """
    content = index_of(tree)
    indexes.parse(content, origin=str(tree / indexes.FILE_NAME))
    with os_errors_as(UsageError, f"{tree / FILE_NAME} could not be written"):
        write_atomically(tree / FILE_NAME, sign(content, private_key))
    return tree / FILE_NAME


def check_tree(tree: Path, public_key: Path) -> None:
    """Verify the signature of a served tree.

    Raises:
        IntegrityError: There is no signature, or it is of another index or by another key.
        UsageError: There is no index, the key cannot be used, or ``model-signing`` is not installed.
    """
    check(index_of(tree), signature_of(tree), public_key, origin=str(tree))


def index_of(tree: Path) -> bytes:
    """Return the index of a served tree.

    Raises:
        UsageError: It cannot be read.
    """
    content = _read(tree / indexes.FILE_NAME, indexes.MAX_BYTES)
    if content is None:
        raise UsageError(f"{tree} is not a mirror: it has no {indexes.FILE_NAME}; run 'ocrzoo mirror build {tree}'")
    return content


def signature_of(tree: Path) -> bytes | None:
    """Return the signature in a served tree, if there is one.

    Raises:
        UsageError: It cannot be read.
    """
    return _read(tree / FILE_NAME, signing.MAX_BYTES)


def is_signed(tree: Path) -> bool:
    """Whether a served tree has a signature, by any key."""
    return (tree / FILE_NAME).is_file()


def _read(path: Path, max_bytes: int) -> bytes | None:
    try:
        return read_bounded(path, max_bytes)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"{path}: {reason(error)}") from error
