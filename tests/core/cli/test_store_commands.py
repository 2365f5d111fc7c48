"""``ocrzoo models path, verify, repair, remove, gc`` and ``ocrzoo sources check``."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.hubs.faults import Fault
from tests.hubs.server import Hubs

from ocrzoo.cli.commands import sources
from ocrzoo_registry.store import derived
from ocrzoo_registry.zoo import Zoo

Run = Callable[..., Any]
DET = "PP-OCRv5_mobile_det"


class TestMaintenance:
    """``path``, ``verify``, ``repair``, ``remove``, ``gc``."""

    def test_path(self, run: Run, folder: Path) -> None:
        ran = run("models", "path", DET)
        assert ran.code == 3
        assert f"'ocrzoo models pull {DET}'" in ran.error
        run("models", "pull", DET, "--format", "onnx")
        (folder / f"{DET}_onnx" / "inference.onnx").unlink()
        assert "lacks inference.onnx: run 'ocrzoo models pull" in run("models", "path", DET).error
        run("models", "repair")
        assert run("models", "path", DET).out == f"{folder / DET}_onnx\n"

    def test_the_path_of_a_format_that_no_engine_here_reads(self, run: Run, folder: Path, hubs: Hubs) -> None:
        weights = {"config.json": b"{}", "model.safetensors": b"s" * 4000}
        hubs.models["UVDoc_safetensors"] = {"inference.yml": hubs.models["UVDoc"]["inference.yml"], **weights}
        run("models", "pull", "UVDoc", "--format", "safetensors")
        assert run("models", "path", "UVDoc").out == f"{folder / 'UVDoc_safetensors'}\n"

    def test_offline_mode_names_the_command_that_downloads_the_model(
        self, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")
        assert f"'OCRZOO_OFFLINE=0 ocrzoo models pull {DET}'" in run("models", "path", DET).error

    def test_only_the_broken_file_is_downloaded(self, run: Run, folder: Path, hubs: Hubs) -> None:
        run("models", "pull", DET, "UVDoc", "--format", "paddle")
        (folder / DET / "inference.json").write_bytes(b"[]")
        ran = run("models", "verify")
        assert ran.code == 5
        assert ran.out.splitlines()[1].startswith(f"{DET}\tpaddle\tbroken\thas other bytes")
        hubs.clear()
        assert run("models", "repair").code == 0
        assert [(request.model, request.path) for request in hubs.asked("file")] == [(DET, "inference.json")]
        assert run("models", "verify", "--deep").code == 0

    def test_other_bytes_are_no_repair(self, run: Run, folder: Path, hubs: Hubs) -> None:
        run("models", "pull", DET, "--format", "paddle", "--source", "modelscope")
        (folder / DET / "inference.json").write_bytes(b"[]")
        hubs.models[DET]["inference.json"] = b"{ }"
        ran = run("models", "repair")
        assert ran.code == 5
        assert "whole again" not in ran.out
        assert (folder / DET / "inference.json").read_bytes() == b"[]"

    def test_a_repair_downloads_the_stored_revision(self, run: Run, folder: Path, hubs: Hubs) -> None:
        run("models", "pull", DET, "--format", "paddle")
        old = hubs.models[DET]["inference.pdiparams"]
        hubs.models[DET]["inference.pdiparams"] = b"n" * 8000
        (folder / DET / "inference.pdiparams").unlink()
        assert run("models", "repair", DET).code == 0
        assert (folder / DET / "inference.pdiparams").read_bytes() == old

    @pytest.mark.parametrize("source", ["huggingface", "aistudio"])
    def test_other_bytes_are_no_repair_of_a_lost_revision(
        self, run: Run, folder: Path, hubs: Hubs, source: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", f"{source},")
        run("models", "pull", DET, "--format", "paddle")
        (folder / DET / "inference.json").unlink()
        hubs.models[DET]["inference.json"] = b"{ }"
        hubs.forget()
        ran = run("models", "repair")
        assert ran.code == 5
        assert "whole again" not in ran.out
        assert f"'ocrzoo models pull {DET} --format paddle --update' to use what is served now" in ran.err
        assert run("models", "pull", DET, "--format", "paddle", "--update").code == 0
        assert (folder / DET / "inference.json").read_bytes() == b"{ }"

    @pytest.mark.parametrize("source", ["huggingface", "aistudio"])
    def test_the_same_bytes_are_a_repair_at_whichever_revision(
        self, run: Run, folder: Path, hubs: Hubs, source: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", f"{source},")
        run("models", "pull", DET, "--format", "paddle")
        (folder / DET / "inference.json").unlink()
        hubs.models[DET]["README.md"] = b"another text"
        hubs.forget()
        ran = run("models", "repair", "--json")
        assert ran.code == 0
        (told,) = json.loads(ran.out)
        assert (told["status"], told["fault"], told["revision"]) == ("verified", None, hubs.commit(DET))

    def test_a_model_that_is_not_stored_cannot_be_verified(self, run: Run, folder: Path) -> None:
        run("models", "pull", DET)
        ran = run("models", "verify", "PP-OCRv5_mobil_det")
        assert ran.code == 3
        assert f"did you mean {DET}" in ran.error

    def test_removed_is_gone_in_all_formats_or_one(self, run: Run, folder: Path) -> None:
        run("models", "pull", DET, "--format", "paddle", "--format", "onnx")
        assert run("models", "remove", DET, "--format", "onnx").code == 0
        assert (folder / DET).exists()
        assert not (folder / f"{DET}_onnx").exists()
        assert run("models", "remove", DET).code == 0
        assert run("models", "remove", DET).code == 3

    def test_files_made_from_a_model_are_verified_removed_and_deleted(self, run: Run, folder: Path) -> None:
        run("models", "pull", DET, "--format", "paddle")
        files = Zoo().store.find(DET, "paddle")
        assert files is not None
        made = derived.make(files, "onnx, converter 2", lambda stage: (stage / "inference.onnx").write_bytes(b"o"))
        assert run("models", "verify").out.splitlines()[2] == f"{DET}\tonnx, converter 2\tverified\t"
        (made / "inference.onnx").unlink()
        ran = run("models", "verify", "--json")
        assert ran.code == 0  # it is made again
        assert [(one["status"], one["fault"]) for one in json.loads(ran.out)][1] == ("broken", "lacks inference.onnx")
        derived.make(files, "onnx, converter 2", lambda stage: (stage / "inference.onnx").write_bytes(b"o"))
        assert "derived" not in {one["kind"] for one in json.loads(run("models", "gc", "--json").out)}
        assert "derived" in {one["kind"] for one in json.loads(run("models", "gc", "--derived", "--json").out)}
        assert not made.exists()

    def test_gc_deletes_leftovers_and_no_model(self, run: Run, folder: Path, hubs: Hubs) -> None:
        run("models", "pull", DET, "--format", "paddle")
        (folder / DET / "inference.json").write_bytes(b"[]")
        run("models", "repair")
        hubs.inject(Fault("status", status=404, path="inference.onnx", times=None))
        run("models", "pull", DET, "--format", "onnx", "--source", "huggingface")
        planned = json.loads(run("models", "gc", "--dry-run", "--json").out)
        assert {one["kind"] for one in planned} == {"part", "quarantine", "lock"}
        assert all(Path(one["path"]).exists() for one in planned)
        assert json.loads(run("models", "gc", "--json").out) == planned
        assert not any(Path(one["path"]).exists() for one in planned)
        assert run("models", "verify", "--deep").code == 0
        assert json.loads(run("models", "gc", "--json").out) == []


class TestSources:
    """``sources check``."""

    def test_the_state_of_each_source(self, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OCRZOO_BOS_ENDPOINT", "http://127.0.0.1:9")
        monkeypatch.delenv("PADDLE_PDX_MODEL_SOURCE")
        ran = run("sources", "check", "--json")
        assert ran.code == 4
        told = {one["name"]: one for one in json.loads(ran.out)}
        assert list(told) == [
            "directory",
            "wheel",
            "cache",
            "oci",
            "huggingface",
            "aistudio",
            "modelscope",
            "bos",
            "pip",
        ]
        assert told["huggingface"]["reachable"]
        assert told["huggingface"]["latency_ms"] > 0
        assert "HTTP 200" in told["huggingface"]["answer"]
        assert not told["bos"]["reachable"]
        assert "127.0.0.1:9" in told["bos"]["answer"]

    def test_a_source_that_stays_silent_is_not_waited_for(
        self, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert sources.CHECK_S == 5
        monkeypatch.setattr(sources, "CHECK_S", 0.2)
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            monkeypatch.setenv("OCRZOO_BOS_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
            ran = run("sources", "check", "bos", "--json")
        assert ran.code == 4
        assert re.search("no answer within|timed out", json.loads(ran.out)[0]["answer"])

    def test_offline_mode_checks_no_network_source(
        self, run: Run, folder: Path, hubs: Hubs, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")
        ran = run("sources", "check", "--json")
        assert ran.code == 0
        assert {one["reachable"] for one in json.loads(ran.out)} == {None}
        assert hubs.requests == []

    def test_an_unknown_source(self, run: Run, folder: Path) -> None:
        ran = run("sources", "check", "huggingfase")
        assert ran.code == 2
        assert "did you mean huggingface" in ran.error


@pytest.mark.parametrize(
    ("command", "name", "advised"),
    [
        ("verify", "PP-OCRv5_mobile_rec", True),
        ("verify", "PP-OCRv5_mobil_rec", False),
        ("repair", "PP-OCRv5_mobile_rec", True),
        ("remove", "PP-OCRv5_mobile_rec", False),
    ],
)
def test_a_download_is_advised_only_where_it_is_possible_and_meant(
    run: Callable[..., Any], folder: Path, command: str, name: str, advised: bool
) -> None:
    ran = run("models", command, name)
    assert ran.code == 3
    assert (f"run 'ocrzoo models pull {name}'" in ran.err) is advised
