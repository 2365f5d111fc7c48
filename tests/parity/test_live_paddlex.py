"""PaddleX itself still answers as recorded: some of the cases, played in an environment of its own."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

# The parity tools are scripts that import each other by name; no package holds them.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[2]))

import parity_kit
from case_answers import read_answers
from case_comparison import Finding, within
from cases import Case, cases

from ocrzoo_registry.zoo import Zoo

VERSIONS, RECORDED = read_answers(parity_kit.RECORDED)
ROWS = {"return_word_box", "use_textline_orientation", "methods", "text_det_thresh", "create_pipeline", "engine"}
PIPELINES = {"off", "strict", "words", "on", "yaml", "no such key", "paddle"}
FLATTENED_SCORE = 0.05
"""How far a score may be off on a flattened page whose pixels differ by a level from the recorded ones: twice the most
that such differences, drawn at random, move one of these pages' (docs/agreement.md)."""


def chosen() -> list[Case]:
    """A case or two of every kind."""
    return [case for case in cases() if case.row in ROWS and case.pipeline in PIPELINES]


def following_pixels(found: Sequence[Finding]) -> list[Finding]:
    """What may differ where another CPU's kernels flatten a page to pixels a level off: scores, and what is printed."""
    pictures = [one for one in found if one.aspect == "pages:output_img" and one.equal]
    other = {(one.case, one.page) for one in pictures if one.ours["sha256"] != one.theirs["sha256"]}
    return [one for one in found if (one.case, one.page) in other and follows_pixels(one)]


def follows_pixels(one: Finding) -> bool:
    """Whether no more differs than some scores a little, and numbers where they are printed with the pixels."""
    if one.aspect == "key:rec_scores":
        return within(FLATTENED_SCORE)(one.ours, one.theirs)
    words = (re.sub(r"[\d\s.]+", "", text) for text in (one.ours, one.theirs) if one.aspect == "printed:print(False)")
    return len(set(words)) == 1


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.environments
def test_paddlex_answers_as_recorded(paddlex: Callable[[], Path], zoo: Zoo, stand_ins: dict[str, Path]) -> None:
    with parity_kit.room(stand_ins, zoo) as places:
        live = parity_kit.play_with_paddlex(chosen(), places, paddlex())
    found = parity_kit.findings(live["answers"], RECORDED)
    followed = following_pixels(found)
    assert len(found) > 1000
    assert [str(one) for one in found if not one.equal and one not in followed] == []
    assert live["versions"] == VERSIONS | {"python": live["versions"]["python"]}
