"""Signatures of one file, in OpenSSF's model-signing format, with the user's own key and no network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ocrzoo_registry.errors import IntegrityError, UsageError
from ocrzoo_registry.files import reason

ENDING = ".sig"
"""What a signature's name adds to the name of the file that it signs."""

MAX_BYTES = 1 << 20
"""Of a signature; with one signed file it has 2 kB."""


def sign(content: bytes, private_key: Path, name: str) -> bytes:
    """Return the signature of a file's content, to be stored beside it as ``<name>.sig``.

    Raises:
        UsageError: The key cannot be used, or ``model-signing`` is not installed.
    """
    signer = _signer(private_key)
    with TemporaryDirectory() as folder:
        file, signature = Path(folder, name), Path(folder, f"{name}{ENDING}")
        file.write_bytes(content)
        signer.sign(file, signature)
        return signature.read_bytes()


def check_private_key(private_key: Path) -> None:
    """Check that a key can sign.

    Raises:
        UsageError: The key cannot be used, or ``model-signing`` is not installed.
    """
    _signer(private_key)


def check(content: bytes, signature: bytes | None, public_key: Path, *, name: str, origin: str) -> None:
    """Verify the signature of a file's content; ``name`` is the file's, ``origin`` says in errors where it is.

    Raises:
        IntegrityError: There is no signature, or it is of another content or by another key.
        UsageError: The key cannot be used, or ``model-signing`` is not installed.
    """
    verifier = _with_key(_library().verifying.Config().use_elliptic_key_verifier, "public", public_key)
    if signature is None:
        raise IntegrityError(f"{origin}: {name} is not signed, but {public_key} is required")
    try:
        _check_form(signature, hashlib.sha256(content).hexdigest())
        with TemporaryDirectory() as folder:
            Path(folder, name).write_bytes(content)
            Path(folder, f"{name}{ENDING}").write_bytes(signature)
            verifier.verify(Path(folder, name), Path(folder, f"{name}{ENDING}"))
    except Exception as error:  # the library lets through whatever its parsers raise
        why = " ".join(str(error).split())[:200] or "another content or key"
        raise IntegrityError(f"{origin}: the signature of {name} is not valid for {public_key}: {why}") from error


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


def key_id(public_key: Path) -> str:
    """Return what signatures name a key by: the SHA-256 of its PEM.

    Raises:
        UsageError: The key cannot be used, or ``model-signing`` is not installed.
    """
    _with_key(_library().verifying.Config().use_elliptic_key_verifier, "public", public_key)
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_public_key(public_key.read_bytes())
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(pem).hexdigest()


def named_key(signature: bytes) -> str:
    """Return the id of the key that a signature names, which proves nothing; empty if it names none."""
    try:
        stated = json.loads(signature)["verificationMaterial"]["publicKey"]["hint"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return stated if isinstance(stated, str) and re.fullmatch("[0-9a-f]{64}", stated) else ""
