"""ONNX Runtime on NVIDIA cards, as far as a machine without one can tell: options, shapes, bindings, what is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.core.engines.test_all_outputs import write_onnx

from ocrzoo import create_pipeline
from ocrzoo.engines import onnxruntime as engine
from ocrzoo.engines import providers
from ocrzoo.engines.base import Device, EngineOptions
from ocrzoo.engines.grid import Grid, Profile
from ocrzoo.engines.onnxruntime import OnnxRuntimeEngine, OnnxRuntimeSession
from ocrzoo.loading import compiled
from ocrzoo.loading.machine import cards_key
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.errors import EngineError
from ocrzoo_registry.store import derived
from ocrzoo_registry.store.store import ModelFiles, Store
from ocrzoo_registry.zoo import Zoo

ON_CARD = EngineOptions(Device("gpu", 1), threads=1)
PROFILE = Profile((1, 3, 48, 160), (1, 3, 48, 320), (8, 3, 48, 3200))
WITH_TENSORRT = replace(ON_CARD, tensorrt=True, profile=PROFILE, grid=Grid((1, 2, 4, 8, 16), widths=(64, 320, 640)))
LINE = (None, 3, 48, None)


def plain(folder: Path) -> Any:
    return OnnxRuntimeEngine().load(folder, "onnx", EngineOptions(threads=2))._session


@pytest.mark.weights
@pytest.mark.parametrize(
    ("name", "shape"), [("PP-OCRv4_mobile_det", (1, 3, 160, 320)), ("PP-OCRv4_mobile_rec", (2, 3, 48, 256))]
)
def test_bound_inputs_and_outputs_give_the_same_bits(
    name: str, shape: tuple[int, ...], real_folder: Callable[[str, Format], Path]
) -> None:
    batch = np.random.default_rng(0).standard_normal(shape, np.float32)
    session = plain(real_folder(name, "onnx"))
    expected = OnnxRuntimeSession(session).run(batch)
    bound = OnnxRuntimeSession(session, binds=True)
    kept = bound.run(batch)
    np.testing.assert_array_equal(bound.run(batch * 2), OnnxRuntimeSession(session).run(batch * 2))
    np.testing.assert_array_equal(kept, expected)  # another call wrote elsewhere


@pytest.mark.parametrize("binds", [False, True])
def test_only_what_is_asked_for_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, binds: bool) -> None:
    nodes: list[Any] = [("Mul", ["x", "two"], ["double"], {}), ("Add", ["double", "two"], ["more"], {})]
    folder = write_onnx(tmp_path / "two", *nodes, outputs=["double", "more"], weights={"two": 2})
    session = OnnxRuntimeSession(plain(folder), binds=binds)
    batch = np.ones((1, 3, 4, 5), np.float32)
    assert [output.max() for output in session.run_all(batch)] == [2, 4]
    fetched: list[int] = []
    outputs = session._outputs

    def seen(batch: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], ...]:
        found = outputs(batch, count)
        fetched.append(len(found))
        return found

    monkeypatch.setattr(session, "_outputs", seen)
    session.run(batch)
    assert fetched == [1]


def test_on_a_grid_of_counts_lines_share_few_shapes(onnx_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = OnnxRuntimeSession(plain(onnx_folder), Grid((1, 2, 4), widths=(64,)).of_counts(), binds=True)
    given: list[tuple[int, ...]] = []
    outputs = session._outputs

    def seen(batch: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], ...]:
        given.append(batch.shape)
        return outputs(batch, count)

    monkeypatch.setattr(session, "_outputs", seen)
    batch = np.random.default_rng(0).random((7, 3, 8, 9), np.float32)
    np.testing.assert_allclose(session.run(batch), OnnxRuntimeSession(plain(onnx_folder)).run(batch), atol=1e-6)
    assert given == [(4, 3, 8, 9), (4, 3, 8, 9)]


@pytest.mark.weights
@pytest.mark.parametrize("tensorrt", [False, True])
def test_pages_are_read_the_same(
    zoo: Zoo, pages: dict[str, Path], tensorrt: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the shapes and bindings of a card, on the CPU."""

    def read() -> list[list[str]]:
        models = {"text_detection_model_name": "PP-OCRv5_mobile_det"}
        models["text_recognition_model_name"] = "PP-OCRv5_mobile_rec"
        rest = ("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation")
        how: Any = {**models, **dict.fromkeys(rest, False), "engine": "onnxruntime", "batching": "width"}
        names = ("chinese_mixed.png", "number_table.png")
        return [page["rec_texts"] for page in create_pipeline(zoo=zoo, **how).predict([str(pages[n]) for n in names])]

    expected = read()
    used: list[Grid] = []

    def load(folder: Path, options: EngineOptions, kept: Path | None = None) -> OnnxRuntimeSession:
        assert options.profile is not None
        grid = options.grid.within(options.profile) if tensorrt else options.grid.of_counts()
        used.append(grid)
        return OnnxRuntimeSession(engine._start(folder, options, [providers.CPU]), grid, binds=True)

    monkeypatch.setattr(engine, "_load", load)
    assert read() == expected
    assert all(expected)
    assert {grid.counts[-1] for grid in used} == ({1, 8} if tensorrt else {1, 64})


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_provider_that_does_not_start_is_an_error(onnx_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ONNX Runtime itself logs it, and goes on with the CPU."""
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CUDAExecutionProvider"])
    with pytest.raises(EngineError, match=r"gpu:1 is unavailable: CUDA\w+ did not start; try pip install"):
        OnnxRuntimeEngine().load(onnx_folder, "onnx", ON_CARD)


def test_a_build_for_cpus_says_that_there_is_no_card(onnx_folder: Path) -> None:
    for options in (ON_CARD, WITH_TENSORRT, EngineOptions(Device("npu"))):
        with pytest.raises(EngineError, match=f"{options.device} is unavailable"):
            OnnxRuntimeEngine().load(onnx_folder, "onnx", options)


class TestOptions:
    """What the providers are told."""

    def test_tensorrt_is_told_shapes_and_where_its_engine_is_kept(self) -> None:
        profile = PROFILE.for_input(LINE)
        name, settings = providers.tensorrt(WITH_TENSORRT, "x", profile, Path("kept"))
        assert name == "TensorrtExecutionProvider"
        assert settings == {
            "device_id": "1",
            "trt_profile_min_shapes": "x:1x3x48x160",
            "trt_profile_opt_shapes": "x:1x3x48x320",
            "trt_profile_max_shapes": "x:8x3x48x3200",
            "trt_engine_cache_enable": "True",
            "trt_engine_cache_path": "kept",
            "trt_timing_cache_enable": "True",
            "trt_timing_cache_path": "kept",
        }

    def test_precision_is_asked_for_by_name(self) -> None:
        _, settings = providers.tensorrt(replace(WITH_TENSORRT, precision="float16"), "x", None)
        assert settings == {"device_id": "1", "trt_fp16_enable": "True"}

    def test_cuda_neither_searches_for_each_shape_nor_rounds(self) -> None:
        _, settings = providers.cuda(ON_CARD)
        assert settings["device_id"] == "1"
        assert settings["cudnn_conv_algo_search"] == "HEURISTIC"
        assert settings["use_tf32"] == "0"

    @pytest.mark.parametrize(
        ("shape", "least"), [(LINE, (1, 3, 48, 160)), ((None, 3, 32, None), (1, 3, 32, 160)), ((1, 3, 48, 320), None)]
    )
    def test_a_profile_has_the_sides_that_the_network_fixes(
        self, shape: tuple[int | None, ...], least: tuple[int, ...] | None
    ) -> None:
        found = PROFILE.for_input(shape)
        assert (found.least if found else None) == least


class TestKeptEngines:
    """TensorRT's engine and times are derived files of the model."""

    @pytest.fixture
    def built(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """TensorRT in place: writes an engine where it is told to, unless there is one, and computes on the CPU."""
        built: list[str] = []
        start = engine._start

        def stand_in(folder: Path, options: EngineOptions, wanted: Sequence[providers.Provider]) -> Any:
            name, settings = wanted[0]
            if name == "TensorrtExecutionProvider" and "trt_engine_cache_path" in settings:
                kept = Path(settings["trt_engine_cache_path"]) / "graph_sm90.engine"
                if not kept.exists():
                    kept.write_bytes(b"engine")
                    built.append(options.precision)
            return start(folder, EngineOptions(threads=1), [providers.CPU])

        monkeypatch.setattr(engine, "_start", stand_in)
        return built

    def test_built_once_for_a_precision(self, onnx_folder: Path, tmp_path: Path, built: list[str]) -> None:
        store, files = Store(tmp_path / "home"), ModelFiles("small", "onnx", onnx_folder)
        for precision in ("float32", "float32", "float16"):
            session = compiled.load(OnnxRuntimeEngine(), files, replace(WITH_TENSORRT, precision=precision), store)
        assert built == ["float32", "float16"]
        records = [record for _, record in derived.derived_folders(store) if record]
        assert [[file.path for file in record.files] for record in records] == [["graph_sm90.engine"]] * 2
        assert all("1, 3, 48, 160" in record.recipe for record in records)
        assert session.run(np.ones((3, 3, 48, 100), np.float32)).shape == (3, 4, 48, 100)

    def test_without_tensorrt_nothing_is_kept(self) -> None:
        for options in (EngineOptions(), ON_CARD, replace(WITH_TENSORRT, device=Device())):
            assert OnnxRuntimeEngine().compiled_for(options) is None

    def test_another_card_or_driver_is_another_key(self, tmp_path: Path) -> None:
        keys = [cards_key(tmp_path / "none")]
        for name, driver, model in [("a", "580", "H200"), ("b", "580", "L4"), ("c", "590", "L4"), ("d", "590", "L4")]:
            card = tmp_path / name / "gpus" / "0000:01:00.0"
            card.mkdir(parents=True)
            (tmp_path / name / "version").write_text(f"NVRM version: {driver}\n")
            (card / "information").write_text(f"Model: \t NVIDIA {model}\nGPU UUID: \t {name}\n")
            keys.append(cards_key(tmp_path / name))
        assert keys[0] == ""
        assert len(set(keys)) == 4
        assert keys[3] == keys[4]
