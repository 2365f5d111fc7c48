"""The hubs' own clients download from the server: by their settings, and under the hubs' real names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.hubs.faults import Fault
from tests.hubs.kit import DOWNLOADS, MODEL, NOWHERE, QUIET_AISTUDIO, contents, download, run_python
from tests.hubs.proxy import HostProxy
from tests.hubs.server import Hubs

CLIENTS = list(DOWNLOADS)
PARAMS = "inference.pdiparams"
HOSTS = {
    "huggingface": {"huggingface.co"},
    "modelscope": {"modelscope.cn"},
    "aistudio": {"git.aistudio.baidu.com", "aistudio.baidu.com"},
}


@pytest.fixture
def environment(hubs: Hubs) -> dict[str, str]:
    """Settings that lead to the server, and nothing else anywhere."""
    return {**hubs.environment(), "HTTPS_PROXY": NOWHERE}


@pytest.fixture
def proxy(hubs: Hubs) -> Iterator[HostProxy]:
    with HostProxy(hubs) as proxy:
        yield proxy


def before(client: str) -> str:
    return QUIET_AISTUDIO if client == "aistudio" else ""


@pytest.mark.parametrize("client", CLIENTS)
def test_it_downloads_by_its_settings(
    client: str, hubs: Hubs, files: dict[str, bytes], environment: dict[str, str], tmp_path: Path
) -> None:
    hubs.models[MODEL]["sub folder/a+b c.txt"] = b"spaced"
    folder = download(client, MODEL, tmp_path, environment, before=before(client))
    assert contents(folder) == hubs.models[MODEL]
    assert {request.source for request in hubs.requests} == {client}


@pytest.mark.parametrize("client", CLIENTS)
def test_it_downloads_under_real_names(
    client: str, hubs: Hubs, proxy: HostProxy, files: dict[str, bytes], tmp_path: Path
) -> None:
    assert contents(download(client, MODEL, tmp_path, proxy.environment())) == files
    assert set(proxy.hosts) == {request.host for request in hubs.requests} == HOSTS[client]


@pytest.mark.parametrize("client", CLIENTS)
def test_it_downloads_a_pinned_revision(
    client: str, hubs: Hubs, files: dict[str, bytes], environment: dict[str, str], tmp_path: Path
) -> None:
    commit, pinned = hubs.commit(MODEL), dict(files)
    hubs.models[MODEL][PARAMS] = b"newer"
    folder = download(client, MODEL, tmp_path, environment, revision=commit, before=before(client))
    assert contents(folder) == pinned


@pytest.mark.parametrize("client", ["huggingface", "modelscope"])
def test_it_follows_to_another_origin_without_its_token(
    client: str, hubs: Hubs, files: dict[str, bytes], environment: dict[str, str], tmp_path: Path
) -> None:
    hubs.token = "hf_secret"
    hubs.inject(Fault("redirect", what="any", path=PARAMS, times=None))
    variables = {"HF_TOKEN": hubs.token, "MODELSCOPE_API_TOKEN": hubs.token}
    assert contents(download(client, MODEL, tmp_path, {**environment, **variables})) == files
    (elsewhere,) = hubs.asked("file", "cdn")
    assert elsewhere.path == PARAMS
    assert "authorization" not in elsewhere.headers
    assert all(hubs.token in request.headers["authorization"] for request in hubs.asked("list", client))


def test_aistudio_goes_to_its_own_second_host(
    hubs: Hubs, proxy: HostProxy, files: dict[str, bytes], tmp_path: Path
) -> None:
    hubs.cdn_url = "https://cdn-lfs.huggingface.co"  # the client puts its own host in the place of any
    hubs.inject(Fault("redirect", path=PARAMS, times=None))
    assert contents(download("aistudio", MODEL, tmp_path, proxy.environment())) == files
    assert {request.host for request in hubs.asked("file", "cdn")} == {"bj-gitea-online.cdn.bcebos.com"}


@pytest.mark.parametrize("client", ["huggingface", "aistudio"])
def test_its_listing_goes_page_by_page(
    client: str, hubs: Hubs, files: dict[str, bytes], environment: dict[str, str], tmp_path: Path
) -> None:
    hubs.page_size = 2
    assert contents(download(client, MODEL, tmp_path, environment, before=before(client))) == files


def test_huggingface_finds_the_digests_right(hubs: Hubs, environment: dict[str, str], tmp_path: Path) -> None:
    folder = download("huggingface", MODEL, tmp_path, environment)
    verify = f"""
from huggingface_hub import HfApi
found = HfApi().verify_repo_checksums("PaddlePaddle/{MODEL}", local_dir={str(folder)!r})
assert found.checked_count == 3 and not found.mismatches and not found.missing_paths, found
"""
    run_python(verify, tmp_path, environment)


def test_huggingface_names_what_is_missing(hubs: Hubs, environment: dict[str, str], tmp_path: Path) -> None:
    code = """
from huggingface_hub import hf_hub_download
from huggingface_hub import errors

for repo, revision, name, error in [
    ("PaddlePaddle/none", "main", "a", errors.RepositoryNotFoundError),
    ("PaddlePaddle/{model}", "v9", "a", errors.RevisionNotFoundError),
    ("PaddlePaddle/{model}", "main", "a", errors.EntryNotFoundError),
]:
    try:
        hf_hub_download(repo, name, revision=revision)
    except error:
        continue
    raise AssertionError(error)
"""
    run_python(code.replace("{model}", MODEL), tmp_path, environment)


# What was measured of the clients under faults holds here too.


def test_huggingface_accepts_a_flipped_byte(
    hubs: Hubs, files: dict[str, bytes], environment: dict[str, str], tmp_path: Path
) -> None:
    fault = hubs.inject(Fault("corrupt", path=PARAMS, at=1000))
    folder = download("huggingface", MODEL, tmp_path, environment)
    assert fault.used == 1
    assert contents(folder) != files


def test_modelscope_fetches_again_what_has_a_flipped_byte(
    hubs: Hubs, files: dict[str, bytes], environment: dict[str, str], tmp_path: Path
) -> None:
    hubs.inject(Fault("corrupt", path=PARAMS, at=1000))
    assert contents(download("modelscope", MODEL, tmp_path, environment)) == files
    assert len(hubs.asked("file", path=PARAMS)) == 2


@pytest.mark.parametrize("client", ["huggingface", "modelscope"])
def test_it_goes_on_after_a_cut(
    client: str, hubs: Hubs, files: dict[str, bytes], environment: dict[str, str], tmp_path: Path
) -> None:
    hubs.inject(Fault("cut", path=PARAMS, at=100_000))
    assert contents(download(client, MODEL, tmp_path, environment)) == files


def test_aistudio_loses_a_file_over_a_cut(
    hubs: Hubs, files: dict[str, bytes], environment: dict[str, str], tmp_path: Path
) -> None:
    hubs.inject(Fault("cut", path=PARAMS, at=100_000))
    folder = download("aistudio", MODEL, tmp_path, environment, before=QUIET_AISTUDIO)
    assert contents(folder).keys() == files.keys() - {PARAMS}
