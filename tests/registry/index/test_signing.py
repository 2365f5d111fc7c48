"""Signatures of indexes; OpenSSF's own command is the oracle."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry.hub_cards import FILES, hub_card, listed
from tests.registry.mirror_tree import Keys, index_of, indexed, make_keys, write_tree

from ocrzoo_registry.errors import ExitCode, IntegrityError, SourceError, UsageError
from ocrzoo_registry.index import signing
from ocrzoo_registry.mirror.client import MirrorSource
from ocrzoo_registry.settings import Mirror, Settings

CARD = hub_card()
INDEX = index_of([indexed(CARD, FILES)])
CONTENT = INDEX.to_bytes()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("others"))


@pytest.fixture(scope="module")
def signature(keys: Keys) -> bytes:
    return signing.sign(CONTENT, keys.private)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "tree", INDEX, FILES.values())


def model_signing(tree: Path, *arguments: str | Path) -> int:
    """Run the command of OpenSSF's package on an index."""
    command = [sys.executable, "-m", "model_signing", *map(str, arguments)]
    return subprocess.run(command, cwd=tree, capture_output=True, timeout=60, check=False).returncode


class TestTheOracle:
    def test_model_signing_accepts_our_signatures_only(self, tree: Path, keys: Keys, others: Keys) -> None:
        signing.sign_tree(tree, keys.private)
        verify = ("verify", "key", "index.json", "--signature", "index.json.sig", "--public_key")
        assert model_signing(tree, *verify, keys.public) == 0
        assert model_signing(tree, *verify, others.public) != 0
        (tree / "index.json").write_bytes(CONTENT.replace(b"seaside", b"Seaside", 1))
        assert model_signing(tree, *verify, keys.public) != 0

    def test_signatures_of_model_signing_are_accepted(self, tree: Path, keys: Keys, others: Keys) -> None:
        sign = ("sign", "key", "index.json", "--signature", "index.json.sig", "--private_key", keys.private)
        assert model_signing(tree, *sign) == 0
        signing.check_tree(tree, keys.public)
        with pytest.raises(IntegrityError):
            signing.check_tree(tree, others.public)

    def test_a_signature_of_the_whole_folder_is_refused(self, tree: Path, keys: Keys) -> None:
        outside = tree.parent / "whole.sig"
        assert model_signing(tree, "sign", "key", ".", "--signature", outside, "--private_key", keys.private) == 0
        with pytest.raises(IntegrityError, match="something else"):
            signing.check(CONTENT, outside.read_bytes(), keys.public, origin="here")


class TestChanges:
    def test_a_byte_flipped_anywhere_in_the_signature_is_refused(self, keys: Keys, signature: bytes) -> None:
        signing.check(CONTENT, signature, keys.public, origin="here")
        for place in range(len(signature)):
            for bit in (0, 1, 5):
                flipped = bytearray(signature)
                flipped[place] ^= 1 << bit
                with pytest.raises(IntegrityError):
                    signing.check(CONTENT, bytes(flipped), keys.public, origin="here")

    def test_a_byte_flipped_anywhere_in_the_index_is_refused(self, keys: Keys, signature: bytes) -> None:
        for place in range(len(CONTENT)):
            flipped = bytearray(CONTENT)
            flipped[place] ^= 1
            with pytest.raises(IntegrityError, match="something else"):
                signing.check(bytes(flipped), signature, keys.public, origin="here")

    @pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b"x" * 1000])
    def test_an_invalid_signature_is_refused(self, keys: Keys, content: bytes) -> None:
        with pytest.raises(IntegrityError, match="is not valid for"):
            signing.check(CONTENT, content, keys.public, origin="here")

    def test_a_signature_without_a_key_name_is_refused_without_warnings(
        self, keys: Keys, signature: bytes, capsys: pytest.CaptureFixture[str]
    ) -> None:
        data = json.loads(signature)
        data["verificationMaterial"]["publicKey"]["hint"] = None
        with pytest.raises(IntegrityError):
            signing.check(CONTENT, json.dumps(data).encode(), keys.public, origin="here")
        assert capsys.readouterr().out == ""

    def test_a_signature_that_excludes_the_index_is_refused(self, keys: Keys, signature: bytes) -> None:
        """A statement that is signed, says nothing of the file, and tells the verifier to overlook it."""
        data = json.loads(signature)
        statement = json.loads(base64.b64decode(data["dsseEnvelope"]["payload"]))
        statement["predicate"]["resources"] = []
        data["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
        with pytest.raises(IntegrityError, match="something else"):
            signing.check(CONTENT, json.dumps(data, separators=(",", ":")).encode(), keys.public, origin="here")

    def test_a_missing_signature_is_refused(self, keys: Keys) -> None:
        with pytest.raises(IntegrityError, match="is not signed") as caught:
            signing.check(CONTENT, None, keys.public, origin="here")
        assert caught.value.exit_code == ExitCode.INTEGRITY


class TestKeys:
    def test_a_key_of_another_kind_is_a_usage_error(self, tmp_path: Path, keys: Keys, signature: bytes) -> None:
        rsa = tmp_path / "rsa.pem"
        make = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(rsa)]
        subprocess.run(make, check=True, capture_output=True, timeout=60)
        for key in (rsa, keys.public):
            with pytest.raises(UsageError, match="not a usable private key"):
                signing.sign(CONTENT, key)
        for key in (rsa, keys.private):
            with pytest.raises(UsageError, match="not a usable public key"):
                signing.check(CONTENT, signature, key, origin="here")

    def test_a_missing_key_is_a_usage_error(self, tmp_path: Path, signature: bytes) -> None:
        with pytest.raises(UsageError, match="No such file"):
            signing.check(CONTENT, signature, tmp_path / "none.pub", origin="here")

    def test_without_the_library_one_line_says_what_to_install(
        self, keys: Keys, signature: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "model_signing.verifying", None)
        with pytest.raises(UsageError, match=r"pip install 'ocrzoo\[sign\]'"):
            signing.check(CONTENT, signature, keys.public, origin="here")


class TestTheSource:
    """Source ``mirror`` where the settings name a key."""

    @pytest.fixture
    def source(self, settings: Settings, tree: Path, keys: Keys) -> MirrorSource:
        return MirrorSource(replace(settings, mirror=Mirror(str(tree)), mirror_key=keys.public))

    def test_a_signed_index_is_accepted_and_listed_as_signed(
        self, source: MirrorSource, tree: Path, keys: Keys
    ) -> None:
        signing.sign_tree(tree, keys.private)
        assert {file.digest_origin for file in listed(source, CARD).files} == {"stated by mirror, signed"}
        assert source.check().answer.startswith("signed, models 1")

    def test_an_unsigned_index_is_refused(self, source: MirrorSource) -> None:
        with pytest.raises(IntegrityError, match="is not signed"):
            source.list(CARD, "paddle")

    def test_another_index_or_another_key_is_refused(
        self, source: MirrorSource, tree: Path, keys: Keys, others: Keys
    ) -> None:
        signing.sign_tree(tree, others.private)
        with pytest.raises(IntegrityError, match="is not valid for"):
            source.list(CARD, "paddle")
        signing.sign_tree(tree, keys.private)
        (tree / "index.json").write_bytes(index_of([]).to_bytes())
        with pytest.raises(IntegrityError, match="is not valid for"):
            source.list(CARD, "paddle")

    def test_an_index_signed_later_is_accepted(self, source: MirrorSource, tree: Path, keys: Keys) -> None:
        with pytest.raises(IntegrityError):
            source.list(CARD, "paddle")
        signing.sign_tree(tree, keys.private)
        assert source.list(CARD, "paddle") is not None

    def test_a_release_between_index_and_signature_is_read_again(
        self, source: MirrorSource, tree: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        signing.sign_tree(tree, keys.private)
        read, paths = source._backend.read, list[str]()

        def switching(path: str, max_bytes: int, known: str | None = None) -> object:
            paths.append(path)
            found = read(path, max_bytes, known)
            if len(paths) == 1:
                new = index_of([indexed(CARD, {**FILES, "inference.json": b"{}"})])
                signing.sign_tree(write_tree(tree, new, []), keys.private)
            return found

        monkeypatch.setattr(source._backend, "read", switching)
        listing = listed(source, CARD)
        assert {file.size for file in listing.files if file.path == "inference.json"} == {2}
        assert paths == ["index.json", "index.json.sig"] * 2

    def test_an_unusable_key_does_not_disable_verification(
        self, settings: Settings, tree: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "none.pub").write_text("no key")
        source = MirrorSource(replace(settings, mirror=Mirror(str(tree)), mirror_key=tmp_path / "none.pub"))
        with pytest.raises(SourceError, match="not a usable public key"):
            source.list(CARD, "paddle")
