"""Signatures of indexes, in OpenSSF's model-signing format, with the user's own key and no network.

The index has the digest of every file of a mirror, so only the index is signed; the signature is stored beside it. It
proves who made the index, not that it is the newest: an older index with its signature is valid too.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ocrzoo_registry.errors import IntegrityError, UsageError
from ocrzoo_registry.files import os_errors_as, read_bounded, reason, write_atomically
from ocrzoo_registry.index import schema as indexes

FILE_NAME = f"{indexes.FILE_NAME}.sig"

MAX_BYTES = 1 << 20
"""Of a signature; with one signed file it has 2 kB."""


def sign(content: bytes, private_key: Path) -> bytes:
    """Return the signature of an index, the content of :data:`FILE_NAME` beside it.

    Raises:
        UsageError: The key cannot be used, or ``model-signing`` is not installed.
    """
    signer = _signer(private_key)
    with TemporaryDirectory() as folder:
        index, signature = Path(folder, indexes.FILE_NAME), Path(folder, FILE_NAME)
        index.write_bytes(content)
        signer.sign(index, signature)
        return signature.read_bytes()


def check_private_key(private_key: Path) -> None:
    """Check that a key can sign.

    Raises:
        UsageError: The key cannot be used, or ``model-signing`` is not installed.
    """
    _signer(private_key)


def check(content: bytes, signature: bytes | None, public_key: Path, *, origin: str) -> None:
    """Verify the signature of an index; ``origin`` names it in errors.

    Raises:
        IntegrityError: There is no signature, or it is of another index or by another key.
        UsageError: The key cannot be used, or ``model-signing`` is not installed.
    """
    verifier = _with_key(_library().verifying.Config().use_elliptic_key_verifier, "public", public_key)
    if signature is None:
        raise IntegrityError(f"{origin}: {indexes.FILE_NAME} is not signed, but {public_key} is required")
    try:
        _check_form(signature, hashlib.sha256(content).hexdigest())
        with TemporaryDirectory() as folder:
            Path(folder, indexes.FILE_NAME).write_bytes(content)
            Path(folder, FILE_NAME).write_bytes(signature)
            verifier.verify(Path(folder, indexes.FILE_NAME), Path(folder, FILE_NAME))
    except Exception as error:  # the library lets through whatever its parsers raise
        why = " ".join(str(error).split())[:200] or "another index or key"
        raise IntegrityError(
            f"{origin}: the signature of {indexes.FILE_NAME} is not valid for {public_key}: {why}"
        ) from error


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
    return _read(tree / FILE_NAME, MAX_BYTES)


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


def _library() -> Any:
    try:
        import model_signing.signing
        import model_signing.verifying
    except ImportError as error:
        raise UsageError(
            f"model-signing is not installed ({error.name} is missing): run pip install 'ocrzoo[sign]'"
        ) from error
    return model_signing


def _signer(private_key: Path) -> Any:
    return _with_key(_library().signing.Config().use_elliptic_key_signer, "private", private_key)


def _with_key(configure: Callable[..., Any], kind: str, key: Path) -> Any:
    """Read a key with the library, whose own errors do not help."""
    try:
        return configure(**{f"{kind}_key": key})
    except OSError as error:
        raise UsageError(f"{key}: {reason(error)}") from error
    except Exception as error:  # whatever its parsers raise
        raise UsageError(
            f"{key} is not a usable {kind} key: use an elliptic curve (prime256v1, secp384r1 or secp521r1) as PEM, "
            "without a password"
        ) from error


def _check_form(signature: bytes, sha256: str) -> None:
    """Refuse what the library ignores: changed bytes outside of the signed part, and files excluded by name."""
    from sigstore_models.bundle.v1 import Bundle

    data = json.loads(signature)
    if not data["verificationMaterial"]["publicKey"]["hint"]:  # the library would only warn
        raise ValueError("no key is named")
    if Bundle.from_dict(data).to_json().encode() != signature:
        raise ValueError("not a canonical signature")
    statement = json.loads(base64.b64decode(data["dsseEnvelope"]["payload"], validate=True))
    signed = [(one["name"], one["digest"]) for one in statement["predicate"]["resources"]]
    if signed != [(".", sha256)]:
        raise ValueError("it signs something else")
