"""Bad plugins, one defect each: the check that is meant for it finds it, and names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.core.testing.defects import BYTES, CARDS, Defect
from tests.core.testing.network_defects import CODE, NETWORKS
from tests.core.testing.plugins import Seaside
from tests.thorough import cases

from ocrzoo.testing import CHECKS, Result
from ocrzoo.testing.running import Job, Place, run
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.weights

NEEDS_NETWORK = frozenset(check.name for check in CHECKS if check.needs in {"weights", "predictor", "answer"})


def check(folder: Path, *, with_network: bool = True) -> list[Result]:
    """Run the checks in this process; ``with_network``: also those that load the network."""
    models = () if with_network else ("seaside_rec", "seaside_det")
    left_out: set[Place] = {("model", model, name) for model in models for name in NEEDS_NETWORK}
    return [event for event in run(Job(folder=folder, done=left_out)) if isinstance(event, Result)]


@pytest.mark.parametrize("task", ["text_recognition", "text_detection"])
def test_a_good_plugin_has_no_finding(tmp_path: Path, zoo: Zoo, task: str) -> None:
    results = check(Seaside(tmp_path / "seaside", zoo, task).write())

    assert [f"{result.check}: {finding}" for result in results for finding in result.findings] == []
    assert [result.check for result in results] == [one.name for one in CHECKS]
    cost = results[-1].data
    assert set(cost["ms_a_picture"]) == {"openvino, onnx", "onnxruntime, onnx"}
    assert cost["weights_mb"]["onnx"] > 1


@pytest.mark.parametrize("defect", [pytest.param(defect, id=name) for name, defect in CARDS.items()])
def test_a_defect_of_card_or_files_is_found(tmp_path: Path, zoo: Zoo, defect: Defect) -> None:
    find(defect, tmp_path, zoo, with_network=False)


OTHERS = BYTES | NETWORKS | CODE


@pytest.mark.parametrize("defect", cases(OTHERS, *BYTES, *list(NETWORKS)[::2], *CODE, values=OTHERS))
def test_a_defect_of_weights_network_or_code_is_found(tmp_path: Path, zoo: Zoo, defect: Defect) -> None:
    find(defect, tmp_path, zoo)


def find(defect: Defect, tmp_path: Path, zoo: Zoo, *, with_network: bool = True) -> None:
    plugin = Seaside(tmp_path / "seaside", zoo, defect.task)
    defect.change(plugin)
    plugin.write()
    defect.later(plugin)

    results = check(plugin.folder, with_network=with_network)

    found = {f"{result.check}, {finding.severity}: {finding}" for result in results for finding in result.findings}
    named = [one for one in found if one.startswith(f"{defect.check}, {defect.severity}: ") and defect.text in one]
    assert named, "\n".join(sorted(found))
    if defect.alone:
        assert [one for one in found if one.startswith(f"{defect.check}, ")] == named
