"""A signed plugin is used as it was signed, or not at all; OpenSSL makes the keys."""

from __future__ import annotations

import importlib.util
import json
import os
import py_compile
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry.kit import SitePackages, card_data
from tests.registry.mirror_tree import Keys, make_keys
from tests.registry.plugins.test_trust import plugin

from ocrzoo_registry.audit import audit
from ocrzoo_registry.errors import PluginError, UsageError
from ocrzoo_registry.plugins import source_only
from ocrzoo_registry.plugins.manager import PluginManager
from ocrzoo_registry.plugins.signatures import SIGNATURE, SUMS, sign_package, signature_of
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

CODE = """
from pathlib import Path

from ocrzoo_registry import hookimpl, read_cards

Path(__file__).parents[1].joinpath("was-imported").touch()


@hookimpl
def ocrzoo_model_cards():
    yield from read_cards(Path(__file__).parent / "cards")
"""


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("others"))


@pytest.fixture(autouse=True)
def _own_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget which packages a test had imported from source."""
    monkeypatch.setattr(source_only, "_FINDER", source_only._Finder())
    monkeypatch.setattr(sys, "meta_path", sys.meta_path[:])


@pytest.fixture
def package(site: SitePackages) -> Path:
    """Give the package of an installed plugin with a card, a charset and weights."""
    files = {
        "__init__.py": CODE.encode(),
        "cards/seaside_det.yaml": json.dumps(card_data(charset="charsets/sea.txt")).encode(),
        "cards/charsets/sea.txt": b"a\nb\n",
        "cards/weights/inference.onnx": b"weights",
    }
    site.install("sea-dist", entry_points={"sea": "sea"}, files={f"sea/{path}": text for path, text in files.items()})
    return site.folder / "sea"


def imported(package: Path) -> bool:
    return package.with_name("was-imported").exists()


def cached(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("")


class TestWithKeys:
    def test_a_plugin_signed_by_one_of_them_is_imported(
        self, package: Path, settings: Settings, keys: Keys, others: Keys
    ) -> None:
        assert sign_package(package, keys.private) == [package / SUMS, package / SIGNATURE]
        manager = PluginManager(replace(settings, plugin_keys=(others.public, keys.public)))
        manager.call_all()
        assert imported(package)
        assert plugin(manager, "sea").status == "loaded"
        assert plugin(manager, "sea").signature.state == "signed"

    def test_the_list_is_one_that_sha256sum_reads(self, package: Path, keys: Keys) -> None:
        sign_package(package, keys.private)
        ran = subprocess.run(["sha256sum", "-c", SUMS], cwd=package, capture_output=True, text=True, check=True)
        assert "cards/weights/inference.onnx: OK" in ran.stdout

    def test_an_unsigned_one_is_not_allowed(self, package: Path, settings: Settings, keys: Keys) -> None:
        found = plugin(PluginManager(replace(settings, plugin_keys=(keys.public,), strict=True)), "sea")
        assert (found.status, imported(package)) == ("not allowed", False)
        assert found.refusal == f"OCRZOO_PLUGIN_KEYS: unsigned: there is no {package / SIGNATURE}"

    def test_nor_is_one_signed_by_a_stranger(self, package: Path, settings: Settings, keys: Keys, others: Keys) -> None:
        sign_package(package, others.private)
        found = plugin(PluginManager(replace(settings, plugin_keys=(keys.public,))), "sea")
        assert (found.status, found.signature.state, imported(package)) == ("not allowed", "other key", False)
        assert "which is not trusted" in found.refusal

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda p: (p / "__init__.py").write_text("x = 1"), "__init__.py was changed after it was signed"),
            (lambda p: (p / "cards/seaside_det.yaml").write_text("{}"), "cards/seaside_det.yaml was changed"),
            (lambda p: (p / "cards/charsets/sea.txt").write_text("b\na\n"), "cards/charsets/sea.txt was changed"),
            (lambda p: (p / "cards/weights/inference.onnx").write_bytes(b"Weights"), "inference.onnx was changed"),
            (lambda p: (p / "cards/weights/inference.onnx").unlink(), "inference.onnx was removed"),
            (lambda p: (p / "cards/evil.yaml").write_text("{}"), "cards/evil.yaml was added"),
            (lambda p: (p / "json.so").write_text(""), "json.so was added"),
            (lambda p: (p / "link").symlink_to("/etc"), "link is a link"),
            (lambda p: cached(p / "__pycache__/evil.py"), "__pycache__/evil.py is no compiled file"),
            (lambda p: cached(p / "cards/__pycache__/a/evil.pyc"), "cards/__pycache__/a is no compiled file"),
            (lambda p: (p / SUMS).write_text("0" * 64 + "  __init__.py\n"), "the signature of SHA256SUMS is not valid"),
            (lambda p: (p / SUMS).write_bytes((p / SUMS).read_bytes() + b"\n"), "the signature of SHA256SUMS"),
        ],
    )
    def test_one_that_was_changed_fails_and_is_not_imported(
        self,
        package: Path,
        settings: Settings,
        keys: Keys,
        caplog: pytest.LogCaptureFixture,
        change: Callable[[Path], object],
        message: str,
    ) -> None:
        sign_package(package, keys.private)
        change(package)
        trusting = replace(settings, plugin_keys=(keys.public,))
        found = plugin(PluginManager(trusting), "sea")
        assert (found.status, imported(package)) == ("failed", False)
        (failure,) = found.failures
        assert (failure.stage, message in failure.message) == ("signature", True)
        assert "wrong signature" in caplog.text
        with pytest.raises(PluginError, match="wrong signature"):
            PluginManager(replace(trusting, strict=True))

    def test_a_compiled_file_beside_the_source_is_not_run(
        self, package: Path, settings: Settings, keys: Keys, tmp_path: Path
    ) -> None:
        """Python runs it if time and size of the source are as stated in it, which a signature does not cover."""
        sign_package(package, keys.private)
        source = package / "__init__.py"
        evil = tmp_path / "__init__.py"
        evil.write_text("raise SystemExit('evil')" + " " * (len(CODE) - 24))
        os.utime(evil, (source.stat().st_mtime, source.stat().st_mtime))
        py_compile.compile(str(evil), importlib.util.cache_from_source(str(source)), doraise=True)
        unsigned = PluginManager(settings)
        assert "SystemExit: evil" in plugin(unsigned, "sea").failures[0].message
        signed = PluginManager(replace(settings, plugin_keys=(keys.public,)))
        assert plugin(signed, "sea").status == "loaded"

    def test_an_entry_point_among_compiled_files_is_not_allowed(
        self, package: Path, site: SitePackages, settings: Settings, keys: Keys
    ) -> None:
        """Python reads a compiled file in ``__pycache__`` as a module of a namespace there."""
        sign_package(package, keys.private)
        evil = package / "__pycache__" / "evil.pyc"
        cached(evil)
        evil.with_name("evil.pyc.123").write_text("being written")
        site.install("evil-dist", entry_points={"evil": "sea.__pycache__.evil"}, files={})
        manager = PluginManager(replace(settings, plugin_keys=(keys.public,)))
        assert (plugin(manager, "sea").status, plugin(manager, "evil").status) == ("loaded", "not allowed")
        with pytest.raises(ImportError, match="which no signature covers"):
            importlib.import_module("sea.__pycache__")

    def test_both_settings_must_allow_it(self, package: Path, settings: Settings, keys: Keys) -> None:
        sign_package(package, keys.private)
        found = plugin(PluginManager(replace(settings, plugin_keys=(keys.public,), allowed_plugins=())), "sea")
        assert (found.status, imported(package)) == ("not allowed", False)

    @pytest.mark.parametrize("module", ["json", "os.path", "no_such_module", "", "x y"])
    def test_what_is_not_a_package_with_a_signature_is_unsigned(self, keys: Keys, module: str) -> None:
        assert signature_of(module, (keys.public,)).state == "unsigned"

    def test_a_key_that_is_none_is_told(self, package: Path, settings: Settings, keys: Keys, tmp_path: Path) -> None:
        sign_package(package, keys.private)
        (tmp_path / "key.pem").write_text("no key")
        with pytest.raises(UsageError, match=r"key\.pem is not a usable public key"):
            PluginManager(replace(settings, plugin_keys=(tmp_path / "key.pem",)))


class TestSigning:
    def test_signing_again_after_a_change_is_enough(self, package: Path, settings: Settings, keys: Keys) -> None:
        sign_package(package, keys.private)
        (package / "cards" / "more.txt").write_text("more")
        sign_package(package, keys.private)
        assert signature_of("sea", (keys.public,)).state == "signed"

    def test_what_cannot_be_signed_is_told(self, package: Path, keys: Keys) -> None:
        with pytest.raises(UsageError, match=r"is not a package: it has no __init__\.py"):
            sign_package(package / "cards", keys.private)
        (package / "two\nlines").write_text("")
        with pytest.raises(UsageError, match="rename 'two"):
            sign_package(package, keys.private)
        assert not (package / SUMS).exists()

    def test_a_public_key_does_not_sign(self, package: Path, keys: Keys) -> None:
        with pytest.raises(UsageError, match="is not a usable private key"):
            sign_package(package, keys.public)


class TestTheAudit:
    @pytest.mark.parametrize(
        ("signed", "trusted", "expected"),
        [
            (False, False, "unsigned: there is no "),
            (True, False, "which is not trusted"),
            (False, True, "unsigned: there is no "),
            (True, True, "signed by "),
        ],
    )
    def test_it_says_who_signed(
        self, package: Path, settings: Settings, keys: Keys, signed: bool, trusted: bool, expected: str
    ) -> None:
        if signed:
            sign_package(package, keys.private)
        zoo = Zoo(replace(settings, plugin_keys=(keys.public,) if trusted else ()))
        (found,) = (one for one in audit(zoo) if one.distribution == "sea-dist")
        assert expected in found.signature
        assert bool(found.registers) == (signed or not trusted)

    def test_it_says_what_was_changed_after_it_was_signed(self, package: Path, settings: Settings, keys: Keys) -> None:
        """No key is needed for it."""
        sign_package(package, keys.private)
        (package / "cards/charsets/sea.txt").write_text("b\na\n")
        (found,) = (one for one in audit(Zoo(settings)) if one.distribution == "sea-dist")
        assert "; outdated: " in found.signature
        assert found.signature.endswith("sea.txt was changed after it was signed")
