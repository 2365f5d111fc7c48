"""The recognition task: widths, padding, normalization, and CTC."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ocrzoo.processing.recognition import (
    WIDTHS,
    Line,
    LineShape,
    best_classes,
    calls,
    decode,
    preprocess,
    preprocess_fixed,
    shares,
)
from ocrzoo.types import Batching, Image

CHARACTERS = ["", "a", "b", "c", " "]


def gray(height: int, width: int, value: int = 255) -> Image:
    return np.full((height, width, 3), value, np.uint8)


def filled_width(crop: Image) -> int:
    """Columns that the line itself takes up: the padding is 0, which no pixel of a white line is."""
    return int((preprocess([crop])[0, 0, 0] != 0).sum())


def output(rows: Sequence[Sequence[tuple[int, float]]], classes: int = len(CHARACTERS)) -> NDArray[np.float32]:
    """A network's output, from the best class and its probability at each step."""
    made = np.zeros((len(rows), len(rows[0]), classes), np.float32)
    for row, steps in enumerate(rows):
        for step, (index, probability) in enumerate(steps):
            made[row, step] = (1 - probability) / classes
            made[row, step, index] = probability
    return made


def steps(classes: Sequence[int], probability: float = 0.9) -> list[tuple[int, float]]:
    return [(index, probability) for index in classes]


class TestPreprocess:
    """Lines become a batch of height 48."""

    @pytest.mark.parametrize(
        ("height", "width", "batch_width"),
        [
            (48, 10, 320),
            (48, 320, 320),
            (48, 321, 321),
            (24, 300, 600),
            (100, 1000, 480),
            (31, 500, 774),  # 774.19
            (7, 101, 692),  # 692.57: the fraction is dropped
            (48, 3200, 3200),
            (48, 3201, 3200),
            (10, 5000, 3200),
            (1000, 1, 320),
        ],
    )
    def test_width_of_the_batch(self, height: int, width: int, batch_width: int) -> None:
        assert preprocess([gray(height, width)]).shape == (1, 3, 48, batch_width)

    @pytest.mark.parametrize(
        ("height", "width", "line_width"),
        [
            (48, 100, 100),
            (96, 101, 51),  # 50.5, rounded up
            (31, 500, 774),  # rounded up it would be 775, wider than the batch
            (48, 320, 320),
            (10, 5000, 3200),
            (1000, 1, 1),
        ],
    )
    def test_width_of_the_line_in_it(self, height: int, width: int, line_width: int) -> None:
        assert filled_width(gray(height, width)) == line_width

    def test_lines_are_padded_with_zero_to_the_widest(self) -> None:
        batch = preprocess([gray(48, 400), gray(48, 100)])
        assert batch.shape == (2, 3, 48, 400)
        assert (batch[0] == 1).all()
        assert (batch[1, :, :, :100] == 1).all()
        assert (batch[1, :, :, 100:] == 0).all()

    @pytest.mark.parametrize(("value", "normalized"), [(0, -1.0), (51, -0.6), (255, 1.0)])
    def test_bytes_become_minus_one_to_one(self, value: int, normalized: float) -> None:
        batch = preprocess([gray(48, 320, value)])
        assert batch.dtype == np.float32
        np.testing.assert_allclose(batch, normalized, atol=1e-6)

    def test_channels_stay_in_order(self) -> None:
        crop = np.full((48, 320, 3), (0, 51, 255), np.uint8)
        np.testing.assert_allclose(preprocess([crop])[0, :, 0, 0], [-1, -0.6, 1], atol=1e-6)

    def test_the_shape_is_the_models_own(self) -> None:
        assert preprocess([gray(48, 100)], LineShape(32, 640)).shape == (1, 3, 32, 640)

    @given(st.integers(1, 300), st.integers(1, 6000))
    def test_whatever_the_line_it_fits(self, height: int, width: int) -> None:
        batch = preprocess([gray(height, width)])
        assert 320 <= batch.shape[3] <= 3200
        assert 1 <= (batch[0, 0, 0] != 0).sum() <= batch.shape[3]


class TestFixedShape:
    """Networks of one shape get the line stretched to it."""

    def test_no_padding_whatever_the_line(self) -> None:
        batch = preprocess_fixed([gray(48, 100), gray(20, 2000)], 32, 256)
        assert batch.shape == (2, 3, 32, 256)
        assert batch.dtype == np.float32
        assert (batch == 1).all()

    def test_values_are_those_of_float64_rounded_once(self) -> None:
        ramp = np.arange(256, dtype=np.uint8).reshape(1, 256, 1).repeat(3, axis=2)
        expected = ((np.arange(256) / 255 - 0.5) / 0.5).astype(np.float32)
        np.testing.assert_array_equal(preprocess_fixed([ramp], 1, 256)[0, 0, 0], expected)


class TestShares:
    """Which part of the batch's columns is the line itself, by width / height."""

    @pytest.mark.parametrize(
        ("sizes", "filled"),
        [
            ([(48, 320)], [1]),
            ([(48, 160)], [0.5]),
            ([(48, 640), (24, 160), (96, 320)], [1, 0.5, 0.25]),
            ([(10, 5000), (48, 1600)], [1, 0.5]),  # the first is squeezed to 3,200 pixels
        ],
    )
    def test_of_the_widest(self, sizes: list[tuple[int, int]], filled: list[float]) -> None:
        assert shares([gray(*size) for size in sizes]) == pytest.approx(filled)

    @given(st.lists(st.tuples(st.integers(1, 100), st.integers(1, 3000)), min_size=1, max_size=5))
    def test_agree_with_the_padding_to_two_pixels(self, sizes: list[tuple[int, int]]) -> None:
        crops = [gray(*size) for size in sizes]
        batch = preprocess(crops)
        filled = (batch[:, 0, 0] != 0).sum(axis=1)
        np.testing.assert_allclose(np.array(shares(crops)) * batch.shape[3], filled, atol=2)


class TestCalls:
    """Which lines share a call of the network, and to which width they are padded."""

    @staticmethod
    def shapes(crops: list[Image], batch_size: int, batching: Batching) -> list[tuple[int, int]]:
        return [(len(call.lines), call.width) for call in calls(crops, batch_size, batching)]

    def test_exact_pads_to_the_widest_of_so_many_lines(self) -> None:
        crops = [gray(48, width) for width in (900, 100, 400, 3000, 200)]
        assert self.shapes(crops, 2, "exact") == [(2, 320), (1, 900), (1, 900), (1, 3000)]
        assert [call.lines for call in calls(crops, 2)] == [(1, 4), (2,), (0,), (3,)]

    def test_exact_cuts_what_the_caches_do_not_hold_and_keeps_its_width(self) -> None:
        assert self.shapes([gray(48, 320)] * 6, 6, "exact") == [(3, 320), (3, 320)]
        assert self.shapes([gray(48, 200)] * 5 + [gray(48, 600)], 6, "exact") == [(2, 600)] * 3
        assert self.shapes([gray(48, 400)] * 5, 6, "exact") == [(2, 400), (3, 400)]

    def test_equal_shapes_stay_in_order(self) -> None:
        assert [call.lines for call in calls([gray(48, 100)] * 5, 3)] == [(0, 1, 2), (3, 4)]

    def test_width_fills_a_call(self) -> None:
        assert self.shapes([gray(48, 320)] * 9, 6, "width") == [(3, 320), (3, 320), (3, 320)]
        assert self.shapes([gray(48, 60)] * 21, 6, "width") == [(10, 64), (11, 64)]
        assert self.shapes([gray(48, 640)] * 3, 6, "width") == [(1, 640), (2, 640)]

    def test_width_pads_each_line_to_the_next_width_of_the_grid(self) -> None:
        crops = [gray(48, width) for width in (1, 64, 65, 320, 321, 600, 1030, 2100, 3150)]
        widths = [call.width for call in calls(crops, 6, "width") for _ in call.lines]
        assert widths == [64, 64, 128, 320, 384, 640, 1152, 2304, 3200]

    def test_width_does_not_depend_on_what_else_is_read(self) -> None:
        crops = [gray(48, width) for width in (50, 333, 340, 700, 710, 1500)]
        together = {index: call.width for call in calls(crops, 6, "width") for index in call.lines}
        assert together == {index: calls([crop], 6, "width")[0].width for index, crop in enumerate(crops)}

    def test_width_makes_few_shapes(self) -> None:
        crops = [np.empty((48, width, 3), np.uint8) for width in range(1, 4000)]
        assert len({call.width for call in calls(crops, 6, "width")}) == len(WIDTHS) == 29

    def test_a_line_wider_than_a_call_goes_alone(self) -> None:
        crops = [gray(10, 5000), gray(10, 6000), gray(48, 2500)]
        assert [call.lines for call in calls(crops, 6, "width")] == [(2,), (0,), (1,)]

    @pytest.mark.parametrize("batching", ["exact", "width"])
    @settings(deadline=None)
    @given(sizes=st.lists(st.tuples(st.integers(1, 60), st.integers(1, 3000)), max_size=20))
    def test_each_line_once_and_wide_enough(self, batching: Batching, sizes: list[tuple[int, int]]) -> None:
        crops = [np.zeros((*size, 3), np.uint8) for size in sizes]
        made = calls(crops, 4, batching)
        assert sorted(index for call in made for index in call.lines) == list(range(len(sizes)))
        assert all(call.lines for call in made)
        for call in made:
            own = [crops[index] for index in call.lines]
            assert preprocess(own, width=call.width).shape == (len(own), 3, 48, call.width)
            assert max(shares(own, ratio=call.ratio)) <= 1

    @settings(deadline=None)
    @given(sizes=st.lists(st.tuples(st.integers(1, 60), st.integers(1, 900)), min_size=1, max_size=6))
    def test_what_the_network_sees_in_exact_is_cut_from_paddlexs_batch(self, sizes: list[tuple[int, int]]) -> None:
        crops = [np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8) for size in sizes]
        made = calls(crops, 6)
        order = [crops[index] for call in made for index in call.lines]
        parts = [preprocess([crops[index] for index in call.lines], width=call.width) for call in made]
        np.testing.assert_array_equal(np.concatenate(parts), preprocess(order))
        filled = [share for call in made for share in shares([crops[i] for i in call.lines], ratio=call.ratio)]
        assert filled == shares(order)


class TestBestClasses:
    """The best class of each column, and how far ahead of the second it is."""

    def test_exact_where_the_network_is_unsure(self) -> None:
        made = np.array([[[0.1, 0.5, 0.4], [0.7, 0.1, 0.2]]], np.float32)
        best = best_classes(made)
        assert best.classes.tolist() == [[1, 0]]
        np.testing.assert_allclose(best.probabilities, [[0.5, 0.7]])
        np.testing.assert_allclose(best.margins, [[0.1, 0.5]], atol=1e-7)

    def test_the_least_that_can_be_where_it_is_sure(self) -> None:
        (margin,) = best_classes(np.array([[[0.95, 0.03, 0.02]]], np.float32)).margins[0]
        assert margin == pytest.approx(0.9)

    def test_of_two_equal_classes_the_first_with_no_margin(self) -> None:
        best = best_classes(np.array([[[0.2, 0.4, 0.4]]], np.float32))
        assert (best.classes.item(), best.margins.item()) == (1, 0)

    def test_the_output_stays_as_it_is(self) -> None:
        made = output([steps([1, 2, 0], 0.6)])
        made.flags.writeable = False  # as an engine may lend it
        kept = made.copy()
        best_classes(made)
        np.testing.assert_array_equal(made, kept)

    def test_a_line_has_its_narrowest_margin(self) -> None:
        made = np.array([[[0.1, 0.6, 0.3], [0.5, 0.25, 0.25]], [[0, 1, 0], [1, 0, 0]]], np.float32)
        unsure, sure = decode(best_classes(made), ["", "a", " "])
        assert unsure.margin == pytest.approx(0.25)
        assert sure.margin == 1


class TestDecode:
    """Greedy CTC: runs become one character, blanks none."""

    @pytest.mark.parametrize(
        ("classes", "text"),
        [
            ([1, 2, 3], "abc"),
            ([1, 1, 1, 2], "ab"),
            ([1, 0, 1], "aa"),
            ([1, 1, 0, 0, 1, 1], "aa"),
            ([0, 1, 0, 2, 0], "ab"),
            ([1, 4, 2], "a b"),
            ([1, 4, 4, 2], "a b"),
            ([4], " "),
        ],
    )
    def test_texts(self, classes: list[int], text: str) -> None:
        assert decode(best_classes(output([steps(classes)])), CHARACTERS)[0].text == text

    def test_the_score_is_the_mean_over_the_first_step_of_each_run(self) -> None:
        made = output([[(0, 0.99), (1, 0.8), (1, 0.95), (0, 0.7), (2, 0.6)]])
        (line,) = decode(best_classes(made), CHARACTERS)
        assert line.text == "ab"
        assert line.score == pytest.approx(0.7)

    def test_nothing_but_blanks(self) -> None:
        (line,) = decode(best_classes(output([steps([0, 0, 0], 1.0)])), CHARACTERS)
        assert line == Line("", 0.0, cells=3.0)

    def test_rows_are_lines(self) -> None:
        lines = decode(best_classes(output([steps([1, 2]), steps([0, 0]), steps([3, 3])])), CHARACTERS)
        assert [line.text for line in lines] == ["ab", "", "c"]

    def test_a_character_may_be_several_code_points(self) -> None:
        assert decode(best_classes(output([steps([1, 2])])), ["", "क्ष", "é", "c", " "])[0].text == "क्षé"

    def test_scores_are_python_numbers(self) -> None:
        assert type(decode(best_classes(output([steps([1])])), CHARACTERS)[0].score) is float

    def test_each_entry_has_the_first_column_of_its_run_and_the_probability_there(self) -> None:
        (line,) = decode(best_classes(output([[(0, 0.99), (1, 0.75), (1, 0.95), (0, 0.7), (2, 0.5)]])), CHARACTERS)
        assert (line.entries, line.columns, line.probabilities) == (("a", "b"), (1, 4), (0.75, 0.5))

    def test_cells_are_the_columns_of_the_line_itself(self) -> None:
        made = output([steps([1, 2, 0, 0]), steps([1, 0, 2, 0])])
        assert [line.cells for line in decode(best_classes(made), CHARACTERS, [0.5, 0.9])] == [2.0, 3.6]
        assert [line.cells for line in decode(best_classes(made), CHARACTERS)] == [4.0, 4.0]

    def test_code_points_know_their_entry(self) -> None:
        (line,) = decode(best_classes(output([steps([1, 0, 3, 2])])), ["", "🇩🇪", "b", "क्ष", " "])
        assert line.text == "🇩🇪क्षb"
        assert line.sources == (0, 0, 1, 1, 1, 2)
        assert [line.columns[index] for index in line.sources] == [0, 0, 2, 2, 2, 3]

    @given(
        st.lists(st.tuples(st.integers(0, len(CHARACTERS) - 1), st.floats(0.5, 1, width=32)), min_size=1, max_size=40)
    )
    def test_like_collapsing_runs_one_by_one(self, row: list[tuple[int, float]]) -> None:
        runs = [next(group) for _, group in groupby(row, key=lambda step: step[0])]
        kept = [(index, probability) for index, probability in runs if index != 0]
        score = sum(probability for _, probability in kept) / len(kept) if kept else 0.0
        line = decode(best_classes(output([row])), CHARACTERS)[0]
        assert line.text == "".join(CHARACTERS[index] for index, _ in kept)
        assert line.score == pytest.approx(score, abs=1e-6)
        assert line.sources == tuple(range(len(kept)))
        assert [row[column][0] for column in line.columns] == [index for index, _ in kept]
        assert list(line.columns) == sorted(set(line.columns))
