"""PaddleX's server still answers as recorded: some of the requests, in an environment of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# The parity tools are scripts that import each other by name; no package holds them.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[2]))

from case_answers import read_answers
from record_serving import RECORDED, answers_of, paddlex_server
from serving_comparison import differences
from serving_requests import Asked, requests

from ocrzoo_registry.zoo import Zoo

_, RECORDED_ANSWERS = read_answers(RECORDED)


def chosen() -> list[Asked]:
    """All that are refused at once, and those to a server with settings of its own."""
    return [one for one in requests() if one.pipeline == "set" or RECORDED_ANSWERS[one.name]["status"] != 200]


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.environments
def test_paddlex_answers_as_recorded(
    paddlex: Callable[[], Path], zoo: Zoo, stand_ins: dict[str, Path], tmp_path: Path
) -> None:
    asked = chosen()
    answers = answers_of(asked, tmp_path, stand_ins, zoo, paddlex_server(paddlex(), tmp_path))
    found = [str(one) for name, answer in answers.items() for one in differences(name, answer, RECORDED_ANSWERS[name])]
    assert found == []
