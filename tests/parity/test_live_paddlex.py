"""PaddleX itself still answers as recorded: some of the cases, played in an environment of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# The parity tools are scripts that import each other by name; no package holds them.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[2]))

import parity_kit
from case_answers import read_answers
from cases import Case, cases
from tests.hubs.environments import Environments

from ocrzoo_registry.zoo import Zoo

VERSIONS, RECORDED = read_answers(parity_kit.RECORDED)
ROWS = {"return_word_box", "use_textline_orientation", "methods", "text_det_thresh", "create_pipeline"}
PIPELINES = {"off", "strict", "words", "on", "yaml", "no such key"}


def chosen() -> list[Case]:
    """A case or two of every kind."""
    return [case for case in cases() if case.row in ROWS and case.pipeline in PIPELINES]


@pytest.fixture(scope="session")
def paddlex(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with PaddleX, kept from run to run."""
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)  # none under -p no:cacheprovider
    folder = tmp_path_factory.mktemp("environments") if cache is None else cache.mkdir("environments")
    return Path(Environments(folder, Path(__file__).parent).python("paddlex-ocr"))


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.environments
def test_paddlex_answers_as_recorded(paddlex: Path, zoo: Zoo, stand_ins: dict[str, Path]) -> None:
    with parity_kit.room(stand_ins, zoo) as places:
        live = parity_kit.play_with_paddlex(chosen(), places, paddlex)
    found = parity_kit.findings(live["answers"], RECORDED)
    assert len(found) > 1000
    assert [str(one) for one in found if not one.equal] == []
    assert live["versions"] == {name: version for name, version in VERSIONS.items() if name != "paddlepaddle"} | {
        "python": live["versions"]["python"]
    }
