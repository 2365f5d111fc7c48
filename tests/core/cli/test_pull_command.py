"""``ocrzoo models pull`` and ``ocrzoo lock``: bringing models, and writing down which."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.hubs.faults import Fault
from tests.hubs.server import Hubs

Run = Callable[..., Any]
DET, REC = "PP-OCRv5_mobile_det", "PP-OCRv5_mobile_rec"
OCR = (DET, REC, "PP-LCNet_x1_0_doc_ori", "PP-LCNet_x0_25_textline_ori", "UVDoc")


class TestPull:
    """``models pull``."""

    def test_json_describes_the_downloaded_model(self, run: Run, folder: Path, hubs: Hubs) -> None:
        ran = run("models", "pull", DET, "--format", "paddle", "--json")
        assert ran.code == 0
        (told,) = json.loads(ran.out)
        assert list(told) == ["name", "format", "source", "revision", "path", "files"]
        assert (told["name"], told["format"], told["source"]) == (DET, "paddle", "huggingface")
        assert told["revision"] == hubs.commit(DET)
        assert Path(told["path"]) == folder / DET
        assert [file["path"] for file in told["files"]] == ["inference.json", "inference.pdiparams", "inference.yml"]
        assert all(set(file) == {"path", "size", "sha256", "digest_origin"} for file in told["files"])
        assert (folder / DET / "inference.pdiparams").read_bytes() == hubs.models[DET]["inference.pdiparams"]
        assert ran.err == f"downloading {DET} from huggingface (9.0 kB)\n"

    def test_a_stored_model_needs_no_request(self, run: Run, folder: Path, hubs: Hubs) -> None:
        run("models", "pull", DET)
        hubs.clear()
        assert run("models", "pull", DET).code == 0
        assert hubs.requests == []

    def test_only_the_files_of_the_format_are_downloaded(self, run: Run, folder: Path, hubs: Hubs) -> None:
        run("models", "pull", DET, "--format", "onnx")
        assert sorted(request.path for request in hubs.asked("file")) == ["inference.onnx", "inference.yml"]

    @pytest.mark.parametrize("source", ["huggingface", "aistudio", "modelscope", "bos"])
    def test_only_the_named_source_is_used(self, run: Run, folder: Path, hubs: Hubs, source: str) -> None:
        assert run("models", "pull", "UVDoc", "--format", "paddle", "--source", source).code == 0
        assert {request.source for request in hubs.requests} == {source}

    def test_a_pipeline_or_a_language(self, run: Run, folder: Path) -> None:
        for which in (("--pipeline", "OCR"), ("--lang", "ja")):
            ran = run("models", "pull", *which, "--json")
            assert sorted(told["name"] for told in json.loads(ran.out)) == sorted(OCR)

    def test_several_languages_need_several_models(self, run: Run, folder: Path, hubs: Hubs) -> None:
        ran = run("models", "pull", "--lang", "ru,ko,en", "--json")
        assert ran.code == 4  # no hub of the test has them
        assert all(name in ran.err for name in ("eslav_PP-OCRv5_mobile_rec", "korean_PP-OCRv5_mobile_rec"))

    def test_an_update_downloads_only_changed_files(self, run: Run, folder: Path, hubs: Hubs) -> None:
        run("models", "pull", DET, "--format", "paddle")
        hubs.models[DET]["inference.json"] = b"{ }"
        hubs.clear()
        assert run("models", "pull", DET, "--format", "paddle").code == 0
        assert hubs.requests == []
        assert run("models", "pull", DET, "--format", "paddle", "--update").code == 0
        assert [request.path for request in hubs.asked("file")] == ["inference.json"]
        assert (folder / DET / "inference.json").read_bytes() == b"{ }"

    def test_a_failed_update_keeps_the_stored_model(
        self, run: Run, folder: Path, hubs: Hubs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("models", "pull", DET, "--format", "onnx")
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")
        ran = run("models", "pull", DET, "--update")
        assert ran.code == 4
        assert f"{folder / DET}_onnx is unchanged" in ran.error
        assert "not cached" not in ran.error
        assert f"'OCRZOO_OFFLINE=0 ocrzoo models pull {DET} --format onnx --update'" in ran.error
        assert run("models", "verify").code == 0

    def test_two_formats(self, run: Run, folder: Path) -> None:
        ran = run("models", "pull", DET, "--format", "paddle", "--format", "onnx", "--json")
        assert [told["format"] for told in json.loads(ran.out)] == ["paddle", "onnx"]

    def test_a_failure_does_not_stop_other_models(self, run: Run, folder: Path, hubs: Hubs) -> None:
        del hubs.models["UVDoc"]
        ran = run("models", "pull", "UVDoc", DET, "--format", "paddle", "--json")
        assert ran.code == 4
        assert [told["name"] for told in json.loads(ran.out)] == [DET]
        errors = [line for line in ran.err.splitlines() if line.startswith("error")]
        assert len(errors) == 1
        assert "UVDoc (paddle) could not be downloaded: no source has it (4 sources tried)" in errors[0]

    def test_wrong_bytes_end_with_5(self, run: Run, folder: Path, hubs: Hubs) -> None:
        hubs.inject(Fault("corrupt", path="inference.pdiparams", at=10, times=None))
        ran = run("models", "pull", DET, "--format", "paddle", "--source", "modelscope")
        assert ran.code == 5
        assert not (folder / DET).exists()

    @pytest.mark.parametrize(
        ("arguments", "code", "words"),
        [
            ([], 2, "name a model"),
            (["UVDok"], 3, "did you mean UVDoc"),
            (["UVDoc", "--source", "huggingfase"], 2, "did you mean huggingface"),
            (["UVDoc", "--source", ","], 2, "source: name at least one"),
            (["UVDoc", "--locked", "--format", "onnx"], 2, "--locked"),
            (["--locked"], 2, "Run 'ocrzoo lock' to write it"),
            (["--pipeline", "OCD"], 2, "choose OCR"),
            (["--lang", "tlh"], 3, "tlh"),
        ],
    )
    def test_a_mistake_is_one_line(
        self, run: Run, folder: Path, hubs: Hubs, arguments: list[str], code: int, words: str
    ) -> None:
        ran = run("models", "pull", *arguments)
        assert ran.code == code
        assert words in ran.error
        assert hubs.requests == []

    def test_offline_mode_uses_stored_models_and_reports_missing_ones(
        self, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("models", "pull", DET)
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")
        monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("opened a socket"))
        assert run("models", "pull", DET).code == 0
        ran = run("models", "pull", "UVDoc", "--format", "onnx")
        assert ran.code == 4
        assert "'OCRZOO_OFFLINE=0 ocrzoo models pull UVDoc --format onnx'" in ran.error


class TestAdoption:
    """Folders that PaddleX left in the home."""

    @pytest.fixture
    def left(self, folder: Path, hubs: Hubs) -> Path:
        for path, content in hubs.models[DET].items():
            (folder / DET).mkdir(parents=True, exist_ok=True)
            (folder / DET / path).write_bytes(content)
        return folder / DET

    @pytest.mark.parametrize("source", ["huggingface", "aistudio", "modelscope"])
    def test_a_folder_with_the_expected_digests_is_registered(
        self, run: Run, left: Path, hubs: Hubs, source: str
    ) -> None:
        assert run("models", "verify", "--json").code == 0
        assert json.loads(run("models", "verify", "--json").out)[0]["status"] == "unverified"
        assert run("models", "pull", DET, "--format", "paddle", "--source", source).code == 0
        assert hubs.asked("file") == []
        assert (left / "README.md").exists()
        assert json.loads(run("models", "verify", "--json").out)[0]["status"] == "verified"

    def test_a_differing_folder_is_quarantined_and_only_wrong_files_are_downloaded(
        self, run: Run, left: Path, hubs: Hubs
    ) -> None:
        (left / "inference.pdiparams").write_bytes(b"w" * 4000)
        ran = run("models", "pull", DET, "--format", "paddle")
        assert ran.code == 0
        assert [request.path for request in hubs.asked("file")] == ["inference.pdiparams"]
        assert "quarantine" in ran.err

    def test_offline_mode_registers_a_folder_with_trust_only(
        self, run: Run, left: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")
        ran = run("models", "pull", DET, "--format", "paddle")
        assert ran.code == 4
        assert f"accept it unverified with 'ocrzoo models pull {DET} --format paddle --trust'" in ran.error
        ran = run("models", "pull", DET, "--format", "paddle", "--trust", "--json")
        assert ran.code == 0
        assert "is used unverified" in ran.error
        assert json.loads(ran.out)[0]["source"] == "trusted by the user"

    def test_trust_is_not_needed_if_a_source_verifies_the_folder(self, run: Run, left: Path) -> None:
        ran = run("models", "pull", DET, "--format", "paddle", "--trust", "--json")
        assert (ran.code, ran.err) == (0, "")
        assert json.loads(ran.out)[0]["source"] == "huggingface"

    def test_a_trusted_folder_is_never_called_verified(
        self, run: Run, left: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")
        run("models", "pull", DET, "--format", "paddle", "--trust")
        assert json.loads(run("models", "verify", "--json").out)[0]["status"] == "trusted"
        assert "it was never verified" in run("lock", DET, "--format", "paddle").error

    def test_an_incomplete_model_is_not_trusted(self, run: Run, left: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")
        (left / "inference.pdiparams").unlink()
        ran = run("models", "pull", DET, "--format", "paddle", "--trust")
        assert ran.code == 5
        assert "is incomplete" in ran.error

    def test_a_lock_file_verifies_a_folder_without_a_network(
        self, run: Run, left: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        copy = shutil.copytree(left, tmp_path / "copy")
        run("lock", DET, "--format", "paddle")
        shutil.rmtree(left)
        copy.rename(left)
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")
        assert run("models", "pull", "--locked").code == 0
        assert json.loads(run("models", "verify", "--json").out)[0]["status"] == "verified"


class TestLock:
    """``lock`` and ``pull --locked``."""

    def test_another_home_gets_the_same_bytes_from_any_source(
        self, run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert run("lock", "--format", "paddle").code == 0
        monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "other"))
        for source in ("bos", "modelscope"):
            assert run("models", "pull", "--locked", "--source", source).code == 0
        for name in (DET, REC):
            there = tmp_path / "other" / "official_models" / name / "inference.pdiparams"
            assert there.read_bytes() == (folder / name / "inference.pdiparams").read_bytes()

    def test_the_locked_commit_is_downloaded_after_the_branch_moved(self, run: Run, folder: Path, hubs: Hubs) -> None:
        run("lock", DET, "--format", "paddle")
        old = hubs.models[DET]["inference.pdiparams"]
        hubs.models[DET]["inference.pdiparams"] = b"n" * 8000
        run("models", "remove", DET)
        assert run("models", "pull", "--locked").code == 0
        assert (folder / DET / "inference.pdiparams").read_bytes() == old

    @pytest.mark.parametrize("source", ["modelscope", "bos"])
    def test_any_difference_ends_with_5(self, run: Run, folder: Path, hubs: Hubs, source: str) -> None:
        run("lock", DET, "--format", "paddle")
        hubs.models[DET]["inference.json"] = b"{ }"
        run("models", "remove", DET)
        ran = run("models", "pull", "--locked", "--source", source)
        assert ran.code == 5
        assert "inference.json" in ran.err
        assert not (folder / DET).exists()

    @pytest.mark.parametrize("source", ["huggingface", "aistudio"])
    def test_a_lost_commit_is_replaced_by_identical_files_only(
        self, run: Run, folder: Path, hubs: Hubs, source: str
    ) -> None:
        run("lock", DET, "--format", "paddle", "--source", source)
        hubs.models[DET]["README.md"] = b"another text"
        for weights, code in (("w", 0), ("v", 5)):
            hubs.models[DET]["inference.pdiparams"] = weights.encode() * 9000
            hubs.forget()
            run("models", "remove", DET)
            ran = run("models", "pull", "--locked", "--source", source)
            assert ran.code == code
            assert (folder / DET).exists() == (code == 0)
        assert "has no paddle files at " in ran.err

    def test_offline_mode_names_the_command_that_downloads_locked_models(
        self, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("lock", DET, "--format", "paddle", "--output", "my own.lock")
        run("models", "remove", DET)
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")
        ran = run("models", "pull", "--lock_file", "my own.lock")
        assert ran.code == 4
        assert f"'OCRZOO_OFFLINE=0 ocrzoo models pull --lock_file 'my own.lock' {DET}'" in ran.error

    def test_the_file_is_the_same_each_time(self, run: Run, folder: Path, tmp_path: Path) -> None:
        run("lock", REC, DET)
        first = (tmp_path / "ocrzoo.lock").read_bytes()
        run("lock", DET, REC)
        assert (tmp_path / "ocrzoo.lock").read_bytes() == first
        assert b"mtime" not in first

    def test_no_lock_file_is_written_after_a_failed_download(self, run: Run, folder: Path, tmp_path: Path) -> None:
        assert run("lock", DET, "en_PP-OCRv5_mobile_rec").code == 4
        assert not (tmp_path / "ocrzoo.lock").exists()


def test_an_invalid_endpoint_is_a_usage_error(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "ftp://host")
    monkeypatch.delenv("PADDLE_PDX_HUGGING_FACE_ENDPOINT", raising=False)
    ran = run("models", "pull", "UVDoc", "--format", "onnx")
    assert ran.code == 2
    assert "HF_ENDPOINT='ftp://host' is not an http(s) URL. Write it as https://host or http://host:port." in ran.err
    assert ran.err.count("\n") == 1
