"""Our resolver under the hubs' real names, by HTTPS; from a mirror of others; and beside PaddleX on one home."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.hubs.environments import Environments
from tests.hubs.faults import Fault
from tests.hubs.kit import MODEL, run_python
from tests.hubs.olah import run_olah
from tests.hubs.proxy import HostProxy
from tests.hubs.pulling import HUBS, PARAMS, contents_of, end_of, folder_of, half_done, pull, start
from tests.hubs.server import Hubs

from ocrzoo_registry.errors import OcrzooError, SourceError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store.store import Store

HOSTS = {
    "huggingface": "huggingface.co",
    "aistudio": "git.aistudio.baidu.com",
    "modelscope": "www.modelscope.cn",
    "bos": "paddle-model-ecology.bj.bcebos.com",
}
CDN = "cdn-lfs.huggingface.co"
AUTHORITIES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
SECRETS = {
    "huggingface": ("HF_TOKEN", "hf_0a1b2c3d4e5f"),
    "aistudio": ("AISTUDIO_ACCESS_TOKEN", "as_1b2c3d4e5f6a"),
    "modelscope": ("MODELSCOPE_API_TOKEN", "ms_2c3d4e5f6a7b"),
}
TOKENS = dict(SECRETS.values())


@pytest.fixture
def proxy(hubs: Hubs, monkeypatch: pytest.MonkeyPatch) -> Iterator[HostProxy]:
    """The proxy, as the environment names it: nothing but it leads to the hubs."""
    with HostProxy(hubs) as proxy:
        for name, value in proxy.environment().items():
            monkeypatch.setenv(name, value)
        yield proxy


def settings(home: Path, sources: str = "", **more: str) -> dict[str, str]:
    """Give settings that name no endpoint."""
    return {"OCRZOO_HOME": str(home), "PADDLE_PDX_MODEL_SOURCE": sources, "HF_HOME": str(home / "no token"), **more}


@pytest.mark.parametrize("authority", AUTHORITIES)
@pytest.mark.parametrize("source", HUBS)
def test_every_source_delivers(
    source: str,
    authority: str,
    hubs: Hubs,
    proxy: HostProxy,
    files: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in set(AUTHORITIES) - {authority}:
        monkeypatch.delenv(name)
    assert contents_of(pull(settings(tmp_path, f"{source},")).folder) == files
    assert set(proxy.hosts) == {HOSTS[source]}
    assert {request.source for request in hubs.requests} == {source}


def test_nothing_but_settings_is_needed(proxy: HostProxy, files: dict[str, bytes], tmp_path: Path) -> None:
    assert end_of(start({**proxy.environment(), **settings(tmp_path, "modelscope")})) == (0, "")
    assert contents_of(folder_of(tmp_path)) == files
    assert set(proxy.hosts) == {HOSTS["modelscope"]}


@pytest.mark.parametrize(("named", "asked"), [("", "huggingface"), *((source, source) for source in HUBS)])
def test_no_host_is_touched_but_the_first_that_delivers(
    named: str, asked: str, hubs: Hubs, proxy: HostProxy, tmp_path: Path
) -> None:
    hubs.models["UVDoc"] = {**hubs.models[MODEL], "inference.yml": b"Global:\n  model_name: UVDoc\n"}
    pull(settings(tmp_path, named), "UVDoc")
    assert set(proxy.hosts) == {HOSTS[asked]}
    assert hubs.asked("check") == []


def test_hosts_are_asked_in_order_until_one_delivers(
    hubs: Hubs, proxy: HostProxy, files: dict[str, bytes], tmp_path: Path
) -> None:
    proxy.blocked |= {HOSTS["huggingface"], HOSTS["modelscope"]}
    hubs.inject(Fault("status", source="aistudio", what="any", status=404, times=None))
    found = pull(settings(tmp_path))
    assert list(dict.fromkeys(proxy.hosts)) == [HOSTS[source] for source in HUBS]
    assert found.manifest is not None
    assert found.manifest.source == "bos"
    assert contents_of(found.folder) == files


@pytest.mark.parametrize("source", HUBS)
def test_a_certificate_that_nobody_vouches_for_is_told_and_not_tried_again(
    source: str, hubs: Hubs, proxy: HostProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in AUTHORITIES:
        monkeypatch.delenv(name)
    with pytest.raises(SourceError, match=r"certificate verify failed.*SSL_CERT_FILE or REQUESTS_CA_BUNDLE"):
        pull(settings(tmp_path, f"{source},"))
    assert proxy.hosts == [HOSTS[source]]
    assert hubs.requests == []
    assert half_done(tmp_path) == []


def test_a_token_goes_to_its_own_hub_and_nowhere_else(
    hubs: Hubs, proxy: HostProxy, files: dict[str, bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Every hub with a token leads to another host, which delivers wrong bytes: so all are asked, one by one."""
    caplog.set_level(logging.DEBUG)
    hubs.cdn_url = f"https://{CDN}"
    for source in SECRETS:
        hubs.inject(Fault("redirect", source=source, path=PARAMS, times=None))
    hubs.inject(Fault("corrupt", source="cdn", times=None))
    found = pull(settings(tmp_path, **TOKENS))
    assert contents_of(found.folder) == files
    assert set(proxy.hosts) == {*HOSTS.values(), CDN}
    for request in hubs.requests:
        _name, own = SECRETS.get(request.source, ("", ""))
        sent = "\n".join([request.target, *request.headers.values()])
        assert own in sent
        assert not any(token in sent for token in TOKENS.values() if token != own)
    assert not any(token in caplog.text for token in TOKENS.values())
    assert re.search(rf"{MODEL} \(\w+\) from huggingface failed: ", caplog.text)
    assert not holding(tmp_path, *TOKENS.values())


def test_no_error_tells_a_token(hubs: Hubs, proxy: HostProxy, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hubs.token = "another"
    hubs.inject(Fault("status", source="bos", what="any", status=403, times=None))
    with pytest.raises(OcrzooError, match=r"(?i)a token may be needed") as caught:
        pull(settings(tmp_path, **TOKENS))
    assert not any(token in f"{caught.value!r}{caplog.text}" for token in TOKENS.values())
    assert not any(token in repr(Settings.from_environment(TOKENS)) for token in TOKENS.values())


def state_of(folder: Path) -> dict[Path, tuple[int, ...]]:
    """Give what changes when a folder, or something in it, is touched."""
    states = {path: path.stat() for path in [folder, *folder.rglob("*")]}
    return {path: (one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) for path, one in states.items()}


def holding(folder: Path, *texts: str) -> list[Path]:
    """Give the files in which one of the texts stands."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in paths if any(text.encode() in path.read_bytes() for text in texts)]


@pytest.mark.slow
@pytest.mark.environments
def test_a_mirror_of_others_delivers(environments: Environments, files: dict[str, bytes], tmp_path: Path) -> None:
    """It sends no length, no tag and no range."""
    with run_olah(environments.python("olah"), tmp_path / "olah", {MODEL: files}) as url:
        home = tmp_path / "home"
        found = pull(settings(home, "huggingface,", PADDLE_PDX_HUGGING_FACE_ENDPOINT=url))
    assert contents_of(found.folder) == files


@pytest.mark.slow
@pytest.mark.environments
@pytest.mark.parametrize("source", HUBS)
def test_paddlex_takes_what_the_resolver_put_there(
    source: str, environments: Environments, hubs: Hubs, proxy: HostProxy, files: dict[str, bytes], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    folder = pull(settings(home, f"{source},")).folder
    hubs.clear()
    proxy.hosts.clear()
    before = state_of(folder)
    code = f"""
from pathlib import Path
from paddlex.inference.utils.official_models import official_models
assert Path(official_models[{MODEL!r}]) == Path({str(folder)!r}), official_models[{MODEL!r}]
"""
    variables = {**proxy.environment(), "PADDLE_PDX_CACHE_HOME": str(home), "PADDLE_PDX_MODEL_SOURCE": source}
    run_python(code, tmp_path / "elsewhere", variables, environments.python("paddlex"))
    assert (hubs.requests, proxy.hosts) == ([], [])
    assert state_of(folder) == before
    found = Store(home).find(MODEL, "paddle")
    assert found is not None
    assert contents_of(found.folder) == files
