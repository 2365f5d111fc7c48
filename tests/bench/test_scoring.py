"""Readings held against the truth: which lines belong together, and errors of characters, spaces and words."""

from __future__ import annotations

import pytest
from bench.scoring import Read, interval, score, spaced, words

Quad = list[list[float]]


def box(left: float, top: float, right: float, bottom: float) -> Quad:
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def test_a_page_read_as_written_has_no_errors() -> None:
    found = score([("one two", box(0, 0, 100, 20))], [Read("one two", box(-2, -2, 102, 22))])
    assert (found.lines, found.found, found.extra) == (1, 1, 0)
    assert (found.characters, found.errors, found.spaces, found.spaces_wrong) == (7, 0, 1, 0)
    assert (found.words, found.word_errors, found.by_line) == (2, 0, [0])


def test_a_missing_space_is_an_error_of_a_character_and_of_words() -> None:
    found = score([("one two", box(0, 0, 100, 20))], [Read("onetwo", box(0, 0, 100, 20))])
    assert (found.errors, found.spaces_wrong, found.word_errors) == (1, 1, 2)
    assert round(found.cer, 2) == 14.29


def test_a_space_too_many_is_an_error() -> None:
    found = score([("onetwo", box(0, 0, 100, 20))], [Read("one two", box(0, 0, 100, 20))])
    assert (found.errors, found.spaces_wrong) == (1, 1)


def test_a_line_found_in_two_parts_is_put_together_from_left_to_right() -> None:
    parts = [Read("two", box(60, 0, 100, 20)), Read("one", box(0, 0, 40, 20))]
    assert score([("one two", box(0, 0, 100, 20))], parts).errors == 0


def test_a_row_of_cells_found_as_one_line_is_compared_as_one() -> None:
    cells = [("12.50", box(0, 0, 40, 20)), ("total", box(60, 0, 100, 20)), ("below", box(0, 40, 100, 60))]
    found = score(cells, [Read("12.50 tota", box(0, 0, 100, 20)), Read("below", box(0, 40, 100, 60))])
    assert (found.found, found.extra, found.errors, found.by_line) == (3, 0, 1, [0, 1, 0])


def test_what_was_not_found_is_missing_and_what_is_not_there_is_extra() -> None:
    found = score([("abcd", box(0, 0, 40, 20))], [Read("xy", box(0, 100, 40, 120))])
    assert (found.recall, found.extra, found.characters, found.errors) == (0.0, 1, 4, 6)
    assert found.by_line == [4]


def test_lines_that_hardly_touch_do_not_belong_together() -> None:
    found = score(
        [("upper", box(0, 0, 100, 20)), ("lower", box(0, 21, 100, 41))],
        [Read("upper", box(0, -3, 100, 24)), Read("lower", box(0, 18, 100, 44))],
    )
    assert found.errors == 0


def test_tilted_lines_are_matched_by_their_corners() -> None:
    first, second = [[0, 0], [100, 30], [96, 44], [-4, 14]], [[6, -20], [106, 10], [102, 24], [2, -6]]
    found = score([("lower", first), ("upper", second)], [Read("upper", second), Read("lower", first)])
    assert (found.found, found.errors) == (2, 0)


def test_scores_of_pages_add_up() -> None:
    total = score([("ab", box(0, 0, 20, 20))], [])
    total.add(score([("abc", box(0, 0, 20, 20))], [Read("abc", box(0, 0, 20, 20))]))
    assert (total.lines, total.found, total.characters, total.errors) == (2, 1, 5, 2)
    assert (total.recall, total.cer, total.by_line) == (50.0, 40.0, [2, 0])


def test_texts_are_compared_with_usual_punctuation_and_single_spaces() -> None:
    assert spaced(" 你好，\u3000世界！ ") == "你好, 世界!"
    assert spaced("e\u0301") == "é"


def test_a_character_of_chinese_or_japanese_is_a_word() -> None:
    assert words("第12页 of three, カナ") == ["第", "12", "页", "of", "three,", "カ", "ナ"]


def test_the_interval_of_equal_readings_is_nothing_and_of_worse_ones_is_above_it() -> None:
    pages = [(errors, 100) for errors in (0, 1, 2, 3, 4)] * 4
    worse = [(errors + 1, characters) for errors, characters in pages]
    assert interval(pages, pages) == (0.0, 0.0)
    assert interval(worse, pages) == pytest.approx((1.0, 1.0))
    low, high = interval([(0, 100), (8, 100)] * 10, [(4, 100)] * 20)
    assert low < 0 < high
