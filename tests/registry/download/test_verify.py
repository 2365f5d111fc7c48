"""Promises: which bytes keep which promise, and who vouched for them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.registry.kit import sha256

from ocrzoo_registry.download import verify
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.sources.base import RemoteFile

CONTENT = b"weights of the seaside\n" * 100_000
"""More than one chunk."""
FILE = RemoteFile("inference.onnx", digest_origin="the shelf")


def git_name(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def pointer(content: bytes, end: str) -> bytes:
    """Write the text that git keeps in place of a large file, as the LFS specification has it."""
    lines = ["version https://git-lfs.github.com/spec/v1", f"oid sha256:{sha256(content)}", f"size {len(content)}"]
    return ("\n".join(lines) + end).encode()


KEPT: dict[str, dict[str, Any]] = {
    "sha256": {"sha256": sha256(CONTENT)},
    "git's name of the bytes": {"git_sha1": git_name(CONTENT)},
    "git's name of the pointer": {"git_sha1": git_name(pointer(CONTENT, "\n"))},
    "git's name of the pointer without its last line end": {"git_sha1": git_name(pointer(CONTENT, ""))},
    "md5": {"md5": hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


def check(file: RemoteFile, path: Path) -> str:
    content = path.read_bytes()
    return verify.check(file, path, len(content), sha256(content))


@pytest.mark.parametrize("stated", KEPT.values(), ids=KEPT)
def test_bytes_with_the_expected_digest_have_its_origin(path: Path, stated: dict[str, Any]) -> None:
    file = replace(FILE, **stated)
    assert verify.has_digest(file)
    assert check(file, path) == "the shelf"
    assert check(replace(file, digest_origin=None), path) == "the source"


@pytest.mark.parametrize("stated", KEPT.values(), ids=KEPT)
def test_one_changed_byte_fails_every_digest(path: Path, stated: dict[str, Any]) -> None:
    path.write_bytes(b"W" + CONTENT[1:])
    with pytest.raises(IntegrityError, match=r"^inference\.onnx: "):
        check(replace(FILE, **stated), path)


def test_a_size_is_compared_but_is_no_digest(path: Path) -> None:
    sized = replace(FILE, size=len(CONTENT))
    assert not verify.has_digest(sized)
    assert check(sized, path) == verify.TRUST_ON_FIRST_USE
    with pytest.raises(IntegrityError, match=f"{len(CONTENT)} bytes instead of 5"):
        check(replace(FILE, size=5, sha256=sha256(CONTENT)), path)


def test_a_file_without_a_digest_is_trusted_on_first_use(path: Path) -> None:
    assert check(FILE, path) == verify.TRUST_ON_FIRST_USE == "first use"


def test_the_strongest_digest_decides(path: Path) -> None:
    weak = replace(FILE, git_sha1="0" * 40, md5="0" * 32)
    assert check(replace(weak, sha256=sha256(CONTENT)), path) == "the shelf"
    with pytest.raises(IntegrityError, match="sha256"):
        check(replace(FILE, sha256="0" * 64, **KEPT["md5"]), path)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git to compare with")
@pytest.mark.parametrize("content", [b"", CONTENT, pointer(CONTENT, "\n")], ids=["empty", "large", "a pointer"])
def test_git_calls_it_so_too(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    done = subprocess.run(
        ["git", "hash-object", "--no-filters", str(path)], capture_output=True, text=True, check=True, cwd=path.parent
    )
    assert check(replace(FILE, git_sha1=done.stdout.strip()), path) == "the shelf"


@pytest.mark.parametrize("stated", KEPT.values(), ids=KEPT)
def test_a_local_file_with_the_expected_digest_matches(path: Path, stated: dict[str, Any]) -> None:
    stored = verify.matching(replace(FILE, **stated), path)
    assert stored is not None
    assert (stored.path, stored.size, stored.sha256) == ("inference.onnx", len(CONTENT), sha256(CONTENT))
    assert stored.digest_origin == "the shelf"
    path.write_bytes(CONTENT[:-1])
    assert verify.matching(replace(FILE, **stated), path) is None


def test_a_local_file_without_an_expected_digest_does_not_match(path: Path) -> None:
    assert verify.matching(replace(FILE, size=len(CONTENT)), path) is None


def test_a_missing_file_does_not_match(tmp_path: Path) -> None:
    file = replace(FILE, sha256=sha256(CONTENT))
    assert verify.matching(file, tmp_path / "nowhere") is None
    assert verify.matching(file, tmp_path) is None


def test_a_file_is_described_as_it_is(path: Path) -> None:
    stored = verify.unverified(path.parent, "file", "the user")
    assert (stored.path, stored.sha256, stored.digest_origin) == ("file", sha256(CONTENT), "the user")
