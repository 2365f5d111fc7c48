"""Case by case ocrzoo answers as PaddleX 3.7.2 did, but for what docs/paddlex-differences.md lists with a reason."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# The parity tools are scripts that import each other by name; no package holds them.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[2]))

import parity_kit
from case_answers import read_answers, write_answers
from case_comparison import Finding
from case_pipelines import PIPELINES
from case_report import place_of, read_verdicts, verdicts
from case_rooms import request
from cases import Case, cases
from ocrzoo_cases import play_with_ocrzoo
from purposes import PURPOSES, purpose_of

from ocrzoo_registry.zoo import Zoo

CASES = list(cases())
VERSIONS, RECORDED = read_answers(parity_kit.RECORDED)
DOCUMENT = parity_kit.DOCUMENT.read_text(encoding="utf-8")
WRITTEN = read_verdicts(DOCUMENT)

TUTORIAL_PREDICT = {
    "use_doc_orientation_classify",
    "use_doc_unwarping",
    "use_textline_orientation",
    "text_det_limit_side_len",
    "text_det_limit_type",
    "text_det_thresh",
    "text_det_box_thresh",
    "text_det_unclip_ratio",
    "text_rec_score_thresh",
    "return_word_box",
}
"""The parameters of ``predict`` that PaddleX's tutorial lists."""
TUTORIAL_KEYS = (
    "input_path",
    "page_index",
    "model_settings",
    "doc_preprocessor_res",
    "dt_polys",
    "dt_scores",
    "text_det_params",
    "text_type",
    "textline_orientation_angles",
    "text_rec_score_thresh",
    "rec_texts",
    "rec_scores",
    "rec_polys",
    "rec_boxes",
    "text_word",
    "text_word_boxes",
)
"""The keys of a result that it explains."""


@dataclass(frozen=True)
class Player:
    """Plays cases with ocrzoo."""

    zoo: Zoo
    places: dict[str, str]
    paddlex: Callable[[], Path]

    def play(self, chosen: list[Case], *, quirks: bool) -> list[Finding]:
        """Play cases and compare with PaddleX's answers: the recorded ones, and in doubt those of this machine."""

        def doubtful(found: Sequence[Finding]) -> set[str]:
            return unexpected(chosen, found, quirks=quirks)

        def ask(names: set[str]) -> Mapping[str, Any]:
            asked = [case for case in chosen if case.name in names]
            answers: Mapping[str, Any] = parity_kit.play_with_paddlex(asked, self.places, self.paddlex())["answers"]
            return answers

        ours = play_with_ocrzoo(request(chosen, self.places), self.zoo, paddlex_quirks=quirks)
        return parity_kit.settled(ours, RECORDED, doubtful, ask)


def unexpected(chosen: Sequence[Case], found: Sequence[Finding], *, quirks: bool) -> set[str]:
    """The cases that differ from PaddleX otherwise than the document says, or at all where its quirks are asked for."""
    names = {one.case for one in found if not one.equal and purpose_of(one) is None}
    if quirks:
        return names | parity_kit.quirky(found)
    shown = verdicts(chosen, found)
    return names | {case.name for case in chosen if shown[place_of(case)] != WRITTEN.get(place_of(case))}


@pytest.fixture(scope="module")
def player(zoo: Zoo, stand_ins: dict[str, Path], paddlex: Callable[[], Path]) -> Iterator[Player]:
    with parity_kit.room(stand_ins, zoo) as places:
        yield Player(zoo, places, paddlex)


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.parametrize("pipeline", PIPELINES)
def test_answers_are_paddlexs_or_differ_on_purpose(player: Player, pipeline: str) -> None:
    chosen = [case for case in CASES if case.pipeline == pipeline]
    found = player.play(chosen, quirks=False)
    assert parity_kit.unexplained(found) == []
    shown = {place: verdict for place, verdict in verdicts(chosen, found).items() if WRITTEN.get(place) != verdict}
    assert shown == {}, "docs/paddlex-differences.md is out of date: python tests/parity/parity_kit.py --write"
    quirky = parity_kit.quirky(found)
    with_quirks = player.play([case for case in chosen if case.name in quirky], quirks=True)
    assert parity_kit.unexplained(with_quirks) == []
    assert [str(one) for one in with_quirks if parity_kit.quirky([one])] == []


def test_every_case_is_recorded_and_nothing_else() -> None:
    assert [case.name for case in CASES] == list(RECORDED)
    assert VERSIONS["paddlex"] == "3.7.2"


def test_every_parameter_of_the_tutorial_is_given_none_and_every_kind_of_value() -> None:
    given: dict[str, set[str]] = {}
    for case in CASES:
        for name, value in case.predict.items():
            given.setdefault(name, set()).add(repr(value))
    assert set(given) >= TUTORIAL_PREDICT
    for name in TUTORIAL_PREDICT:
        assert "None" in given[name]
        assert len(given[name]) >= 3


def test_every_key_of_the_tutorial_is_compared_and_nothing_is_missing_or_different() -> None:
    keys = DOCUMENT.split("### Result keys", 1)[1]
    assert [key for key in TUTORIAL_KEYS if f"| `{key}` |" not in keys] == []
    assert "**" not in DOCUMENT


def test_every_purpose_is_still_needed() -> None:
    told = " ".join(WRITTEN.values())
    used = {int(word.strip(",")) for word in told.split() if word.strip(",").isdigit()}
    unused = [one for number, one in enumerate(PURPOSES, 1) if number not in used]
    assert [one.what for one in unused if not one.everywhere and not one.unseen] == []


def test_cases_have_names_of_their_own_and_pipelines_that_exist() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert {case.pipeline for case in CASES} == set(PIPELINES)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    answers = {"a": {"results": [{"json": {"rec_texts": ["x" * 80], "dt_polys": [[[0, 1], [2, 3]]] * 9}}]}, "b": {}}
    write_answers(tmp_path / "answers.json", {"paddlex": "0"}, answers)
    assert read_answers(tmp_path / "answers.json") == ({"paddlex": "0"}, answers)


def test_a_difference_that_is_on_no_list_is_told() -> None:
    theirs = RECORDED["input = png on 'off'"]
    page = theirs["results"][0]
    other = {"results": [{**page, "json": {**page["json"], "rec_texts": ["another"]}}]}
    found = parity_kit.findings({"input = png on 'off'": other}, RECORDED)
    told = parity_kit.unexplained(found)
    assert len(told) == 1
    assert told[0].startswith("input = png on 'off', result 0: key:rec_texts: ours ['another'], theirs ")
    assert all(purpose_of(one) is None for one in found if not one.equal)


class TestACaseThatDiffersFromTheRecording:
    """It is compared with what PaddleX answers on this machine, whose kernels may be others."""

    CASE = next(case for case in CASES if case.name == "input = png on 'off'")
    OTHERS = next(case for case in CASES if case.name == "input = jpg on 'off'")

    def compared(self, ours: float, theirs: float) -> tuple[list[str], set[str]]:
        """The differences, where both sides' first scores here are off the recorded one, and what PaddleX is asked."""
        chosen, asked = [self.CASE, self.OTHERS], set[str]()

        def doubtful(found: Sequence[Finding]) -> set[str]:
            return unexpected(chosen, found, quirks=True)

        def ask(names: set[str]) -> Mapping[str, Any]:
            asked.update(names)
            return {self.CASE.name: self.moved(theirs)}

        answers = {self.CASE.name: self.moved(ours), self.OTHERS.name: RECORDED[self.OTHERS.name]}
        found = parity_kit.settled(answers, RECORDED, doubtful, ask)
        assert {one.case for one in found} == set(answers)
        return parity_kit.unexplained(found), asked

    def moved(self, by: float) -> dict[str, Any]:
        (result,) = RECORDED[self.CASE.name]["results"]
        first, *others = result["json"]["rec_scores"]
        return {"results": [{**result, "json": {**result["json"], "rec_scores": [first - by, *others]}}]}

    def test_is_equal_where_paddlex_answers_the_same_here(self) -> None:
        assert self.compared(0.01, 0.01) == ([], {self.CASE.name})

    @pytest.mark.parametrize("theirs", [0, 0.005])
    def test_is_different_where_paddlex_answers_otherwise_here(self, theirs: float) -> None:
        differences, asked = self.compared(0.01, theirs)
        assert asked == {self.CASE.name}
        assert len(differences) == 1
        assert "key:rec_scores" in differences[0]

    def test_paddlex_is_asked_nothing_where_all_is_as_recorded(self) -> None:
        assert self.compared(0.0001, 1) == ([], set())


def test_recorded_answers_are_small() -> None:
    assert parity_kit.RECORDED.stat().st_size < 400_000
