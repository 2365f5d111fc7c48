"""Our server answers as PaddleX's does: status, headers, keys and their order, types, values, pictures, errors.

PaddleX's answers are recorded in ``serving.json`` (``record_serving.py``); what differs on purpose is in
``serving_comparison.ALLOWED``.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

# The parity tools are scripts that import each other by name; no package holds them.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[2]))

from case_answers import read_answers
from record_serving import RECORDED, Serve, answers_of
from serving_comparison import ALLOWED, DOCUMENT, Difference, allowed_by, differences, document
from serving_requests import PIPELINES, requests
from tests.serving_clients.server import our_variables, server_command

from ocrzoo_registry.zoo import Zoo

VERSIONS, THEIRS = read_answers(RECORDED)


@pytest.fixture(scope="module")
def found(
    home: Path, zoo: Zoo, stand_ins: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Difference]]:
    """Give all differences, by pipeline: each is served, asked everything, and stopped."""
    room = tmp_path_factory.mktemp("serving")
    asked = list(requests())
    more = ("--paddlex_quirks", "True", "--url_host", "127.0.0.1", "--private_urls", "--timeout", "60")
    serve: Serve = lambda path, port: (server_command(port, path, *more), our_variables(home))  # noqa: E731
    ours = answers_of(asked, room, stand_ins, zoo, serve)
    seen: dict[str, list[Difference]] = {name: [] for name in PIPELINES}
    for one in asked:
        seen[one.pipeline] += differences(one.name, ours[one.name], THEIRS[one.name])
    return seen


@pytest.mark.slow
@pytest.mark.weights
class TestOurServer:
    @pytest.mark.parametrize("pipeline", PIPELINES)
    def test_answers_as_paddlex_does(self, pipeline: str, found: dict[str, list[Difference]]) -> None:
        told = [str(one) for one in found[pipeline] if allowed_by(one) is None]
        print(*told, sep="\n")  # pytest cuts long lists short
        assert not told

    def test_differs_wherever_a_difference_is_listed(self, found: dict[str, list[Difference]]) -> None:
        used = {allowed_by(one) for each in found.values() for one in each}
        assert [allowed.what for allowed in ALLOWED if allowed not in used] == []


def test_the_documentation_has_all_that_differs() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document()


class TestTheRecording:
    def test_holds_an_answer_to_every_request(self) -> None:
        names = [asked.name for asked in requests()]
        assert sorted(set(names)) == sorted(names)
        assert sorted(THEIRS) == sorted(names)

    def test_is_of_the_version_that_we_follow(self) -> None:
        assert VERSIONS["paddlex"] == "3.7.2"

    def test_is_small(self) -> None:
        assert RECORDED.stat().st_size < 120_000


class TestComparing:
    THEIR: ClassVar[dict[str, Any]] = {
        "status": 200,
        "headers": {"content-type": "application/json"},
        "body": {"json": {"a": 1, "b": [{"c": None}]}},
    }

    @pytest.mark.parametrize(
        ("ours", "field"),
        [
            ({"status": 201}, "status"),
            ({"headers": {}}, "headers.content-type"),
            ({"body": {"text": "x"}}, "body.json"),
            ({"body": {"json": {"b": [{"c": None}], "a": 1}}}, "keys of body.json"),
            ({"body": {"json": {"a": 1.0, "b": [{"c": None}]}}}, "type of body.json.a"),
            ({"body": {"json": {"a": True, "b": [{"c": None}]}}}, "type of body.json.a"),
            ({"body": {"json": {"a": 2, "b": [{"c": None}]}}}, "body.json.a"),
            ({"body": {"json": {"a": 1, "b": []}}}, "body.json.b"),
            ({"body": {"json": {"a": 1, "b": [{}]}}}, "body.json.b.0.c"),
            ({"body": {"json": {"a": 1, "b": [{"c": None}], "d": 3}}}, "body.json.d"),
        ],
    )
    def test_tells_every_kind_of_difference(self, ours: dict[str, Any], field: str) -> None:
        assert field in [one.field for one in differences("r", {**self.THEIR, **ours}, self.THEIR)]

    def test_tells_none_where_there_is_none(self) -> None:
        assert list(differences("r", self.THEIR, self.THEIR)) == []

    def test_allows_what_another_processor_moves(self) -> None:
        pages = [{"body": {"rec_scores": [0.5 + by], "rec_boxes": [[1, 2 + (by > 0)]]}} for by in (0, 0.0001)]
        assert list(differences("r", {**self.THEIR, **pages[0]}, {**self.THEIR, **pages[1]})) == []
