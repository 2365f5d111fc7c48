"""``ocrzoo mirror build`` repairs what is damaged in a mirror, and says what it cannot repair."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.cli.conftest import MODELS, Ran
from tests.core.cli.mirrors import index_of, problems, served
from tests.hubs.server import Hubs

from ocrzoo_registry.index.schema import Index
from ocrzoo_registry.mirror.known_files import KnownFiles
from ocrzoo_registry.mirror.release import MirrorFolder, Release

Run = Callable[..., Ran]
DET, REC = MODELS[:2]


@pytest.fixture(autouse=True)
def built(run: Run, mirror: Path, hubs: Hubs) -> None:
    hubs.models[REC] = {**hubs.models[REC], "inference.pdiparams": b"other weights"}  # models share equal files
    assert run("mirror", "build", mirror, DET, REC, "--formats", "paddle").code == 0


def weights(mirror: Path) -> Path:
    files = index_of(mirror)[f"{DET} paddle"]["files"]
    assert isinstance(files, list)
    return mirror / "blobs" / str(next(file["sha256"] for file in files if file["path"] == "inference.pdiparams"))


def archive(mirror: Path) -> Path:
    return next(served(mirror).rglob(f"{DET}_infer.tar"))


def flip(path: Path, *, in_secret: bool = False) -> None:
    """Change a byte; ``in_secret`` as a failing disk does, without a new time."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    if in_secret:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def link_elsewhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


DAMAGE: dict[str, tuple[Callable[[Path], Path], Callable[[Path], object], list[str]]] = {
    "a blob with a flipped byte": (weights, flip, ["inference.pdiparams"]),
    "a blob cut short": (weights, lambda path: os.truncate(path, 100), ["inference.pdiparams"]),
    "a blob that is empty": (weights, lambda path: os.truncate(path, 0), ["inference.pdiparams"]),
    "a blob that is gone": (weights, Path.unlink, ["inference.pdiparams"]),
    "a blob that is a link": (weights, link_elsewhere, ["inference.pdiparams"]),
    "an archive with a flipped byte": (archive, flip, []),
    "an archive cut short": (archive, lambda path: os.truncate(path, 100), []),
    "an archive that is gone": (archive, Path.unlink, []),
    "a list of archives with a flipped byte": (lambda mirror: served(mirror) / "archives.json", flip, []),
    "a document of a hub": (lambda mirror: next(served(mirror).rglob("tree/main")), flip, []),
    "a table of nginx": (lambda mirror: served(mirror) / ".nginx" / "files.map", flip, []),
    "the list of files that are intact": (lambda mirror: mirror / ".work" / "verified.json", flip, []),
}
"""Which file, what happens to it, and which files have to be downloaded."""


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_build_repairs(run: Run, mirror: Path, hubs: Hubs, kind: str) -> None:
    place, damage, downloads = DAMAGE[kind]
    damage(place(mirror))
    hubs.clear()
    ran = run("mirror", "build", mirror)
    assert (ran.code, problems(ran)) == (0, [])
    assert [request.path for request in hubs.asked("file")] == downloads
    assert run("mirror", "verify", mirror, "--deep").code == 0
    hubs.clear()
    assert "nothing has changed" in run("mirror", "build", mirror).err
    assert hubs.asked("file") == []


def test_what_a_build_repaired_is_said(run: Run, mirror: Path) -> None:
    flip(weights(mirror))
    ran = run("mirror", "build", mirror)
    assert f"blobs/{weights(mirror).name} (inference.pdiparams): damaged, and fetched again" in ran.err.splitlines()


def test_an_archive_that_was_written_from_a_damaged_file_is_written_again(run: Run, mirror: Path, hubs: Hubs) -> None:
    """Both files have the digests of record: only a look at the member tells."""
    good = archive(mirror).read_bytes()
    flip(weights(mirror))
    archive(mirror).unlink()
    assert run("mirror", "build", mirror).code == 0
    assert archive(mirror).read_bytes() == good


@pytest.mark.parametrize("place", [weights, archive])
def test_a_failing_disk_is_found_by_reading_every_byte(run: Run, mirror: Path, place: Callable[[Path], Path]) -> None:
    flip(place(mirror), in_secret=True)
    assert "nothing has changed" in run("mirror", "build", mirror).err
    assert run("mirror", "verify", mirror, "--deep").code == 5
    assert run("mirror", "build", mirror, "--deep").code == 0
    assert run("mirror", "verify", mirror, "--deep").code == 0


def test_unchanged_files_are_not_read_again(run: Run, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocrzoo_registry.mirror.known_files.sha256_of", lambda path: pytest.fail(f"read {path}"))
    assert run("mirror", "build", mirror).code == 0


def test_a_file_that_no_source_has_any_more_is_said(run: Run, mirror: Path, hubs: Hubs) -> None:
    flip(weights(mirror))
    del hubs.models[DET]
    ran = run("mirror", "build", mirror)
    assert ran.code == 4
    assert "damaged, and fetched again" in ran.err
    assert f"{DET} (paddle): removed" in ran.err.splitlines()
    assert any(line.startswith(f"error: {DET} (paddle)") for line in problems(ran))
    assert run("mirror", "verify", mirror, "--deep").code == 0, "what is left is whole"


def test_what_stays_wrong_is_an_error(run: Run, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that damages files while they are published."""
    from ocrzoo_registry.mirror import publish

    def damaging(folder: MirrorFolder, index: Index, now: Release | None, known: KnownFiles) -> Release:
        release = publish_release(folder, index, now, known)
        flip(weights(mirror))
        return release

    publish_release = publish.publish
    monkeypatch.setattr(publish, "publish", damaging)
    archive(mirror).unlink()
    ran = run("mirror", "build", mirror, "--json")
    assert ran.code == 5
    (fault,) = json.loads(ran.out)["faults"]
    assert "has another digest than its name (inference.pdiparams)" in fault
    assert "with --deep, and check the disk" in ran.error
