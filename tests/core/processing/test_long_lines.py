"""Lines longer than the network takes: pieces, and how their readings are joined."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrzoo.processing.long_lines import OVERLAP, PIECE, SQUEEZED, Piece, join, pieces
from ocrzoo.processing.recognition import MAX_WIDTH, Line
from ocrzoo.text.words import words_of
from ocrzoo.types import Image

COLUMN = 8
"""Pixels of a network's column."""
LETTER = 24
"""Pixels from letter to letter."""


def blank(height: int, width: int) -> Image:
    return np.zeros((height, width, 3), np.uint8)


def reading(text: str, piece: Piece, scale: float = 1.0) -> Line:
    """What a network reads of a piece of a line of letters that are 24 pixels apart, at a height of 48 pixels."""
    width = piece.image.shape[1] * scale
    start = piece.start * scale
    seen = [(one, index * LETTER + 12 - start) for index, one in enumerate(text)]
    kept = [(one, place) for one, place in seen if 0 <= place < width]
    return Line(
        "".join(one for one, _ in kept),
        0.9,
        tuple(one for one, _ in kept),
        tuple(int(place / COLUMN) for _, place in kept),
        (0.9,) * len(kept),
        width / COLUMN,
    )


class TestPieces:
    """Long lines are cut, others are not."""

    @pytest.mark.parametrize(("height", "width"), [(48, 320), (48, 3200), (48, 3500), (24, 1700), (1, 1)])
    def test_a_line_that_fits_or_nearly_fits_is_one_piece(self, height: int, width: int) -> None:
        crop = blank(height, width)
        (piece,) = pieces(crop)
        assert piece.image is crop
        assert piece.start == 0

    @given(st.integers(1, 100), st.integers(1, 30_000))
    def test_pieces_cover_a_line_overlap_and_are_bounded(self, height: int, width: int) -> None:
        cut = pieces(blank(height, width))
        scale = 48 / height
        assert cut[0].start == 0
        assert cut[-1].start + cut[-1].image.shape[1] == width
        assert (len(cut) > 1) == (width * scale > SQUEEZED * MAX_WIDTH)
        for before, after in itertools.pairwise(cut):
            assert before.image.shape == after.image.shape
            assert (before.start + before.image.shape[1] - after.start) * scale >= OVERLAP - scale * len(cut)
            assert before.image.shape[1] * scale <= PIECE + scale


class TestJoin:
    """Each character is in the line once, where it is in the picture."""

    @pytest.mark.parametrize("height", [24, 48, 61])
    def test_every_character_once_and_in_its_column(self, height: int) -> None:
        text = "the ferry leaves the harbour at noon and comes back before the evening tide turns " * 3
        scale = 48 / height
        cut = pieces(blank(height, round(len(text) * LETTER / scale)))
        assert len(cut) > 2
        line = join([reading(text, piece, scale) for piece in cut], cut)
        assert line.text == text
        assert "".join(line.entries) == text
        assert line.score == pytest.approx(0.9)
        assert len(line.probabilities) == len(text)
        middles = (np.array(line.columns) + 0.5) / line.cells * len(text) * LETTER
        np.testing.assert_allclose(middles, np.arange(len(text)) * LETTER + 12, atol=1.5 * COLUMN)

    def test_words_are_where_they_are(self) -> None:
        text = "ab " * 100
        cut = pieces(blank(48, len(text) * LETTER))
        line = join([reading(text, piece) for piece in cut], cut)
        quad = np.array([[10, 20], [10 + len(text) * LETTER, 20], [10 + len(text) * LETTER, 68], [10, 68]], np.int16)
        words = words_of(line, quad)
        assert [word.text for word in words] == ["ab"] * 100
        lefts = [float(word.polygon[0, 0]) for word in words]
        np.testing.assert_allclose(lefts, 10 + np.arange(100) * 3 * LETTER, atol=2 * COLUMN)

    def test_a_character_cut_in_two_is_not_joined_at(self) -> None:
        """At its end the first piece misreads what it sees half of, and so does the second at its start."""
        text = "0123456789" * 16
        cut = pieces(blank(48, len(text) * LETTER))
        read = [reading(text, piece) for piece in cut]
        spoiled = [
            Line(one.text, 0.9, ("?", *one.entries[1:-1], "?"), one.columns, one.probabilities, one.cells)
            for one in read
        ]
        assert join(spoiled, cut).text == f"?{text[1:-1]}?"

    def test_pieces_that_agree_on_nothing_are_joined_in_the_middle(self) -> None:
        cut = [Piece(blank(48, 1000), 0), Piece(blank(48, 1000), 700)]
        first, second = reading("a" * 100, cut[0]), reading("b" * 100, cut[1])
        line = join([first, second], cut)
        assert line.text == line.text.count("a") * "a" + line.text.count("b") * "b"
        assert line.text.count("a") == pytest.approx(850 / LETTER, abs=1)

    def test_a_blank_piece(self) -> None:
        cut = [Piece(blank(48, 1000), 0), Piece(blank(48, 1000), 700)]
        empty = Line("", 0.0, cells=125.0)
        assert join([empty, empty], cut) == Line("", 0.0, (), (), (), 212.5)
        unsure = [Line("", 0.0, cells=125.0, margin=0.5), Line("", 0.0, cells=125.0, margin=0.25)]
        assert join(unsure, cut).margin == 0.25
        for read in ([empty, reading("a" * 100, cut[1])], [reading("a" * 100, cut[0]), empty]):
            assert join(read, cut).text == read[0].text + read[1].text
