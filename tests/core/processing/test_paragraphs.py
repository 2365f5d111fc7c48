"""Which lines of a page belong together, and which are headings."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from bench.paragraphs import LEVEL, Counts, laid_out, measured
from numpy.typing import NDArray

from ocrzoo.processing.blocks import Paragraph
from ocrzoo.processing.paragraphs import paragraphs

SIZE, PITCH = 20.0, 28.0
"""Height and distance of the lines below, in pixels."""
LEFT, RIGHT = 100.0, 700.0


class Page:
    """Level lines, in reading order."""

    def __init__(self) -> None:
        self.boxes: list[tuple[float, float, float, float]] = []
        self.texts: list[str] = []
        self.y = 100.0

    def put(self, text: str, *, left: float = LEFT, right: float = RIGHT, size: float = SIZE, gap: float = 0) -> Page:
        """Put a line under the last one, with white space above it."""
        self.y += gap
        self.boxes.append((left, self.y, right, self.y + size))
        self.texts.append(text)
        self.y += size + PITCH - SIZE
        return self

    def beside(self, text: str, left: float, right: float) -> Page:
        """Put a line beside the last one."""
        _, top, _, bottom = self.boxes[-1]
        self.boxes.append((left, top, right, bottom))
        self.texts.append(text)
        return self

    @property
    def found(self) -> list[Paragraph]:
        """Its paragraphs."""
        return paragraphs(self.array, self.texts)

    @property
    def array(self) -> NDArray[np.float64]:
        """N x 4."""
        return np.array(self.boxes, float).reshape(-1, 4)

    @property
    def lines(self) -> list[tuple[int, ...]]:
        """The lines of each paragraph."""
        return [part.lines for part in self.found]


PROSE = "the ferry leaves the harbor in the morning and comes back late"


def test_lines_that_fill_the_column_are_one_paragraph() -> None:
    assert Page().put(PROSE).put(PROSE).put("at night.", right=250).lines == [(0, 1, 2)]


def test_white_space_separates_paragraphs() -> None:
    assert Page().put(PROSE).put(PROSE).put(PROSE, gap=20).put(PROSE).lines == [(0, 1), (2, 3)]


def test_a_line_that_ends_early_ends_its_paragraph() -> None:
    page = Page().put(PROSE).put("and comes back.", right=350).put(PROSE).put(PROSE)
    assert page.lines == [(0, 1), (2, 3)]


def test_a_line_ends_early_only_if_the_next_word_had_room() -> None:
    page = Page().put(PROSE).put(PROSE[:50], right=560).put(f"incomprehensibilities {PROSE[:40]}").put(PROSE)
    assert page.lines == [(0, 1, 2, 3)]


def test_an_indent_begins_a_paragraph() -> None:
    page = Page().put(PROSE, left=LEFT + 25).put(PROSE).put(PROSE, left=LEFT + 25).put(PROSE)
    assert page.lines == [(0, 1), (2, 3)]


@pytest.mark.parametrize("mark", ["\u2022", "-", "1.", "12)", "(3)", "a)"])
def test_an_item_of_a_list_begins_a_paragraph(mark: str) -> None:
    page = Page().put(f"{mark} {PROSE}").put(PROSE).put(f"{mark} {PROSE}").put(PROSE)
    assert page.lines == [(0, 1), (2, 3)]


def test_larger_letters_are_headings_and_the_largest_are_of_the_first_level() -> None:
    page = Page().put("Ferries", right=300, size=44).put("In winter", right=260, size=28, gap=20)
    page.put(PROSE, gap=20).put(PROSE).put("In summer", right=260, size=28, gap=20).put(PROSE, gap=20).put(PROSE)
    assert [(part.kind, part.level) for part in page.found] == [
        ("heading", 1),
        ("heading", 2),
        ("text", 0),
        ("heading", 2),
        ("text", 0),
    ]


def test_a_heading_has_its_lines_together() -> None:
    page = Page().put("Ferries that leave", size=44).put("in the morning", right=400, size=44, gap=10)
    page.put(PROSE, gap=20).put(PROSE).put(PROSE)
    assert page.lines[0] == (0, 1)
    assert page.found[0].kind == "heading"


def test_figures_in_large_letters_are_no_heading() -> None:
    page = Page().put("1,200.50", right=300, size=44).put(PROSE, gap=20).put(PROSE).put(PROSE)
    assert [part.kind for part in page.found] == ["text", "text"]


def test_rows_of_cells_are_not_joined() -> None:
    page = Page()
    for name in ("Ferry", "Boat", "Raft"):
        page.put(name, right=200).beside("12.50", 600, 700)
    (table,) = page.found
    assert table.kind == "rows"
    assert table.rows == ((0, 1), (2, 3), (4, 5))


def test_short_lines_are_entries_not_a_paragraph() -> None:
    page = Page().put("Harbor Ferries", right=300).put("2 Quay", right=200).put("12345 Seaside", right=290)
    assert [part.kind for part in page.found] == ["rows"]


def test_a_paragraph_goes_on_in_the_next_column() -> None:
    page = Page().put(PROSE).put("the ferry leaves the harbor in the morning and")
    page.y = 100
    page.put("comes back late in the evening of the day", left=800, right=1400).put(PROSE, left=800, right=1400)
    assert [part.goes_on for part in page.found] == [True, False]


def test_a_paragraph_that_ends_with_a_sentence_does_not_go_on() -> None:
    page = Page().put(PROSE).put("the ferry leaves the harbor in the evening.")
    page.y = 100
    page.put("Then it comes back late in the evening", left=800, right=1400).put(PROSE, left=800, right=1400)
    assert [part.goes_on for part in page.found] == [False, False]


def test_a_page_without_lines_has_no_paragraphs() -> None:
    assert Page().found == []


@pytest.mark.parametrize("kind", LEVEL)
def test_each_line_is_in_one_paragraph_and_the_order_stays(kind: str) -> None:
    lines = laid_out(kind, 1)
    boxes = np.array([(one.left, one.top, one.left + one.width, one.top + one.height) for one in lines])
    found = paragraphs(boxes, [one.text for one in lines])
    assert [line for part in found for line in part.lines] == list(range(len(lines)))


def test_of_many_pages_nearly_all_joins_and_headings_are_right() -> None:
    """Not all: a last line that is as long as the others, before a paragraph without an indent, tells nothing."""
    counts = Counts()
    for kind in LEVEL:
        for seed in range(50, 53):
            counts.add(*measured(laid_out(kind, seed), seed, 2 * (seed - 51)))
    assert counts.found > 0.95 * counts.joins
    assert counts.wrong < 0.05 * counts.joins
    assert counts.seen > 0.85 * counts.headings
    assert counts.taken < 0.1 * counts.headings


def test_joins_are_of_neighbors() -> None:
    lines = laid_out("newspaper", 3)
    joined, *_ = measured(lines, 3, 0)
    assert {second - first for first, second in joined} <= {1}
    assert all(first != second for first, second in pairwise(sorted(joined)))
