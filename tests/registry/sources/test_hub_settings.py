"""Settings of the hubs: which variable sets the endpoint, and which token is sent."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.registry.hub_cards import hub_card, hubs_with, leading_to

from ocrzoo_registry.errors import ExitCode, Refused, SettingError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.aistudio import AIStudioSource
from ocrzoo_registry.sources.bos import BosSource
from ocrzoo_registry.sources.hub import HubSource
from ocrzoo_registry.sources.huggingface import HuggingFaceSource
from ocrzoo_registry.sources.modelscope import ModelScopeSource

MIRROR = "https://mirror.example:8443/hub"
SOURCES: dict[str, Callable[[Settings], HubSource]] = {
    "huggingface": HuggingFaceSource,
    "aistudio": AIStudioSource,
    "modelscope": ModelScopeSource,
    "bos": BosSource,
}
ENDPOINTS = {
    "huggingface": "https://huggingface.co",
    "aistudio": "https://git.aistudio.baidu.com",
    "modelscope": "https://www.modelscope.cn",
    "bos": "https://paddle-model-ecology.bj.bcebos.com",
}


def endpoints(environ: dict[str, str]) -> dict[str, str]:
    settings = Settings.from_environment(environ)
    return {name: source(settings).endpoint for name, source in SOURCES.items()}


def tokens(environ: dict[str, str]) -> list[str | None]:
    """Give the token that each hub's source sends."""
    settings = Settings.from_environment(environ)
    headers = [source(settings).web._secrets.get("Authorization") for source in SOURCES.values()]
    return [None if header is None else header.partition(" ")[2] for header in headers]


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home in which nobody is logged in."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def log_in(token: bytes, *folders: Path) -> Path:
    """Write a token down as ``hf auth login`` does."""
    path = folders[0].joinpath(*folders[1:], "token")
    path.parent.mkdir(parents=True)
    path.write_bytes(token)
    return path


def test_without_settings_the_hubs_are_the_real_ones() -> None:
    assert endpoints({}) == ENDPOINTS


VARIABLES = {
    "PADDLE_PDX_HUGGING_FACE_ENDPOINT": "huggingface",
    "HF_ENDPOINT": "huggingface",
    "STUDIO_GIT_HOST": "aistudio",
    "MODELSCOPE_ENDPOINT": "modelscope",
    "MODELSCOPE_DOMAIN": "modelscope",
    "OCRZOO_BOS_ENDPOINT": "bos",
}


@pytest.mark.parametrize(("name", "hub"), VARIABLES.items())
def test_each_variable_leads_one_hub_elsewhere(name: str, hub: str) -> None:
    assert endpoints({name: MIRROR}) == ENDPOINTS | {hub: MIRROR}


@pytest.mark.parametrize(
    ("first", "second", "hub"),
    [
        ("PADDLE_PDX_HUGGING_FACE_ENDPOINT", "HF_ENDPOINT", "huggingface"),
        ("MODELSCOPE_ENDPOINT", "MODELSCOPE_DOMAIN", "modelscope"),
    ],
)
def test_of_two_variables_the_first_that_says_something_counts(first: str, second: str, hub: str) -> None:
    both = {second: "https://second", first: "https://first"}
    assert endpoints(both)[hub] == "https://first"
    assert endpoints(both | {first: "  "})[hub] == "https://second"


@pytest.mark.parametrize(
    ("value", "endpoint"),
    [
        ("https://host/", "https://host"),
        (" https://host// ", "https://host"),
        ("www.modelscope.cn", "https://www.modelscope.cn"),
        ("host:8080/path/", "https://host:8080/path"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("HTTPS://Host", "HTTPS://Host"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_an_endpoint_is_written_in_several_ways(value: str, endpoint: str) -> None:
    assert endpoints({"MODELSCOPE_DOMAIN": value})["modelscope"] == endpoint


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize(
    "value",
    [
        "ftp://host",
        "https://",
        "https:///x",
        "https://a b",
        "https://me:secret@host",
        "https://host/?key=secret",
        "https://host?x=1",
        "file:///x",
        "/",
    ],
)
def test_what_is_no_address_is_told_with_its_variable(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=rf"^{name}=.* is not an http\(s\) URL\. Write it as https://host") as caught:
        endpoints({name: value})
    assert caught.value.exit_code == ExitCode.USAGE
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_each_hub_has_a_token_of_its_own() -> None:
    environ = {"HF_TOKEN": "hf_1", "AISTUDIO_ACCESS_TOKEN": " a2\n", "MODELSCOPE_API_TOKEN": "m3"}
    assert tokens(environ) == ["hf_1", "a2", "m3", None]


def test_a_token_goes_along_to_a_mirror_that_the_user_named() -> None:
    environ = {"HF_TOKEN": "hf_1", "HF_ENDPOINT": MIRROR}
    assert (endpoints(environ)["huggingface"], tokens(environ)[0]) == (MIRROR, "hf_1")


def test_the_stored_token_is_where_the_hubs_own_client_leaves_it(home: Path, tmp_path: Path) -> None:
    log_in(b"from the cache\n", home, Path(".cache"), Path("huggingface"))
    log_in(b"from xdg", tmp_path, Path("xdg"), Path("huggingface"))
    log_in(b"from hf home", tmp_path, Path("hf"))
    named = log_in(b"from the path", tmp_path, Path("named"))
    environ: dict[str, str] = {}
    for variable, value, token in [
        ("", "", "from the cache"),
        ("XDG_CACHE_HOME", str(tmp_path / "xdg"), "from xdg"),
        ("HF_HOME", str(tmp_path / "hf"), "from hf home"),
        ("HF_TOKEN_PATH", str(named), "from the path"),
        ("HF_TOKEN", "from the environment", "from the environment"),
    ]:
        environ |= {variable: value}
        assert tokens(environ)[0] == token


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"two\nlines", b"t\x00ken", b"t\xc3\xb6ken", b"x" * 5000, b"tok\x7fen", b"a\r\nX-Evil: 1"],
    ids=lambda content: repr(content[:12]),
)
def test_what_cannot_stand_in_a_header_is_no_token(tmp_path: Path, content: bytes) -> None:
    path = log_in(content, tmp_path, Path("stored"))
    assert tokens({"HF_TOKEN_PATH": str(path)})[0] is None


@pytest.mark.parametrize("value", ["tökén", "two\nlines", "\x7f"])
def test_nor_from_the_environment(value: str) -> None:
    environ = dict.fromkeys(["HF_TOKEN", "AISTUDIO_ACCESS_TOKEN", "MODELSCOPE_API_TOKEN"], value)
    assert tokens(environ) == [None] * 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes on this system")
def test_a_stored_token_that_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "nowhere"):
        assert tokens({"HF_TOKEN_PATH": str(path)})[0] is None


def test_a_token_is_never_shown() -> None:
    settings = Settings.from_environment(
        {"HF_TOKEN": "hush", "AISTUDIO_ACCESS_TOKEN": "hush", "MODELSCOPE_API_TOKEN": "hush"}
    )
    assert settings.token("HF_TOKEN") == "hush"
    assert "hush" not in repr(settings) + str(settings)


@pytest.mark.parametrize(
    ("name", "variable"),
    [("huggingface", "HF_TOKEN"), ("aistudio", "AISTUDIO_ACCESS_TOKEN"), ("modelscope", "MODELSCOPE_API_TOKEN")],
)
def test_a_hub_that_denies_access_names_the_variable_of_its_token(settings: Settings, name: str, variable: str) -> None:
    with hubs_with() as hubs:
        hubs.token = "hush"
        with pytest.raises(Refused, match=rf"\(token: {variable}\)$"):
            SOURCES[name](leading_to(settings, hubs)).list(hub_card(), "paddle")  # type: ignore[attr-defined]
