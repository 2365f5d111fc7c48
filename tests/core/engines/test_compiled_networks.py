"""Compiled networks are kept in the store; whatever is wrong with them, the model is loaded."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.core.engines.test_all_outputs import sampling

from ocrzoo.engines.base import CompilingEngine, Device, EngineOptions, Session
from ocrzoo.engines.onnxruntime import OnnxRuntimeEngine
from ocrzoo.engines.openvino import OpenVinoEngine
from ocrzoo.engines.openvino_sessions import OpenVinoSession
from ocrzoo.loading import compiled
from ocrzoo_registry.store import derived
from ocrzoo_registry.store.store import ModelFiles, Store

OPTIONS = EngineOptions(threads=1)
GIVEN = np.random.default_rng(0).random((2, 3, 8, 9), np.float32)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


@pytest.fixture
def files(onnx_folder: Path, tmp_path: Path) -> ModelFiles:
    folder = Path(shutil.copytree(onnx_folder, tmp_path / "model"))
    return ModelFiles("small", "onnx", folder)


class Loads(OpenVinoEngine):
    """Counts what is compiled."""

    compiled = 0

    def compile(self, *arguments: object) -> None:
        self.compiled += 1
        super().compile(*arguments)  # type: ignore[arg-type]


def kept(store: Store) -> list[Path]:
    return [folder / "network.blob" for folder, _ in derived.derived_folders(store)]


def expected(files: ModelFiles) -> NDArray[np.float32]:
    return OpenVinoEngine().load(files.folder, "onnx", OPTIONS).run(GIVEN)


def test_a_network_is_compiled_once_and_gives_the_same_bits(files: ModelFiles, store: Store) -> None:
    engine = Loads()
    sessions = [compiled.load(engine, files, OPTIONS, store) for _ in range(3)]
    assert engine.compiled == len(kept(store)) == 1
    for session in sessions:
        np.testing.assert_array_equal(session.run(GIVEN), expected(files))
    plain = OpenVinoEngine().load(files.folder, "onnx", OPTIONS)
    assert isinstance(sessions[0], OpenVinoSession)
    assert (sessions[0].inputs, sessions[0].outputs) == (plain.inputs, plain.outputs)


def test_threads_and_precision_are_those_asked_for(files: ModelFiles, store: Store) -> None:
    for options in (EngineOptions(threads=1), EngineOptions(threads=2)):
        session = compiled.load(OpenVinoEngine(), files, options, store)
        assert isinstance(session, OpenVinoSession)
        assert session._compiled.get_property("INFERENCE_NUM_THREADS") == options.threads
    assert len(kept(store)) == 1
    compiled.load(OpenVinoEngine(), files, EngineOptions(threads=1, precision="bfloat16"), store)
    assert len(kept(store)) == 2


def test_other_weights_are_another_network(files: ModelFiles, store: Store, tmp_path: Path) -> None:
    compiled.load(OpenVinoEngine(), files, OPTIONS, store)
    other = ModelFiles("small", "onnx", sampling(tmp_path / "other", 1))
    session = compiled.load(OpenVinoEngine(), other, OPTIONS, store)
    assert len(kept(store)) == 2
    assert isinstance(session, OpenVinoSession)
    assert session.align_corners is True
    again = compiled.load(OpenVinoEngine(), other, OPTIONS, store)
    assert isinstance(again, OpenVinoSession)
    assert again.align_corners is True
    assert len(again.run_all(np.ones((1, 3, 4, 5), np.float32))) == 2


def test_a_damaged_one_is_made_again(files: ModelFiles, store: Store) -> None:
    compiled.load(OpenVinoEngine(), files, OPTIONS, store)
    (blob,) = kept(store)
    blob.write_bytes(blob.read_bytes()[:1000])
    np.testing.assert_array_equal(compiled.load(OpenVinoEngine(), files, OPTIONS, store).run(GIVEN), expected(files))
    assert kept(store) == [blob]
    assert blob.stat().st_size > 1000


def test_one_that_openvino_refuses_is_not_needed(
    files: ModelFiles, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    class Foreign(OpenVinoEngine):
        def compile(self, *arguments: object) -> None:
            target = arguments[-1]
            assert isinstance(target, Path)
            (target / "network.blob").write_bytes(b"of another program")
            (target / "align_corners.json").write_text("null")

    caplog.set_level(logging.DEBUG, "ocrzoo")
    np.testing.assert_array_equal(compiled.load(Foreign(), files, OPTIONS, store).run(GIVEN), expected(files))
    assert "small: loaded without a compiled network" in caplog.text


def test_a_home_that_cannot_be_written_costs_nothing(files: ModelFiles, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    session: Session = compiled.load(OpenVinoEngine(), files, OPTIONS, Store(tmp_path / "file"))
    np.testing.assert_array_equal(session.run(GIVEN), expected(files))


def test_old_ones_are_deleted(files: ModelFiles, store: Store) -> None:
    class Release(OpenVinoEngine):
        number = 0

        def compiled_for(self, options: EngineOptions) -> str:
            return f"openvino {self.number}"

    engine = Release()
    for engine.number in range(7):
        compiled.load(engine, files, OPTIONS, store)
    releases = sorted(record.recipe for _, record in derived.derived_folders(store) if record)
    assert [recipe.split(",")[0] for recipe in releases] == [f"compiled network: openvino {n}" for n in (3, 4, 5, 6)]


def test_only_what_an_engine_can_keep(files: ModelFiles, store: Store) -> None:
    assert isinstance(OpenVinoEngine(), CompilingEngine)
    assert OpenVinoEngine().compiled_for(EngineOptions(Device("gpu"))) is None
    compiled.load(OnnxRuntimeEngine(), files, OPTIONS, store)
    assert kept(store) == []
