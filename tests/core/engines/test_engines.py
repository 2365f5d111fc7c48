"""What holds for every engine: devices, threads, laziness, and sessions that threads may share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ocrzoo.engines.base import Device, Engine, EngineOptions
from ocrzoo.guards import GuardedSession
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.errors import EngineError, UsageError
from ocrzoo_registry.plugins.specs import EngineSpec

ENGINES = ("openvino", "onnxruntime", "paddle")
Loader = Callable[[str], tuple[Engine, EngineSpec]]
TWO_THREADS = EngineOptions(threads=2)


@pytest.fixture
def small_folder(request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """The small network in the format that an engine reads."""

    def find(engine: str) -> Path:
        folder: Path = request.getfixturevalue("paddle_folder" if engine == "paddle" else "onnx_folder")
        return folder

    return find


def batch(height: int = 32, width: int = 64, seed: int = 0) -> np.typing.NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(1, 3, height, width)).astype(np.float32)


class TestDevice:
    """``cpu``, or a kind with a card number."""

    @pytest.mark.parametrize(
        ("text", "device", "written"),
        [
            ("cpu", Device("cpu", 0), "cpu"),
            (" CPU ", Device("cpu", 0), "cpu"),
            ("gpu", Device("gpu", 0), "gpu:0"),
            ("gpu:1", Device("gpu", 1), "gpu:1"),
            ("npu:12", Device("npu", 12), "npu:12"),
            ("metax_gpu:3", Device("metax_gpu", 3), "metax_gpu:3"),
        ],
    )
    def test_parse(self, text: str, device: Device, written: str) -> None:
        assert Device.parse(text) == device
        assert str(device) == written
        assert Device.parse(str(device)) == device

    @pytest.mark.parametrize(
        "text", ["", "cuda", "cuda:0", "gpu:x", "gpu:-1", "gpu:0,1", "gpu:1.5", "cpu:0", ":0", "gpu:", "gpu:12345"]
    )
    def test_any_other_device_is_an_error(self, text: str) -> None:
        with pytest.raises(UsageError, match=r"^device '"):
            Device.parse(text)

    @pytest.mark.parametrize("text", [0, ["cpu"], b"cpu", None, "gpu:0,", "gpu:0," + "9" * 5000])
    def test_several_invalid_devices(self, text: Any) -> None:
        with pytest.raises(UsageError, match=r"^device "):
            Device.parse_all(text)

    @pytest.mark.parametrize("threads", [-1, 1025, 2.0, True, "2", None])
    def test_threads_that_make_no_sense(self, threads: Any) -> None:
        with pytest.raises(UsageError, match=r"^threads must be an integer from 0 .* to 1024"):
            EngineOptions(threads=threads)

    def test_the_cpu_is_the_default(self) -> None:
        assert EngineOptions().device == Device.parse("cpu")


class TestOptions:
    """Nothing is left to an engine's own idea."""

    def test_float32_is_the_default(self) -> None:
        assert EngineOptions().precision == "float32"

    def test_threads_are_those_asked_for(self) -> None:
        assert EngineOptions(threads=3).thread_count == 3


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_is_imported_only_when_used(engine: str, small_folder: Callable[[str], Path]) -> None:
    code = f"""
import sys
from pathlib import Path
from ocrzoo import create_pipeline
from ocrzoo.engines.base import EngineOptions
from ocrzoo_registry.plugins.specs import load_attribute
from ocrzoo_registry.zoo import Zoo

def there():
    return sorted({set(ENGINES)!r} & set(sys.modules))

create_pipeline(engine={engine!r})
spec = Zoo().engines.get({engine!r})
made = load_attribute(spec.factory)()
print(there())
made.load(Path({str(small_folder(engine))!r}), spec.formats[0], EngineOptions(threads=1))
print(there())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["[]", f"['{engine}']"]


@pytest.mark.parametrize("engine", ENGINES)
class TestSessions:
    """Loaded networks."""

    def test_inputs_are_described(self, engine: str, load_engine: Loader, small_folder: Callable[[str], Path]) -> None:
        made, spec = load_engine(engine)
        session = made.load(small_folder(engine), spec.formats[0], TWO_THREADS)
        (port,) = session.inputs
        untold = (None,) if engine == "paddle" else ()  # Paddle does not tell before it is given something
        assert port.name == "x"
        assert port.shape in ((None, 3, None, None), *untold)

    def test_outputs_are_described_where_the_engine_can(
        self, engine: str, load_engine: Loader, small_folder: Callable[[str], Path]
    ) -> None:
        made, spec = load_engine(engine)
        session = GuardedSession("small", made.load(small_folder(engine), spec.formats[0], TWO_THREADS))
        told = [(port.name, port.shape) for port in session.outputs]
        assert told == ([] if engine == "paddle" else [("y", (None, 4, None, None))])

    def test_results_are_the_callers_own(
        self, engine: str, load_engine: Loader, small_folder: Callable[[str], Path]
    ) -> None:
        made, spec = load_engine(engine)
        session = made.load(small_folder(engine), spec.formats[0], TWO_THREADS)
        first = session.run(batch(seed=1))
        kept = first.copy()
        second = session.run(batch(seed=2))
        assert first.dtype == np.float32
        assert first.shape == (1, 4, 32, 64)
        np.testing.assert_array_equal(first, kept)
        assert not np.array_equal(first, second)
        first[:] = 0
        np.testing.assert_array_equal(session.run(batch(seed=2)), second)

    def test_what_is_given_is_not_changed(
        self, engine: str, load_engine: Loader, small_folder: Callable[[str], Path]
    ) -> None:
        made, spec = load_engine(engine)
        given = batch()
        made.load(small_folder(engine), spec.formats[0], TWO_THREADS).run(given)
        np.testing.assert_array_equal(given, batch())

    @pytest.mark.weights
    def test_four_threads_at_once_get_what_one_gets_alone(
        self, engine: str, load_engine: Loader, real_folder: Callable[[str, Format], Path]
    ) -> None:
        made, spec = load_engine(engine)
        session = made.load(real_folder("PP-OCRv4_mobile_det", spec.formats[0]), spec.formats[0], TWO_THREADS)
        shapes = [(64, 64), (64, 96), (96, 64), (128, 64), (32, 160), (64, 64), (96, 96), (64, 128)]
        batches = [batch(*shape, seed) for seed, shape in enumerate(shapes)]
        alone = [session.run(one) for one in batches]
        with ThreadPoolExecutor(4) as threads:
            together = list(threads.map(session.run, batches * 4))
        for number, output in enumerate(together):
            np.testing.assert_array_equal(output, alone[number % len(batches)])

    @pytest.mark.parametrize(
        "content", [b"", b"this is no network", b"{}", None], ids=["empty", "text", "json", "none"]
    )
    def test_an_unreadable_network_is_one_line(
        self, engine: str, content: bytes | None, load_engine: Loader, tmp_path: Path
    ) -> None:
        made, spec = load_engine(engine)
        if content is not None:
            for name in ("inference.onnx", "inference.json", "inference.pdiparams"):
                (tmp_path / name).write_bytes(content)
        with pytest.raises(EngineError, match=f"^{engine} could not load ") as caught:
            made.load(tmp_path, spec.formats[0], TWO_THREADS)
        assert "\n" not in str(caught.value)
        assert str(tmp_path) in str(caught.value)

    def test_a_device_that_is_not_there(
        self, engine: str, load_engine: Loader, small_folder: Callable[[str], Path]
    ) -> None:
        made, spec = load_engine(engine)
        with pytest.raises(EngineError, match="gcu:7") as caught:
            made.load(small_folder(engine), spec.formats[0], EngineOptions(Device("gcu", 7)))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("engine", ["onnxruntime", "paddle"])
def test_an_unsupported_precision_is_an_error(
    engine: str, load_engine: Loader, small_folder: Callable[[str], Path]
) -> None:
    made, spec = load_engine(engine)
    with pytest.raises(EngineError, match="bfloat16"):
        made.load(small_folder(engine), spec.formats[0], EngineOptions(precision="bfloat16"))


def test_openvino_sends_no_telemetry_on_import(tmp_path: Path) -> None:
    code = (
        "import sys; from ocrzoo.engines.openvino import import_openvino; import_openvino();"
        "print('openvino_telemetry' in sys.modules, sys.modules['openvino.tools.ovc'].telemetry.__class__.__module__)"
    )
    environment = {name: value for name, value in os.environ.items() if name not in {"CI", "TF_BUILD", "JENKINS_URL"}}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**environment, "HOME": str(tmp_path)},
    )
    assert done.stdout == "False openvino.tools.ovc.telemetry_stub\n", done.stderr
    assert list(tmp_path.iterdir()) == []
