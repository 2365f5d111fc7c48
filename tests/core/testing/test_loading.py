"""How the checks load models: as users load them, in each engine that runs them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tests.registry.kit import SitePackages

from ocrzoo.model_loader import ModelLoader
from ocrzoo.precision.wanted import Wanted
from ocrzoo.testing.checks import network
from ocrzoo.testing.sessions import Altered, Recorder
from ocrzoo.testing.subjects import ModelSubject, subjects_of
from ocrzoo.testing.targets import installed_for_now, read_project
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

ATTENTION = Path(__file__).parents[3] / "examples" / "ocrzoo-attention"
NOT_COMPARED = "its predictor runs several networks, or one by the names of its inputs, which is not compared"
ENGINE_OF_OTHERS = """
from ocrzoo_registry import EngineSpec, hookimpl

@hookimpl
def ocrzoo_engines():
    yield EngineSpec("gulls", "nowhere:Engine", ("onnx",), "onnxruntime", install="gulls", rank=1, models=("gull_*",))
"""


class TestLoading:
    """Models are loaded as users load them."""

    def test_a_model_of_several_networks(self, tmp_path: Path) -> None:
        with installed_for_now(read_project(ATTENTION), tmp_path / "site"):
            zoo = Zoo(Settings(home=tmp_path / "home", offline=True))
            _, subject = subjects_of(zoo, ["ocrzoo-attention"])
            assert isinstance(subject, ModelSubject)
            ways = subject.loaded.ways
            usual = [
                ModelLoader(zoo, one.candidate.spec.name, wanted=Wanted("float32", "exact")).plan(
                    subject.name, subject.card.task
                )
                for one in ways
            ]

            assert [one.candidate.spec.name for one in ways] == ["openvino", "onnxruntime"]
            assert [one.candidate for one in ways] == [plan.candidates[0] for plan in usual]
            assert list(network.load(subject)) == [], "whatever sizes its networks take"
            assert [(one.severity, one.message) for one in network.engines(subject)] == [("skipped", NOT_COMPARED)]

    def test_an_engine_for_other_models_is_not_tried(self, site: SitePackages) -> None:
        site.install("ocrzoo-one", {"ocrzoo_one": ENGINE_OF_OTHERS})
        zoo = Zoo()
        name = "PP-OCRv6_tiny_rec"
        subject = ModelSubject(zoo, zoo.models.get(name), zoo.models.origin(name))

        assert "gulls" in zoo.engines
        assert [spec.name for spec in subject.engines("onnx")] == ["openvino", "onnxruntime"]


class TestSessions:
    """Sessions that predictors are given in place of the network's: they may run all outputs of it."""

    class Network:
        """Has two outputs."""

        inputs = outputs = ()

        def run_all(self, batch: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
            return batch + 1, batch + 2

    def test_a_recorder_keeps_the_first_output(self) -> None:
        recorder = Recorder(self.Network())
        assert recorder.run_all(np.zeros(1))[1] == 2
        assert recorder.calls == [(np.zeros(1), np.ones(1))]

    def test_an_altered_input(self) -> None:
        assert Altered(self.Network(), np.negative).run_all(np.ones(1)) == (0, 1)
