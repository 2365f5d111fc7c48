"""Settings: what each environment variable means, and what is refused."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ocrzoo_registry.errors import SettingError, UsageError
from ocrzoo_registry.settings import Settings


@pytest.fixture(autouse=True)
def _own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody is logged in to a hub here."""
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "user"))


@pytest.mark.parametrize(
    ("environ", "home"),
    [
        ({"OCRZOO_HOME": "/one", "PADDLE_PDX_CACHE_HOME": "/two"}, Path("/one")),
        ({"PADDLE_PDX_CACHE_HOME": "/two"}, Path("/two")),
        ({"OCRZOO_HOME": "", "PADDLE_PDX_CACHE_HOME": "/two"}, Path("/two")),
        ({"OCRZOO_HOME": "~/models"}, Path("~/models")),
        ({}, Path("~/.paddlex")),
    ],
)
def test_the_home_is_ocrzoos_else_paddlexs_else_paddlexs_default(environ: dict[str, str], home: Path) -> None:
    assert Settings.from_environment(environ).home == home.expanduser()


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without HOME and without a passwd entry, as in a container with an arbitrary user ID."""

    def unknown(_user: object) -> None:
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", unknown)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps the home elsewhere")
@pytest.mark.usefixtures("nobody")
def test_without_a_home_directory_the_variables_to_set_are_named() -> None:
    with pytest.raises(SettingError, match="no home directory: name a folder for models with OCRZOO_HOME"):
        Settings.from_environment({})
    assert Settings.from_environment({"OCRZOO_HOME": "/models"}).home == Path("/models")
    for name in ("OCRZOO_HOME", "PADDLE_PDX_CACHE_HOME"):
        with pytest.raises(SettingError, match=f"{name}='~/x': this user has no home directory"):
            Settings.from_environment({name: "~/x"})
    for name in ("OCRZOO_MODEL_PATH", "OCRZOO_MIRROR", "OCRZOO_MIRROR_KEY"):
        with pytest.raises(SettingError, match=f"{name}='~/x': this user has no home directory"):
            Settings.from_environment({"OCRZOO_HOME": "/models", name: "~/x"})


@pytest.mark.parametrize("name", ["OCRZOO_OFFLINE", "HF_HUB_OFFLINE"])
@pytest.mark.parametrize(
    ("value", "meant"),
    [("1", True), ("true", True), ("YES", True), (" on ", True), ("0", False), ("False", False), ("no", False)],
)
def test_either_switch_takes_the_process_offline(name: str, value: str, meant: bool) -> None:
    assert Settings.from_environment({name: value}).offline is meant


@pytest.mark.parametrize(("ours", "offline"), [("0", False), ("1", True), ("", True)])
def test_our_own_switch_outranks_the_hubs(ours: str, offline: bool) -> None:
    assert Settings.from_environment({"OCRZOO_OFFLINE": ours, "HF_HUB_OFFLINE": "1"}).offline is offline


@pytest.mark.parametrize("name", ["OCRZOO_OFFLINE", "HF_HUB_OFFLINE", "OCRZOO_STRICT"])
def test_a_switch_that_is_neither_yes_nor_no_is_named(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name}='maybe' is not a boolean"):
        Settings.from_environment({name: "maybe"})


def test_lists_drop_blanks_and_empty_parts() -> None:
    settings = Settings.from_environment(
        {"OCRZOO_DISABLE_PLUGINS": " svtr, ,uvdoc,", "PADDLE_PDX_MODEL_SOURCE": "BOS, HuggingFace"}
    )
    assert settings.disabled_plugins == {"svtr", "uvdoc"}
    assert settings.sources == ("BOS", "HuggingFace")
    assert settings.sources_exact


def test_a_single_source_is_exact_only_with_a_comma_after_it() -> None:
    assert not Settings.from_environment({"PADDLE_PDX_MODEL_SOURCE": "wheel"}).sources_exact
    assert Settings.from_environment({"PADDLE_PDX_MODEL_SOURCE": "wheel,"}).sources_exact


def test_the_model_path_is_separated_as_path_is() -> None:
    value = os.pathsep.join(["/first", "", "~/second"])
    assert Settings.from_environment({"OCRZOO_MODEL_PATH": value}).model_path == (
        Path("/first"),
        Path.home() / "second",
    )


def test_settings_are_keys_of_caches_whatever_is_set() -> None:
    assert hash(Settings.from_environment({"OCRZOO_OVERRIDE": "acme-ocr:UVDoc", "OCRZOO_PLUGINS": "acme-ocr"}))


def test_an_empty_environment_changes_nothing() -> None:
    assert Settings.from_environment({}) == Settings(
        home=Path.home() / ".paddlex",
        offline=False,
        strict=False,
        disabled_plugins=frozenset(),
        sources=(),
        model_path=(),
    )


def test_the_process_environment_is_read_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCRZOO_STRICT", "1")
    assert Settings.from_environment().strict
    monkeypatch.setenv("OCRZOO_STRICT", "0")
    assert not Settings.from_environment().strict


@pytest.mark.parametrize("value", ["http:/x", "https:x", "http://", "https:///x"])
def test_an_endpoint_without_a_host_is_refused(value: str) -> None:
    settings = Settings.from_environment({"HF_ENDPOINT": value})
    with pytest.raises(SettingError, match=r"is not an http\(s\) URL"):
        settings.endpoint("HF_ENDPOINT", default="https://hub")
