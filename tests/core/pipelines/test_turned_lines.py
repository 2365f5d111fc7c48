"""Lines upside down are found by reading them both ways, where the first reading is doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from ocrzoo.pipelines.turned_lines import AT_ONCE, Reading, turn_doubtful
from ocrzoo.processing.recognition import Line
from ocrzoo.types import Image


def line(text: str, score: float) -> Reading:
    return Line(text, score), 0


def decide(ways: Sequence[tuple[Reading, Reading]], tall: bool | Sequence[bool] = False) -> tuple[list[str], int]:
    """What is read of lines, given both readings of each, and how many were read twice."""
    images: list[Image] = [np.full((2, 3, 3), (number, 0, 0), np.uint8) for number in range(len(ways))]
    images = [np.vstack([image[:1], np.zeros_like(image[:1])]) for image in images]  # marked at the top
    lines = [first for first, _ in ways]
    asked: list[int] = []

    def read(turned: list[Image]) -> list[Reading]:
        numbers = [int(image[1, 0, 0]) for image in turned]  # now at the bottom
        asked.extend(numbers)
        return [ways[number][1] for number in numbers]

    kinds = [tall] * len(ways) if isinstance(tall, bool) else list(tall)
    turned = turn_doubtful(images, kinds, lines, read)
    assert [found is ways[index][1] for index, found in enumerate(lines)] == turned
    assert len(asked) == len(set(asked))
    return [one.text for one, _ in lines], len(asked)


SURE: tuple[Reading, Reading] = (line("Net income", 0.97), line("aucout", 0.4))
UPWARDS: tuple[Reading, Reading] = (line("()  y", 0.56), line("Annual turnover", 0.97))


@pytest.mark.parametrize("tall", [True, False])
class TestOneLine:
    """Each line by itself."""

    def test_the_better_reading_counts(self, tall: bool) -> None:
        assert decide([UPWARDS, SURE], tall) == (["Annual turnover", "Net income"], 1)

    def test_a_line_read_surely_is_read_once(self, tall: bool) -> None:
        assert decide([SURE, (line("Total", 0.9), line("Other", 1.0))], tall) == (["Net income", "Total"], 0)

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (line("Hd", 0.17), line("Reading", 0.7)),  # neither is legible
            (line("Totel", 0.85), line("Other", 0.93)),  # hardly better
            (line("60", 0.7), line("09", 0.99)),  # looks alike upside down
            (line("-", 0.43), line("-", 0.81)),
        ],
    )
    def test_in_doubt_it_stays(self, tall: bool, first: Reading, second: Reading) -> None:
        assert decide([(first, second), SURE], tall)[0] == [first[0].text, "Net income"]


class TestPage:
    """Lines of one kind are upside down together."""

    def test_on_a_page_upside_down_short_lines_are_turned_too(self) -> None:
        short = line("8000", 0.98), line("0008", 0.98)
        wrong = line("Tue", 0.97), line("en", 0.3)
        texts, asked = decide([*[UPWARDS] * 3, short, wrong])
        assert texts == [*["Annual turnover"] * 3, "0008", "Tue"]
        assert asked == 5

    def test_one_line_upside_down_among_others_turns_no_other(self) -> None:
        short = line("8000", 0.98), line("0008", 0.99)
        assert decide([SURE, UPWARDS, short])[0] == ["Net income", "Annual turnover", "8000"]

    def test_tall_lines_and_others_are_apart(self) -> None:
        number = line("806", 0.95), line("908", 0.95)
        assert decide([UPWARDS, number], [True, False]) == (["Annual turnover", "806"], 1)
        assert decide([UPWARDS, UPWARDS, number], [True, True, True])[0][2] == "908"

    def test_no_lines(self) -> None:
        nothing: Any = []
        assert turn_doubtful(nothing, nothing, nothing, lambda _: nothing) == []


class TestManyDoubtfulLines:
    """A page in a language that the model does not know, which would be read twice as a whole."""

    GARBAGE: tuple[Reading, Reading] = (line("Hd kj", 0.5), line("pH fx", 0.5))

    def test_it_ends_where_none_is_better(self) -> None:
        assert decide([self.GARBAGE] * 100)[1] == AT_ONCE

    def test_a_page_upside_down_is_read_to_the_end(self) -> None:
        assert decide([UPWARDS] * 100) == (["Annual turnover"] * 100, 100)

    def test_the_lowest_scores_come_first(self) -> None:
        blurred = (line("Net incorne", 0.85), line("aucout", 0.4))
        texts, _ = decide([*[blurred] * 50, UPWARDS])
        assert texts[-1] == "Annual turnover"
