"""``ocrzoo mirror verify`` and ``diff``, and what ``build`` refuses, with the hubs' server as the only source."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from tests.core.cli.conftest import MODELS, Ran
from tests.core.cli.mirrors import everything, served
from tests.hubs.kit import NOWHERE
from tests.hubs.server import Hubs

from ocrzoo_registry.store import store

Run = Callable[..., Ran]
DET, REC = MODELS[:2]


class TestRefused:
    def test_a_folder_with_other_contents_is_not_touched(self, run: Run, mirror: Path) -> None:
        (mirror / "releases").mkdir(parents=True)
        (mirror / "releases" / ".old").write_text("mine")
        before = everything(mirror)
        ran = run("mirror", "build", mirror, DET)
        assert ran.code == 2
        assert "is not empty and not a mirror" in ran.error
        assert everything(mirror) == before
        assert not (mirror / ".work").exists()

    def test_a_file_instead_of_a_folder_is_refused(self, run: Run, mirror: Path) -> None:
        mirror.write_text("mine")
        assert "is not a folder" in run("mirror", "build", mirror, DET).error

    def test_a_folder_that_nginx_cannot_serve_is_refused_before_downloads(
        self, run: Run, mirror: Path, hubs: Hubs
    ) -> None:
        hubs.clear()
        ran = run("mirror", "build", mirror / "it's", DET)
        assert ran.code == 2
        assert "nginx needs an absolute path without quotes" in ran.error
        assert (hubs.requests, (mirror / "it's").exists()) == ([], False)

    def test_a_copy_that_followed_links_is_refused(self, run: Run, mirror: Path, tmp_path: Path) -> None:
        run("mirror", "build", mirror, DET)
        shutil.copytree(mirror, tmp_path / "copy")
        ran = run("mirror", "build", tmp_path / "copy", DET)
        assert ran.code == 2
        assert "current is not a link" in ran.error

    def test_a_file_system_without_links_is_one_line(
        self, run: Run, mirror: Path, hubs: Hubs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_self: Path, _target: object) -> None:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(Path, "hardlink_to", refuse)
        hubs.clear()
        ran = run("mirror", "build", mirror, DET)
        assert ran.code == 2
        assert "its file system has no hard or symbolic links (Operation not permitted)" in ran.error
        assert hubs.requests == []

    def test_another_build_is_waited_for_with_a_timeout(
        self, run: Run, mirror: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("mirror", "build", mirror, DET, "--formats", "paddle")
        monkeypatch.setattr(store, "LOCK_MOMENT_S", 0.1)
        monkeypatch.setattr(store, "LOCK_TIMEOUT_S", 0.3)
        with FileLock(mirror / ".work" / "official_models" / ".ocrzoo" / "locks" / "_mirror.lock"):
            ran = run("mirror", "build", mirror)
        assert ran.code == 4
        waiting, error = ran.err.splitlines()
        assert waiting == f"waiting for another build of {mirror}"
        assert error.startswith("error: _mirror: another process has held")

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ([], "name a model, or use --all, --pipeline OCR or --lang: there is no mirror yet"),
            (["--all", DET], "--all cannot be combined"),
            ([DET, "--formats", "onnx,gguf"], "'gguf' is not one of paddle, onnx, safetensors"),
            ([DET, "--source", "nowhere"], "unknown source 'nowhere'"),
        ],
    )
    def test_invalid_options_are_usage_errors(self, run: Run, mirror: Path, arguments: list[str], words: str) -> None:
        ran = run("mirror", "build", mirror, *arguments)
        assert ran.code == 2
        assert words in ran.error
        assert not mirror.exists()


class TestVerify:
    @pytest.fixture(autouse=True)
    def built(self, run: Run, mirror: Path) -> None:
        run("mirror", "build", mirror, DET, "--formats", "paddle")

    def test_a_complete_mirror_has_no_faults(self, run: Run, mirror: Path) -> None:
        ran = run("mirror", "verify", mirror, "--json")
        assert (ran.code, json.loads(ran.out)["faults"]) == (0, [])

    def test_every_fault_is_a_line_and_a_build_repairs_it(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        root = served(mirror)
        (root / "api" / "models" / "PaddlePaddle" / DET / "tree" / "main").write_bytes(b"[]")
        next(root.glob(f"PaddlePaddle/{DET}/resolve/*/inference.yml")).unlink()
        next(root.rglob("*_infer.tar")).write_bytes(b"short")
        (root / "foreign").write_bytes(b"")
        (root / "lead").symlink_to("/etc")
        [weights] = [path for path in (mirror / "blobs").iterdir() if path.stat().st_size == 9000]
        weights.unlink()
        ran = run("mirror", "verify", mirror)
        assert ran.code == 5
        told = ran.out.splitlines()
        assert len(told) == 6
        for words in (
            "tree/main: is not as the index requires",
            "inference.yml: is missing",
            "_infer.tar: has 5 bytes instead of",
            "foreign: unexpected file",
            "lead: unexpected file",
            "is missing (inference.pdiparams)",
        ):
            assert sum(words in line for line in told) == 1, words
        hubs.clear()
        ran = run("mirror", "build", mirror)
        assert ran.code == 0
        assert [request.path for request in hubs.asked("file")] == ["inference.pdiparams"]
        assert run("mirror", "verify", mirror, "--deep").code == 0

    @pytest.mark.parametrize("place", ["blobs", "archive"])
    def test_deep_verification_finds_a_flipped_byte(self, run: Run, mirror: Path, place: str) -> None:
        [path] = (
            [path for path in (mirror / "blobs").iterdir() if path.stat().st_size == 9000]
            if place == "blobs"
            else served(mirror).rglob("*_infer.tar")
        )
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        assert run("mirror", "verify", mirror).code == 0
        ran = run("mirror", "verify", mirror, "--deep")
        assert ran.code == 5
        assert "has another digest" in ran.out
        assert f"'ocrzoo mirror build {mirror} --deep' repairs the mirror" in ran.err

    def test_a_moved_or_copied_mirror_is_complete(self, run: Run, mirror: Path, tmp_path: Path) -> None:
        import shutil

        shutil.copytree(mirror, tmp_path / "copy", symlinks=True)
        assert run("mirror", "verify", tmp_path / "copy", "--deep").code == 0
        copied = next((tmp_path / "copy" / "current").glob(f"PaddlePaddle/{DET}/resolve/*/inference.pdiparams"))
        copied.write_bytes(b"x" * 9000)
        assert "has another digest than blobs/" in run("mirror", "verify", tmp_path / "copy").out

    def test_a_moved_mirror_is_rebuilt_for_its_new_path(self, run: Run, mirror: Path, tmp_path: Path) -> None:
        mirror.rename(tmp_path / "moved")
        assert run("mirror", "build", tmp_path / "moved").code == 0
        assert str(tmp_path / "moved") in (tmp_path / "moved" / "current" / "site.conf").read_text()

    def test_verify_needs_a_mirror(self, run: Run, tmp_path: Path) -> None:
        ran = run("mirror", "verify", tmp_path / "nothing")
        assert ran.code == 3
        assert f"is not a mirror: run 'ocrzoo mirror build {tmp_path / 'nothing'}'" in ran.error

    @pytest.mark.parametrize("content", [b"", b"{}", b"[" * 5000])
    def test_a_broken_index_exits_with_5(self, run: Run, mirror: Path, content: bytes) -> None:
        (served(mirror) / "index.json").write_bytes(content)
        for command in ("verify", "diff", "build"):
            ran = run("mirror", command, mirror)
            assert ran.code == 5
            assert "index.json is not an index of models" in ran.error


class TestDiff:
    def test_diff_shows_changes_without_downloads(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        run("mirror", "build", mirror, DET, "UVDoc", REC, "--formats", "paddle")
        assert run("mirror", "diff", mirror).err == "nothing has changed\n"
        hubs.models[DET] = {**hubs.models[DET], "inference.json": b'{"new": 1}'}
        del hubs.models["UVDoc"]
        before = everything(mirror)
        hubs.clear()
        wanted = (DET, "UVDoc", REC, "PP-LCNet_x1_0_doc_ori", "--formats", "paddle")
        ran = run("mirror", "diff", mirror, *wanted, "--json")
        assert ran.code == 0
        assert {one["name"]: one["state"] for one in json.loads(ran.out)} == {
            DET: "changed",
            "UVDoc": "removed upstream",
            "PP-LCNet_x1_0_doc_ori": "new",
        }
        assert hubs.asked("file") == []
        assert everything(mirror) == before

    def test_an_unavailable_source_exits_with_4(self, run: Run, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        run("mirror", "build", mirror, DET, "--formats", "paddle")
        for name in ("PADDLE_PDX_HUGGING_FACE_ENDPOINT", "HF_ENDPOINT"):
            monkeypatch.setenv(name, NOWHERE)
        ran = run("mirror", "diff", mirror)
        assert ran.code == 4
        assert f"{DET}\tpaddle\tsource unavailable\thuggingface" in ran.out
