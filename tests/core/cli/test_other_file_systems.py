"""Commands on exFAT, mounted, and under the rules of Windows: models go in, are checked, and go on to others."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.core.cli.conftest import MODELS, Ran
from tests.core.cli.mirrors import index_of
from tests.registry.windows import rules_of_windows

from ocrzoo.results.output_files import OutputNames, write

Run = Callable[..., Ran]
DET, REC = MODELS[:2]
IMAGE_BYTES = 64 << 20


@contextmanager
def exfat(image: Path, folder: Path) -> Iterator[None]:
    """Mount an empty exFAT: case does not count, there are no links, and times have two seconds."""
    missing = [name for name in ("losetup", "mkfs.exfat", "mount.exfat-fuse") if shutil.which(name) is None]
    if missing or os.geteuid() != 0 or not Path("/dev/fuse").exists():
        pytest.skip(f"mounting exFAT takes root, /dev/fuse, and the programs {', '.join(missing) or 'that are here'}")

    def call(*command: str | Path) -> str:
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()

    image.write_bytes(b"")
    os.truncate(image, IMAGE_BYTES)
    folder.mkdir()
    device = call("losetup", "--find", "--show", image)
    try:
        call("mkfs.exfat", device)
        call("mount.exfat-fuse", device, folder)
        try:
            yield
        finally:
            call("umount", folder)
    finally:
        call("losetup", "--detach", device)


@pytest.fixture(params=["windows", "exfat"])
def place(
    request: pytest.FixtureRequest, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder on the other file system, with the home in it; ``folder`` leads commands to the hubs."""
    other = tmp_path / "other"
    if request.param == "windows":
        other.mkdir()
    rules = exfat(tmp_path / "image", other) if request.param == "exfat" else rules_of_windows(monkeypatch, other)
    with rules:
        monkeypatch.setenv("OCRZOO_HOME", str(other / "home"))
        yield other


def test_models_are_pulled_locked_verified_bundled_and_removed(
    run: Run, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("models", "pull", DET, REC, "--format", "onnx").code == 0
    lock = place / "ocrzoo.lock"
    assert run("lock", DET, REC, "--format", "onnx", "--output", lock).code == 0
    assert run("models", "verify", "--deep").code == 0
    weights = place / "home" / "official_models" / f"{DET}_onnx" / "inference.onnx"
    weights.write_bytes(b"damaged")
    assert run("models", "verify").code != 0
    assert run("models", "repair").code == 0
    assert run("models", "pull", "--locked", "--lock_file", lock).code == 0
    bundle = place / "models.tar"
    assert run("bundle", "export", bundle, DET, "--format", "onnx").code == 0
    assert run("models", "gc").code == 0
    assert run("models", "remove", DET, REC).code == 0
    monkeypatch.setenv("OCRZOO_HOME", str(place / "elsewhere"))
    monkeypatch.setenv("OCRZOO_OFFLINE", "1")
    assert run("bundle", "import", bundle).code == 0
    assert run("models", "verify", "--deep").code == 0


def test_a_mirror_takes_links_and_its_refusal_is_one_line(run: Run, place: Path) -> None:
    ran = run("mirror", "build", place / "mirror", DET)
    assert ran.code == 2
    assert "its file system has no hard or symbolic links" in ran.error


def test_results_that_differ_in_case_only_are_two_files(place: Path) -> None:
    names = OutputNames()
    for stem in ("a", "A"):
        write(names.claim(place / f"{stem}.json", stem), stem.encode())
    assert {path.name: path.read_bytes() for path in place.glob("*.json")} == {"a.json": b"a", "A_2.json": b"A"}


def test_no_two_paths_of_a_mirror_differ_in_case_only(run: Run, mirror: Path) -> None:
    """The disks of macOS have links, and do not tell such names apart."""
    assert run("mirror", "build", mirror, "--pipeline", "OCR").code == 0
    assert len(index_of(mirror)) == 10
    paths = [path.relative_to(mirror).as_posix() for path in mirror.rglob("*")]
    assert len({path.casefold() for path in paths}) == len(paths)
