"""The hubs' own clients and PaddleX download from a mirror: from nginx, and from the embedded server."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.hubs.environments import Environments
from tests.hubs.kit import DOWNLOADS, MODEL, NOWHERE, QUIET_AISTUDIO, contents, download, run_python
from tests.hubs.mirror.tls_front import TlsFront
from tests.hubs.proxy import HostProxy
from tests.registry.mirror.made_mirrors import MadeMirror, card_of
from tests.registry.mirror.serving.web_servers import free_port, run_nginx, run_serve

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.mirror.serving.client_env import clients, url_of
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.slow

SERVERS = ["nginx", "serve"]
FILES = {
    "inference.yml": b"Global:\n  model_name: PP-OCRv5_mobile_det\n".ljust(100),
    "inference.json": b'{"program": {}}'.ljust(100),
    "inference.pdiparams": os.urandom(3_000_000),
    "sub_folder/a+b.txt": b"",
}
"""Two of the files have the same size, and all the same time."""
ONNX = {"inference.yml": FILES["inference.yml"], "inference.onnx": FILES["inference.pdiparams"][::-1]}
PROGRAMS = {"huggingface": "huggingface-hub", "modelscope": "modelscope", "aistudio": "aistudio-sdk"}
HOSTS = {
    "huggingface": {"huggingface.co"},
    "modelscope": {"modelscope.cn", "www.modelscope.cn"},
    "aistudio": {"git.aistudio.baidu.com", "aistudio.baidu.com"},
    "bos": {"paddle-model-ecology.bj.bcebos.com"},
}
CACHED = f"""
from huggingface_hub import snapshot_download
print(snapshot_download("PaddlePaddle/{MODEL}"), end="")
"""
PADDLEX = f"""
from paddlex.inference.utils.official_models import official_models
print(official_models[{MODEL!r}])
"""


@dataclass(frozen=True)
class Mirror:
    """A mirror that is being served."""

    url: str

    def variables(self, program: str) -> dict[str, str]:
        """Give what ``ocrzoo mirror env`` prints for a program, and nothing that leads elsewhere."""
        (client,) = clients(url_of(self.url), [program])
        return {**client.variables, "HTTPS_PROXY": NOWHERE}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A release on the disk, and the port that its nginx is to listen on."""
    mirror = MadeMirror()
    card = card_of(MODEL, "paddle", "onnx", family="ppocrv5")
    mirror.add(card, "paddle", FILES).add(card, "onnx", ONNX)
    port = free_port()
    root = mirror.lay(tmp_path_factory.mktemp("mirror") / "release", listen=f"127.0.0.1:{port}")
    for path in root.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return root, port


@pytest.fixture(scope="module", params=SERVERS)
def mirror(
    request: pytest.FixtureRequest, release: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mirror]:
    root, port = release
    if request.param == "nginx":
        with run_nginx(root / "nginx.conf", tmp_path_factory.mktemp("nginx"), port) as url:
            yield Mirror(url)
    else:
        with run_serve(root) as (url, _):
            yield Mirror(url)


@pytest.fixture
def proxy(mirror: Mirror) -> Iterator[HostProxy]:
    with TlsFront(urlsplit(mirror.url).port or 0) as front, HostProxy(front) as proxy:
        yield proxy


@pytest.mark.parametrize("client", DOWNLOADS)
def test_a_client_downloads_with_the_printed_variables(client: str, mirror: Mirror, tmp_path: Path) -> None:
    before = QUIET_AISTUDIO if client == "aistudio" else ""
    for model, files in ((MODEL, FILES), (f"{MODEL}_onnx", ONNX)):
        folder = download(client, model, tmp_path / model, mirror.variables(PROGRAMS[client]), before=before)
        assert contents(folder) == files


@pytest.mark.parametrize("client", DOWNLOADS)
def test_a_client_downloads_under_the_real_host_names(client: str, proxy: HostProxy, tmp_path: Path) -> None:
    assert contents(download(client, MODEL, tmp_path, proxy.environment())) == FILES
    assert set(proxy.hosts) <= HOSTS[client]


@pytest.mark.environments
def test_the_older_huggingface_client_downloads(mirror: Mirror, environments: Environments, tmp_path: Path) -> None:
    python = environments.python("huggingface-hub-0.36")
    variables = mirror.variables("huggingface-hub")
    assert contents(download("huggingface", MODEL, tmp_path, variables, python=python)) == FILES
    assert cached_by_huggingface(tmp_path / "other", variables, python) == FILES


def cached_by_huggingface(home: Path, variables: Mapping[str, str], *python: str) -> dict[str, bytes]:
    """Give what HuggingFace's client has in its cache, where files are kept by their ETags."""
    run_python(CACHED, home, variables, *python)
    (snapshot,) = (home / ".cache" / "huggingface" / "hub").glob("models--*/snapshots/*")
    return contents(snapshot)


def test_files_of_one_size_and_time_are_not_confused_in_a_cache(mirror: Mirror, tmp_path: Path) -> None:
    assert cached_by_huggingface(tmp_path, mirror.variables("huggingface-hub")) == FILES


def test_huggingface_accepts_digests_and_reports_missing_files(mirror: Mirror, tmp_path: Path) -> None:
    code = f"""
from huggingface_hub import HfApi, errors, hf_hub_download, snapshot_download
folder = snapshot_download("PaddlePaddle/{MODEL}", local_dir="there")
found = HfApi().verify_repo_checksums("PaddlePaddle/{MODEL}", local_dir=folder)
assert found.checked_count == {len(FILES)} and not found.mismatches and not found.missing_paths, found
assert len(HfApi().model_info("PaddlePaddle/{MODEL}", files_metadata=True).siblings) == {len(FILES)}
for repo, revision, name, error in [
    ("PaddlePaddle/none", "main", "a", errors.RepositoryNotFoundError),
    ("PaddlePaddle/{MODEL}", "v9", "a", errors.RevisionNotFoundError),
    ("PaddlePaddle/{MODEL}", "main", "a", errors.EntryNotFoundError),
]:
    try:
        hf_hub_download(repo, name, revision=revision)
    except error:
        continue
    raise AssertionError(error)
"""
    run_python(code, tmp_path, mirror.variables("huggingface-hub"))


@pytest.mark.parametrize("client", ["modelscope", "aistudio"])
def test_models_without_a_reference_are_not_served(client: str, mirror: Mirror, tmp_path: Path) -> None:
    before = QUIET_AISTUDIO if client == "aistudio" else ""
    with pytest.raises(AssertionError, match=r"(?i)not.?(exist|found)|404"):
        download(client, "PP-OCRv9_det", tmp_path, mirror.variables(PROGRAMS[client]), before=before)


@pytest.mark.environments
@pytest.mark.parametrize("source", HOSTS)
def test_paddlex_downloads_from_each_of_its_sources(
    source: str, proxy: HostProxy, environments: Environments, tmp_path: Path
) -> None:
    proxy.blocked |= set().union(*HOSTS.values()) - HOSTS[source]
    variables = {"PADDLE_PDX_MODEL_SOURCE": source, "PADDLE_PDX_CACHE_HOME": str(tmp_path / "cache")}
    run_python(PADDLEX, tmp_path, {**proxy.environment(), **variables}, environments.python("paddlex"))
    assert contents(tmp_path / "cache" / "official_models" / MODEL) == FILES


@pytest.mark.environments
@pytest.mark.parametrize("also", ["paddlex", "ocrzoo"])
def test_paddlex_downloads_with_the_printed_variables(
    also: str, mirror: Mirror, environments: Environments, tmp_path: Path
) -> None:
    """With those of ocrzoo beside them too: the name of a source that it does not know is no hindrance."""
    variables = {
        **mirror.variables("paddlex"),
        **mirror.variables(also),
        "PADDLE_PDX_CACHE_HOME": str(tmp_path / "cache"),
    }
    run_python(PADDLEX, tmp_path, variables, environments.python("paddlex"))
    assert contents(tmp_path / "cache" / "official_models" / MODEL) == FILES


@pytest.mark.parametrize("source", HOSTS)
def test_ocrzoo_uses_a_mirror_as_each_hub(source: str, mirror: Mirror, tmp_path: Path) -> None:
    names = ("HF_ENDPOINT", "MODELSCOPE_ENDPOINT", "STUDIO_GIT_HOST", "OCRZOO_BOS_ENDPOINT")
    environ = dict.fromkeys(names, mirror.url)
    zoo = Zoo(Settings(home=tmp_path, sources=(source,), sources_exact=True, environ=environ))
    folder = zoo.resolver.get(DownloadRequest(zoo.models.get(MODEL), ["paddle"], refresh=True)).folder
    assert contents(folder).items() >= {name: FILES[name] for name in ("inference.yml", "inference.pdiparams")}.items()
