"""The loader: which engine reads which files, and what is refused."""

from __future__ import annotations

import gc
import logging
import sys
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.registry.kit import offer_card

from ocrzoo.engines.base import Device, EngineOptions, TensorSpec
from ocrzoo.guards import GuardedSession
from ocrzoo.loading.candidates import Candidate, line_options
from ocrzoo.loading.plan import Plan
from ocrzoo.model_loader import ModelLoader
from ocrzoo.predictors.detection import TextDetector
from ocrzoo_registry.cards.fields import Format, Task
from ocrzoo_registry.errors import EngineError, InputError, IntegrityError, UnknownModel, UsageError
from ocrzoo_registry.plugins.registrations import Origin, Registration, Registrations
from ocrzoo_registry.plugins.specs import EngineSpec
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store.store import ModelFiles
from ocrzoo_registry.zoo import Zoo

ORIGIN = Origin("tests", "tests", "0")
NAME = "PP-OCRv5_mobile_det"
TASK: Task = "text_detection"


class Loads:
    """An engine that keeps account of what it was asked to load."""

    asked: list[tuple[str, Path, str, EngineOptions]]
    name: str
    devices: tuple[str, ...] = ("cpu",)
    inputs: tuple[TensorSpec, ...] = ()

    def load(self, folder: Path, file_format: Format, options: EngineOptions) -> Loads:
        self.asked.append((self.name, folder, file_format, options))
        if options.device.kind not in self.devices:
            raise EngineError(f"{self.name}: there is no {options.device}")
        return self


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path, str, EngineOptions]]:
    """What the engines ``quick``, ``slow`` and ``other`` were asked to load."""
    made: list[tuple[str, Path, str, EngineOptions]] = []
    module = ModuleType("stand_in_engines")
    for name in ("quick", "slow", "other"):
        setattr(module, name, type(name, (Loads,), {"asked": made, "name": name}))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return made


def engine(name: str, rank: int, *formats: Format, module: str = "json") -> EngineSpec:
    return EngineSpec(name, f"stand_in_engines:{name}", formats, module, install=f"ocrzoo[{name}]", rank=rank)


QUICK, SLOW = engine("quick", 1, "onnx"), engine("slow", 2, "onnx")
OTHER = engine("other", 3, "paddle")
ABSENT = engine("absent", 0, "onnx", "paddle", module="no_such_module_anywhere")


def loader(
    home: Path, *engines: EngineSpec, name: str | None = None, options: EngineOptions | None = None
) -> ModelLoader:
    zoo = Zoo(Settings(home=home, offline=True))
    zoo.engines = Registrations("engine", [Registration(spec, ORIGIN) for spec in engines], lambda spec: spec.name)
    return ModelLoader(zoo, name, options or EngineOptions())


@pytest.fixture
def model_dir(tmp_path: Path) -> Path:
    """A user's own folder with an ONNX model."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "inference.onnx").touch()
    (folder / "inference.yml").write_text(f"Global: {{model_name: {NAME}}}\nPostProcess: {{thresh: 0.25}}\n")
    return folder


def as_paddle(folder: Path) -> Path:
    (folder / "inference.onnx").rename(folder / "inference.pdmodel")
    (folder / "inference.pdiparams").touch()
    return folder


@pytest.mark.parametrize(
    ("threads", "streams", "each"), [(1, 1, 1), (2, 2, 1), (4, 4, 1), (8, 8, 1), (20, 10, 2), (64, 8, 8)]
)
def test_lines_are_read_one_by_one_where_that_is_fastest(threads: int, streams: int, each: int) -> None:
    singly = replace(QUICK, line_by_line=True)
    options = line_options(singly, EngineOptions(threads=threads))
    assert (options.streams, options.threads) == (streams, each)
    assert line_options(QUICK, EngineOptions(threads=threads)).streams == 1
    on_gpu = EngineOptions(Device("gpu"), threads)
    assert line_options(singly, on_gpu) == on_gpu


class TestChoice:
    """Which engine."""

    def test_the_first_by_rank_that_is_installed(self, model_dir: Path, asked: list[Any], home: Path) -> None:
        loader(home, SLOW, QUICK, ABSENT).predictor(NAME, TASK, model_dir)
        assert [one[0] for one in asked] == ["quick"]

    def test_the_first_that_reads_what_is_there(self, model_dir: Path, asked: list[Any], home: Path) -> None:
        loader(home, QUICK, OTHER).predictor(NAME, TASK, as_paddle(model_dir))
        assert [one[:3] for one in asked] == [("other", model_dir, "paddle")]

    def test_an_engine_reads_a_further_format_where_a_model_has_the_file(
        self, model_dir: Path, asked: list[Any], home: Path
    ) -> None:
        quick = replace(QUICK, also_reads=("inference.pdmodel",))
        loader(home, quick, OTHER).predictor(NAME, TASK, as_paddle(model_dir))
        assert [one[:3] for one in asked] == [("quick", model_dir, "paddle")]
        (model_dir / "inference.pdmodel").rename(model_dir / "inference.json")
        loader(home, quick, OTHER).predictor(NAME, TASK, model_dir)
        assert [one[0] for one in asked] == ["quick", "other"]

    def test_the_one_named(self, model_dir: Path, asked: list[Any], home: Path) -> None:
        loader(home, QUICK, SLOW, name="slow").predictor(NAME, TASK, model_dir)
        assert [one[0] for one in asked] == ["slow"]

    def test_a_broken_engine_is_skipped(
        self, model_dir: Path, asked: list[Any], home: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken = replace(QUICK, name="broken", rank=0, factory="nowhere:Engine")
        loader(home, broken, QUICK).predictor(NAME, TASK, model_dir)
        assert [one[0] for one in asked] == ["quick"]
        assert "engine broken" in caplog.text
        assert "; trying quick float32" in caplog.text

    def test_one_named_that_is_broken_is_named(self, model_dir: Path, home: Path) -> None:
        broken = replace(QUICK, name="broken", factory="nowhere:Engine")
        with pytest.raises(EngineError, match=r"engine broken .* failed: UsageError: cannot load 'nowhere:Engine'"):
            loader(home, broken, name="broken").predictor(NAME, TASK, model_dir)

    def test_one_named_that_is_not_installed(self, model_dir: Path, home: Path) -> None:
        with pytest.raises(EngineError, match=r'engine \'absent\' is not installed: pip install "ocrzoo\[absent\]"'):
            loader(home, QUICK, ABSENT, name="absent").predictor(NAME, TASK, model_dir)

    def test_an_unknown_engine_is_refused(self, model_dir: Path, home: Path) -> None:
        """An engine is no model: this is exit code 2 and not 3."""
        with pytest.raises(UsageError, match=r"no engine is called 'quik': choose quick"):
            loader(home, QUICK, name="quik").predictor(NAME, TASK, model_dir)

    def test_none_is_installed(self, model_dir: Path, home: Path) -> None:
        with pytest.raises(EngineError, match=r'no inference engine is installed: pip install "ocrzoo\[absent\]"'):
            loader(home, ABSENT).predictor(NAME, TASK, model_dir)

    def test_a_model_published_in_a_format_that_no_engine_here_reads(self, home: Path, asked: list[Any]) -> None:
        name = "PP-OCRv3_mobile_det"
        made = loader(home, QUICK, SLOW, engine("absent", 9, "paddle", module="no_such_module_anywhere"))
        assert set(made.zoo.models.get(name).artifacts) == {"paddle"}
        with pytest.raises(EngineError) as caught:
            made.predictor(name, TASK)
        assert str(caught.value) == (
            f'{name} is published as paddle, which quick or slow cannot read: pip install "ocrzoo[absent]"'
            "; then put its weights into a folder of OCRZOO_MODEL_PATH"
        )
        assert asked == []

    def test_files_that_no_engine_here_reads(self, model_dir: Path, home: Path, asked: list[Any]) -> None:
        with pytest.raises(EngineError, match=rf"{model_dir} has {NAME} as paddle, which quick cannot read"):
            loader(home, QUICK).predictor(NAME, TASK, as_paddle(model_dir))


class TestDevices:
    """A device that is not there means the CPU, with a warning."""

    def test_falls_back(self, model_dir: Path, home: Path, asked: list[Any], caplog: pytest.LogCaptureFixture) -> None:
        options = EngineOptions(Device("gpu", 1), threads=3)
        with caplog.at_level(logging.WARNING, "ocrzoo"):
            loader(home, QUICK, options=options).predictor(NAME, TASK, model_dir)
        assert [(one[3].device, one[3].threads) for one in asked] == [(Device("gpu", 1), 3), (Device("cpu"), 3)]
        assert [record.getMessage() for record in caplog.records] == [
            "quick: there is no gpu:1; the CPU is used instead"
        ]

    def test_an_engine_that_has_the_device_goes_first(
        self, model_dir: Path, home: Path, asked: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("stand_in_engines.slow.devices", ("cpu", "gpu"))
        made = loader(home, QUICK, SLOW, options=EngineOptions(Device("gpu", 1))).predictor(NAME, TASK, model_dir)
        assert made._session.device == Device("gpu", 1)
        assert [(one[0], str(one[3].device)) for one in asked] == [("quick", "gpu:1"), ("slow", "gpu:1")]

    def test_a_warning_is_logged_once(
        self, model_dir: Path, home: Path, asked: list[Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        made = loader(home, QUICK, options=EngineOptions(Device("gpu", 1)))
        with caplog.at_level(logging.WARNING, "ocrzoo"):
            for again in (made, replace(made), loader(home, QUICK, options=EngineOptions(Device("gpu", 1)))):
                again.predictor(NAME, TASK, model_dir)
        assert len(asked) == 6
        assert len(caplog.records) == 2, "once for each pipeline"

    @pytest.mark.weights
    @pytest.mark.parametrize("name", ["openvino", "onnxruntime", "paddle"])
    def test_with_every_engine(self, zoo: Zoo, name: str, caplog: pytest.LogCaptureFixture) -> None:
        made = ModelLoader(zoo, name, EngineOptions(Device("gcu", 7), threads=1))
        with caplog.at_level(logging.WARNING, "ocrzoo"):
            assert isinstance(made.predictor("PP-OCRv4_mobile_det", TASK), TextDetector)
        (record,) = (record for record in caplog.records if record.levelno == logging.WARNING)
        assert "gcu:7" in record.getMessage()
        assert "CPU" in record.getMessage()

    def test_a_failure_on_the_cpu_is_raised(self, model_dir: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        module = ModuleType("stand_in_engines")
        module.quick = type("quick", (Loads,), {"asked": [], "name": "quick", "devices": ()})  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        with pytest.raises(EngineError, match="there is no cpu"):
            loader(home, QUICK).predictor(NAME, TASK, model_dir)


class TestModelDir:
    """A folder of the user's own."""

    def test_its_inference_yml_counts(self, model_dir: Path, home: Path, asked: list[Any]) -> None:
        assert loader(home, QUICK).predictor(NAME, TASK, str(model_dir)).defaults.thresh == 0.25

    def test_a_tilde_is_the_home_folder(
        self, model_dir: Path, home: Path, asked: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(model_dir.parent))
        monkeypatch.setenv("USERPROFILE", str(model_dir.parent))
        loader(home, QUICK).predictor(NAME, TASK, "~/own")
        assert asked[0][1] == model_dir

    def test_it_names_no_model(self, model_dir: Path, home: Path, asked: list[Any]) -> None:
        (model_dir / "inference.yml").write_text("PostProcess: {thresh: 0.25}\n")
        assert loader(home, QUICK).predictor(NAME, TASK, model_dir).name == NAME

    def test_it_names_another_model(self, model_dir: Path, home: Path, asked: list[Any]) -> None:
        (model_dir / "inference.yml").write_text("Global: {model_name: PP-OCRv4_mobile_det}\n")
        with pytest.raises(IntegrityError, match=rf"{model_dir} holds PP-OCRv4_mobile_det, not {NAME}"):
            loader(home, QUICK).predictor(NAME, TASK, model_dir)

    @pytest.mark.parametrize("content", ["[1, 2", "- a list", "Global: a word", "PostProcess: [1]"])
    def test_its_inference_yml_is_broken(self, model_dir: Path, home: Path, asked: list[Any], content: str) -> None:
        (model_dir / "inference.yml").write_text(content)
        with pytest.raises(IntegrityError, match=r"inference\.yml|own") as caught:
            loader(home, QUICK).predictor(NAME, TASK, model_dir)
        assert "\n" not in str(caught.value)

    def test_without_inference_yml_the_card_says_how(self, model_dir: Path, home: Path, asked: list[Any]) -> None:
        (model_dir / "inference.yml").unlink()
        assert loader(home, QUICK).predictor(NAME, TASK, model_dir).name == NAME

    def test_a_folder_that_does_not_exist_is_refused(self, tmp_path: Path, home: Path, asked: list[Any]) -> None:
        with pytest.raises(UsageError, match=f"could not be read for {NAME}"):
            loader(home, QUICK).predictor(NAME, TASK, tmp_path / "no")

    def test_a_folder_without_a_model_is_refused(self, tmp_path: Path, home: Path, asked: list[Any]) -> None:
        with pytest.raises(UsageError, match=r"has no model: inference\.onnx"):
            loader(home, QUICK).predictor(NAME, TASK, tmp_path)


def test_an_unknown_name_is_accepted(home: Path) -> None:
    with pytest.raises(UnknownModel, match="PP-OCRv5_mobile_det"):
        loader(home, QUICK).predictor("PP-OCRv5_mobil_det", TASK)


def test_a_model_of_another_task_is_refused_before_it_is_downloaded(home: Path) -> None:
    with pytest.raises(UsageError, match="PP-OCRv5_mobile_rec does text_recognition, not text_detection"):
        loader(home).predictor("PP-OCRv5_mobile_rec", TASK)


def test_a_model_of_several_networks_is_freed_at_once(home: Path, asked: list[Any]) -> None:
    """Not at a later collection: networks are large, and Python knows nothing of their memory."""
    both = ["encoder", "decoder"]
    files = [{"path": f"{network}/inference.onnx"} for network in both]
    card = offer_card(artifacts={"onnx": {"networks": both, "files": files}})
    candidate = Candidate(QUICK, ModelFiles(card.name, "onnx", home), EngineOptions())
    zoo = loader(home, QUICK).zoo
    plan = Plan(zoo, card, candidate.files, [candidate], lambda _candidate, given: given, is_checked=False, warn=print)
    session = plan.load(candidate)
    kept = [weakref.ref(one) for one in (session, *session.networks.values())]
    assert [*session.networks] == both
    gc.collect()
    gc.disable()
    try:
        del session
        assert [one() for one in kept] == [None, None, None]
    finally:
        gc.enable()


def test_a_network_that_fails_costs_only_its_page() -> None:
    class Broken:
        inputs = ()

        def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
            raise RuntimeError("out of\nmemory")

    with pytest.raises(InputError, match=r"^it cannot run on an input of 1 x 3: out of memory$"):
        GuardedSession("it", Broken()).run(np.zeros((1, 3), np.float32))


@pytest.mark.parametrize("answer", [np.array(["a"], object), np.array([1]), np.array([True]), [{"a": 1.0}]])
def test_an_output_that_is_not_floating_point_is_refused(answer: Any) -> None:
    class Odd:
        inputs = ()

        def run(self, _batch: NDArray[np.float32]) -> NDArray[np.float32]:
            return answer  # type: ignore[no-any-return]

    with pytest.raises(IntegrityError, match=r"^it: the network's output is not floating-point"):
        GuardedSession("it", Odd()).run(np.zeros((1, 3), np.float32))


def test_another_precision_is_accepted() -> None:
    class Halves:
        inputs = ()

        def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
            return batch.astype(np.float16)

    assert GuardedSession("it", Halves()).run(np.zeros((1, 3), np.float32)).dtype == np.float32


class TestAllOutputs:
    """What an engine gives beside the first output."""

    def test_of_a_session_that_tells(self) -> None:
        class Telling:
            inputs = ()
            align_corners = False

            def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
                return batch

            def run_all(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
                return batch, batch + 1

        session = GuardedSession("it", Telling())
        assert session.align_corners is False
        first, second = session.run_all(np.zeros((1, 3), np.float32))
        assert (first == 0).all()
        assert (second == 1).all()

    def test_of_a_session_that_has_one_only(self) -> None:
        class Plain:
            inputs = ()

            def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
                return batch * 2

        session = GuardedSession("it", Plain())
        assert session.align_corners is None
        (only,) = session.run_all(np.ones((1, 3), np.float32))
        assert (only == 2).all()

    def test_of_a_session_that_fails(self) -> None:
        class Broken:
            inputs = ()
            align_corners = None

            def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
                return batch

            def run_all(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
                raise SystemExit(3)

        with pytest.raises(InputError, match=r"^it cannot run on an input of 1 x 3: 3$"):
            GuardedSession("it", Broken()).run_all(np.zeros((1, 3), np.float32))


class TestReducing:
    """A guarded session lets a caller see an output where the engine has it, under the same guards."""

    class Lending:
        """Computes in float64."""

        inputs = (TensorSpec("x", (None, 3)),)

        def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
            raise AssertionError("the output was copied")

        def run_reduced(self, batch: NDArray[np.float32], reduce: Callable[[Any], Any]) -> Any:
            return reduce(batch.astype(np.float64) * 2)

    def test_sees_what_the_engine_made(self) -> None:
        found = GuardedSession("it", self.Lending()).run_reduced(np.ones((2, 3), np.float32), lambda made: made)
        assert found.dtype == np.float32
        assert found.sum() == 12

    def test_of_a_session_that_only_runs(self) -> None:
        class Plain:
            inputs = (TensorSpec("x", (None, 3)),)

            def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
                return batch * 2

        given = np.ones((2, 3), np.float32)
        assert GuardedSession("it", Plain()).run_reduced(given, lambda made: float(made.sum())) == 12

    def test_what_the_reduction_refuses_is_told_in_its_own_words(self) -> None:
        def refuse(made: NDArray[np.float32]) -> None:
            raise IntegrityError("it: no probabilities")

        with pytest.raises(IntegrityError, match=r"^it: no probabilities$"):
            GuardedSession("it", self.Lending()).run_reduced(np.ones((1, 3), np.float32), refuse)

    def test_of_an_engine_that_fails(self) -> None:
        class Broken(self.Lending):  # type: ignore[name-defined, misc]
            def run_reduced(self, batch: NDArray[np.float32], reduce: Callable[[Any], Any]) -> Any:
                raise RuntimeError("no memory\nfor it")

        with pytest.raises(InputError, match=r"^it cannot run on an input of 1 x 3: no memory for it$"):
            GuardedSession("it", Broken()).run_reduced(np.ones((1, 3), np.float32), len)

    def test_a_network_of_one_image_a_call_is_run_in_parts(self) -> None:
        class Single:
            inputs = (TensorSpec("x", (1, 3)),)

            def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
                assert len(batch) == 1
                return batch * 2

            def run_reduced(self, batch: NDArray[np.float32], reduce: Callable[[Any], Any]) -> Any:
                raise AssertionError("parts are joined first")

        given = np.arange(6, dtype=np.float32).reshape(2, 3)
        found = GuardedSession("it", Single()).run_reduced(given, lambda made: made)
        np.testing.assert_array_equal(found, given * 2)


class TestAdvice:
    """A step is named only where it helps."""

    def test_an_engine_that_is_installed_is_named_and_not_installed_again(self, home: Path, asked: list[Any]) -> None:
        name = "PP-OCRv3_mobile_det"
        made = replace(loader(home, QUICK, OTHER, name="quick"), converts=False)
        with pytest.raises(EngineError, match=r"published as paddle, which quick cannot read: engine other; then put"):
            made.predictor(name, TASK)

    def test_no_engine_is_registered(self, model_dir: Path, home: Path) -> None:
        with pytest.raises(EngineError, match="no inference engine is registered: enable the plugin 'core'"):
            loader(home).predictor(NAME, TASK, model_dir)
