"""Words of a line: where one ends in each script, and where it stands on the page."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable

import cv2
import numpy as np
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ocrzoo.processing.geometry import crop
from ocrzoo.processing.recognition import Line
from ocrzoo.text.bidi import in_logical_order
from ocrzoo.text.words import segments, words_of
from ocrzoo.types import Quad


def line(text: str, columns: Iterable[int] | None = None, cells: float | None = None, score: float = 0.5) -> Line:
    at = tuple(columns if columns is not None else range(1, 2 * len(text), 2))
    width = 2.0 * len(text) + 1 if cells is None else cells
    return Line(text, score, tuple(text), at, (score,) * len(text), width)


def box(left: int, top: int, width: int, height: int) -> Quad:
    right, bottom = left + width, top + height
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.int16)


def turned(quad: Quad, degrees: float) -> Quad:
    """A quad turned clockwise about its middle."""
    center = quad.astype(float).mean(axis=0)
    angle = np.deg2rad(degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    tilted: Quad = np.rint((quad - center) @ matrix.T + center).astype(np.int16)
    return tilted


def extent(polygon: NDArray[np.float32], axis: int = 0) -> tuple[float, float]:
    """From where to where, to a hundredth of a pixel."""
    return round(float(polygon[:, axis].min()), 2), round(float(polygon[:, axis].max()), 2)


def is_near(polygon: NDArray[np.float32], corners: Iterable[Iterable[float]]) -> bool:
    return np.allclose(polygon, np.array(corners), rtol=0, atol=0.01)


class TestSegments:
    """UAX #29, no cluster split, runs of scripts without spaces kept together."""

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Hello, world!", ["Hello", ",", "world", "!"]),
            ("can't l’homme", ["can't", "l’homme"]),
            ("1,234.50 EUR (19%)", ["1,234.50", "EUR", "(", "19", "%", ")"]),
            ("VGG-16", ["VGG", "-", "16"]),
            ("Ünïcödé e\u0301té", ["Ünïcödé", "e\u0301té"]),
            ("Привет, мир", ["Привет", ",", "мир"]),
            ("Καλημέρα κόσμε", ["Καλημέρα", "κόσμε"]),
            ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
            ("שלום, עולם", ["שלום", ",", "עולם"]),
            ("हिन्दी क्षत्रिय", ["हिन्दी", "क्षत्रिय"]),
            ("தமிழ் மொழி", ["தமிழ்", "மொழி"]),
            ("తెలుగు భాష", ["తెలుగు", "భాష"]),
            ("한국어 단어", ["한국어", "단어"]),
            ("你好 world", ["你", "好", "world"]),
            ("ひらカタカナ漢字", ["ひ", "ら", "カタカナ", "漢", "字"]),
            ("🇩🇪🇬🇧👨‍👩‍👧", ["🇩🇪", "🇬🇧", "👨‍👩‍👧"]),
        ],
    )
    def test_scripts(self, text: str, words: list[str]) -> None:
        assert [text[start:end] for start, end in segments(text)] == words

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("สวัสดีครับ ทำน้ำ", ["สวัสดีครับ", "ทำน้ำ"]),
            ("ສະບາຍດີ 12", ["ສະບາຍດີ", "12"]),
            ("ខ្ញុំ ស្រលាញ់", ["ខ្ញុំ", "ស្រលាញ់"]),
            ("မြန်မာ", ["မြန်မာ"]),
            ("ไทยabcไทย", ["ไทย", "abc", "ไทย"]),
        ],
    )
    def test_scripts_that_put_no_space_between_words(self, text: str, words: list[str]) -> None:
        assert [text[start:end] for start, end in segments(text)] == words

    @pytest.mark.parametrize("text", ["", " ", "   ", "\u3000\u00a0", "\u200b", "\t\n"])
    def test_spaces_are_no_words(self, text: str) -> None:
        assert list(segments(text)) == []

    @given(st.text(max_size=30) | st.text("กำน้ครທຳ ab你1.,\u0301\u200d", max_size=30))
    def test_words_are_whole_clusters_and_leave_out_only_spaces(self, text: str) -> None:
        def is_space(character: str) -> bool:
            return character.isspace() or character == "\u200b" or unicodedata.category(character) == "Cc"

        spans = list(segments(text))
        between = [*text]
        for start, end in spans:
            between[start:end] = " " * (end - start)
            assert not is_space(text[start])
            assert not is_space(text[end - 1])
        assert all(is_space(character) for character in between)
        clusters = {cluster.start() for cluster in regex.finditer(r"\X", text)} | {len(text)}
        assert all(start in clusters or is_space(text[start - 1]) for start, _ in spans)
        assert all(end in clusters or is_space(text[end]) for _, end in spans)


class TestPlace:
    """Polygons follow the quad: its tilt, its turn, its direction."""

    def test_edges_of_a_level_line(self) -> None:
        """A column is 20 pixels and a character two columns, around the middle of its own; so is the space."""
        ab, cd = words_of(line("ab cd"), box(100, 10, 220, 30))
        assert [ab.text, cd.text] == ["ab", "cd"]
        assert is_near(ab.polygon, [[110, 10], [190, 10], [190, 40], [110, 40]])
        assert is_near(cd.polygon, [[230, 10], [310, 10], [310, 40], [230, 40]])
        assert ab.polygon.dtype == np.float32

    def test_neighbours_without_space_meet_midway(self) -> None:
        one, comma = words_of(line("a,", [2, 6], cells=10), box(0, 0, 100, 20))
        assert extent(one.polygon) == (5, 45)
        assert extent(comma.polygon) == (45, 85)

    def test_an_ideograph_takes_two_thirds_of_the_distance_to_a_letter(self) -> None:
        wide, narrow = words_of(line("你a", [2, 5], cells=10), box(0, 0, 100, 20))
        assert extent(wide.polygon)[1] == pytest.approx(45) == extent(narrow.polygon)[0]

    def test_a_wide_gap_belongs_to_no_word(self) -> None:
        ab, cd = words_of(line("ab cd", [1, 3, 20, 38, 40], cells=42), box(0, 0, 420, 20))
        assert extent(ab.polygon)[1] < 100
        assert extent(cd.polygon)[0] > 320

    def test_the_padding_of_the_batch_is_no_part_of_the_line(self) -> None:
        (narrow,) = words_of(line("ab", [1, 3], cells=5), box(0, 0, 100, 20))
        (padded,) = words_of(line("ab", [1, 3], cells=10), box(0, 0, 100, 20))
        assert extent(narrow.polygon)[1] == 2 * extent(padded.polygon)[1]

    def test_a_single_character_spans_the_line(self) -> None:
        (word,) = words_of(line("a", [5], cells=11), box(10, 20, 40, 30))
        assert is_near(word.polygon, box(10, 20, 40, 30))

    def test_a_mark_has_no_width_of_its_own(self) -> None:
        (word,) = words_of(line("e\u0301", [3, 4], cells=8), box(0, 0, 80, 20))
        left, right = extent(word.polygon)
        assert left < 35
        assert right >= 45

    @pytest.mark.parametrize("degrees", [-40, -7, 7, 40])
    def test_tilted_lines_have_tilted_words(self, degrees: float) -> None:
        quad = turned(box(300, 300, 400, 60), degrees)
        first, _ = words_of(line("ab cd"), quad)
        along = (quad[1] - quad[0]).astype(float)
        np.testing.assert_allclose(first.polygon[0], quad[0] + along * 0.5 / 11, atol=1.5)
        np.testing.assert_allclose(first.polygon[1], quad[0] + along * 4.5 / 11, atol=1.5)
        np.testing.assert_allclose(first.polygon[2], quad[3] + along * 4.5 / 11, atol=1.5)

    def test_flipped_lines_begin_at_the_right(self) -> None:
        first, last = words_of(line("ab cd"), box(0, 0, 220, 30), flipped=True)
        assert extent(first.polygon) == (130, 210)
        assert extent(last.polygon) == (10, 90)
        assert is_near(first.polygon, [[130, 0], [210, 0], [210, 30], [130, 30]])

    def test_tall_lines_run_down(self) -> None:
        first, last = words_of(line("ab cd"), box(10, 0, 30, 220))
        assert is_near(first.polygon, [[10, 10], [40, 10], [40, 90], [10, 90]])
        assert extent(last.polygon, 1) == (130, 210)

    def test_flipped_tall_lines_run_up(self) -> None:
        first, last = words_of(line("ab cd"), box(10, 0, 30, 220), flipped=True)
        assert extent(first.polygon, 1) == (130, 210)
        assert extent(last.polygon, 1) == (10, 90)

    def test_who_turned_the_crop_can_say_so(self) -> None:
        first, _ = words_of(line("ab cd"), box(0, 0, 220, 220), turned=True)
        assert extent(first.polygon, 1) == (10, 90)
        first, _ = words_of(line("ab cd"), box(0, 0, 30, 220), turned=False)
        assert extent(first.polygon, 1) == (0, 220)

    @pytest.mark.parametrize("shift", range(4))
    def test_whichever_corner_comes_first(self, shift: int) -> None:
        """The crop begins at the corner that is top left on the page, not at the first one."""
        quad = np.roll(box(0, 0, 220, 30), shift, axis=0)
        first, _ = words_of(line("ab cd"), quad)
        assert extent(first.polygon) == (10, 90)
        assert is_near(np.roll(first.polygon, -shift, axis=0), [[10, 0], [90, 0], [90, 30], [10, 30]])

    def test_a_line_that_fills_its_quad_gives_the_quad(self) -> None:
        quad = np.array([[10, 10], [210, 30], [205, 70], [8, 52]], np.int16)
        (word,) = words_of(line("a", [5], cells=11), quad)
        np.testing.assert_allclose(word.polygon, quad, atol=1e-3)

    @pytest.mark.parametrize("quad", [box(0, 0, 0, 30), box(0, 0, 30, 0), box(7, 7, 0, 0)], ids=str)
    def test_a_quad_without_area_has_words_without_area(self, quad: Quad) -> None:
        first, _ = words_of(line("ab cd"), quad)
        assert np.isfinite(first.polygon).all()
        assert cv2.contourArea(first.polygon) == 0

    @given(
        st.lists(st.tuples(st.sampled_from("ab 你,é\u0301"), st.integers(1, 9)), min_size=1, max_size=20),
        st.floats(0.5, 1.5),
        st.tuples(st.integers(20, 400), st.integers(5, 80), st.integers(-60, 60)),
        st.booleans(),
    )
    def test_within_the_quad_and_one_after_another(
        self, read: list[tuple[str, int]], filled: float, shape: tuple[int, int, int], flipped: bool
    ) -> None:
        columns = np.cumsum([step for _, step in read]).tolist()
        quad = turned(box(500, 500, shape[0], shape[1]), shape[2])
        text = "".join(character for character, _ in read)
        words = words_of(line(text, columns, cells=(columns[-1] + 1) * filled), quad, turned=False, flipped=flipped)
        outline = quad.astype(np.float32)
        for word in words:
            for corner in word.polygon:
                assert cv2.pointPolygonTest(outline, (float(corner[0]), float(corner[1])), measureDist=True) >= -0.02
        middles = [word.polygon.mean(axis=0) for word in words]
        along = (quad[1] - quad[0]).astype(float) * (-1 if flipped else 1)
        if abs(shape[2]) < 45 and shape[0] > 2 * shape[1]:
            steps = [float((after - before) @ along) for before, after in itertools.pairwise(middles)]
            assert all(step >= -0.1 * np.linalg.norm(along) for step in steps)


def _ink(page: NDArray[np.uint8], color: tuple[int, int, int]) -> NDArray[np.float64]:
    rows, columns = (page == color).all(axis=2).nonzero()
    return np.array([columns.mean(), rows.mean()])


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize(("size", "degrees"), [((240, 40), 0), ((240, 40), 20), ((40, 240), 0), ((40, 240), 12)])
def test_columns_of_the_crop_are_found_again_on_the_page(size: tuple[int, int], degrees: float, flipped: bool) -> None:
    """Two marks are painted into the page; where the crop shows them, the words are, and on the page again."""
    quad = turned(box(200, 200, *size), degrees)
    page = np.full((640, 640, 3), 255, np.uint8)
    colors = [(200, 0, 0), (0, 0, 200)]
    middle = quad.astype(float).mean(axis=0)
    towards = (
        (quad[1] + quad[2] - quad[0] - quad[3]) / 2
        if size[0] > size[1]
        else (quad[3] + quad[2] - quad[0] - quad[1]) / 2
    )
    for color, side in zip(colors, (-0.3, 0.2), strict=True):
        cv2.circle(page, np.rint(middle + side * towards).astype(int).tolist(), 6, color, -1)
    cut = crop(page, quad)
    assert cut is not None
    seen = cut[::-1, ::-1] if flipped else cut
    hue = seen.astype(int)
    where = {
        color: float(np.nonzero((hue[:, :, channel] - hue[:, :, 2 - channel]) > 100)[1].mean())
        for color, channel in zip(colors, (0, 2), strict=True)
    }
    order = sorted(colors, key=lambda color: where[color])
    cells = 60.0
    columns = [int(where[color] / seen.shape[1] * cells) for color in order]
    read = Line(
        "a b", 1.0, ("a", " ", "b"), (columns[0], (columns[0] + columns[1]) // 2, columns[1]), (1.0,) * 3, cells
    )
    for word, color in zip(words_of(read, quad, flipped=flipped), order, strict=True):
        ink = _ink(page, color)
        assert cv2.pointPolygonTest(word.polygon, (float(ink[0]), float(ink[1])), measureDist=False) > 0


class TestScoresAndOrder:
    """What else a word has."""

    def test_the_score_is_the_mean_of_its_characters(self) -> None:
        read = Line("ab c", 0.6, tuple("ab c"), (1, 3, 5, 7), (0.9, 0.7, 0.1, 0.3), 9.0)
        assert [word.score for word in words_of(read, box(0, 0, 90, 20))] == [pytest.approx(0.8), pytest.approx(0.3)]

    def test_an_entry_of_several_code_points_is_at_one_column(self) -> None:
        read = Line("🇩🇪 a", 1.0, ("🇩🇪", " ", "a"), (1, 4, 7), (1.0, 0.5, 0.25), 10.0)
        flag, letter = words_of(read, box(0, 0, 100, 20))
        assert (flag.text, flag.score) == ("🇩🇪", 1.0)
        assert extent(flag.polygon)[1] <= extent(letter.polygon)[0]

    def test_right_to_left_words_are_in_logical_order_at_their_positions(self) -> None:
        """On the page, from the left: a number of two digits, a space, a word of three letters."""
        shown = Line("12 גבא", 1.0, tuple("12 גבא"), (1, 3, 5, 7, 9, 11), (1.0, 1.0, 1.0, 0.5, 0.5, 0.5), 13.0)
        word, number = words_of(in_logical_order(shown), box(0, 0, 130, 20))
        assert (word.text, number.text) == ("אבג", "12")
        assert extent(word.polygon) == (65, 125)
        assert extent(number.polygon) == (5, 45)
        assert (word.score, number.score) == (0.5, 1.0)

    @pytest.mark.parametrize("read", [Line("", 0.0), Line("", 0.0, cells=40.0), Line("told by nobody", 0.9)])
    def test_a_line_that_does_not_say_where_has_no_words(self, read: Line) -> None:
        assert words_of(read, box(0, 0, 100, 20)) == []
