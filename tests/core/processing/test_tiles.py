"""Pages beyond the network's largest input: which are read in tiles, and how the tiles' maps become one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrzoo.processing.detection import DetectionParams, Regions
from ocrzoo.processing.tiles import (
    OVERLAP,
    SIDE,
    Span,
    full_size,
    is_scaled,
    loses_text,
    put,
    side_within,
    spans,
    tiles,
    together,
)
from ocrzoo.types import Quad


def box(left: int, top: int, right: int, bottom: int) -> Quad:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.int16)


class TestWhichPages:
    """Those on which PaddleX's scaling loses text, and no others."""

    @pytest.mark.parametrize(
        ("page", "lost"),
        [
            ((3508, 2480), False),  # A4 at 300 dpi is not scaled
            ((3024, 4032), False),  # a photo of 12 megapixels: by 0.99
            ((4960, 7016), False),  # A4 at 600 dpi: letters are as large as at 340 dpi
            ((6120, 8160), False),  # a photo of 50 megapixels
            ((26000, 700), True),  # a screenshot
            ((8000, 1280), True),
            ((9000, 720), True),  # a receipt
            ((1440, 7680), True),  # three screens beside each other
            ((12000, 16000), True),  # a plan: scaled by 0.25
            ((56, 4500), True),  # a line: enlarged to 64 pixels first, so it is scaled by 0.78
            ((40, 3300), True),
            ((40, 2000), False),
            ((2, 30000), False),  # no text fits
            ((30, 30), False),
        ],
    )
    def test_by_default(self, page: tuple[int, int], lost: bool) -> None:
        assert loses_text(*page, DetectionParams()) is lost

    @pytest.mark.parametrize(
        "params",
        [
            {"paddlex_quirks": True},
            {"max_side_limit": 1500},
            {"limit_type": "max", "limit_side_len": 960},
            {"input_shape": (3, 640, 640)},
        ],
    )
    def test_a_limit_that_was_chosen_holds(self, params: dict[str, Any]) -> None:
        chosen = DetectionParams(**params)
        assert not loses_text(26000, 700, chosen)
        assert not is_scaled(26000, 700, chosen)


class TestTiles:
    """Tiles of bounded size cover a page, and each pixel's probability comes from one of them."""

    @given(st.integers(1, 40_000))
    def test_each_pixel_is_used_once_and_seen_with_its_surroundings(self, length: int) -> None:
        found = spans(length)
        assert [one.first for one in found] == [0, *(one.last for one in found[:-1])]
        assert found[-1].last == length
        for one in found:
            assert 0 < one.stop - one.start <= SIDE
            assert one.start == 0 or one.first - one.start >= OVERLAP // 2
            assert one.stop == length or one.stop - one.last >= OVERLAP // 2

    def test_no_more_tiles_than_needed(self) -> None:
        assert len(spans(SIDE)) == 1
        assert len(spans(SIDE + 1)) == 2
        assert len(spans(2 * SIDE - OVERLAP)) == 2

    def test_maps_are_put_where_the_tiles_were(self) -> None:
        page = np.random.default_rng(1).integers(0, 256, (70, 5000, 3), dtype=np.uint8)
        joined = np.zeros(page.shape[:2], np.uint8)
        for batch, rows, columns in tiles(page):
            assert all(side % 32 == 0 and side <= SIDE for side in batch.shape[2:])
            put(joined, batch[0, 0] * np.float32(0.229) + np.float32(0.485), rows, columns)  # undoes the normalization
        np.testing.assert_array_equal(joined, page[:, :, 0])

    def test_only_what_is_used_of_a_map_is_put(self) -> None:
        joined = np.zeros((10, 10), np.uint8)
        put(joined, np.ones((10, 8), np.float32), Span(0, 10, 2, 10), Span(2, 10, 4, 9))
        assert (joined[2:, 4:9] == 255).all()
        assert joined.sum() == 8 * 5 * 255

    def test_a_strip_is_enlarged_as_the_limit_asks_but_not_without_bound(self) -> None:
        params = DetectionParams()
        assert full_size(np.zeros((32, 3000, 3), np.uint8), params).shape == (64, 6000, 3)
        assert full_size(np.zeros((8, 150_000, 3), np.uint8), params).shape == (8, 150_000, 3)
        page = np.zeros((700, 5000, 3), np.uint8)
        assert full_size(page, params) is page


class TestTogether:
    """The scaled page adds the letters that are too large for tiles."""

    def together(self, scaled: list[Quad], tiled: list[Quad]) -> list[list[int]]:
        found = together(Regions(scaled, [0.5] * len(scaled)), Regions(tiled, [0.9] * len(tiled)), 6000, 9000)
        assert len(found.quads) == len(found.scores)
        return [quad.ravel().tolist() for quad in found.quads]

    def test_a_line_that_both_found_is_the_tiles(self) -> None:
        line = box(100, 100, 900, 140)
        assert self.together([box(96, 98, 905, 143)], [line]) == [line.ravel().tolist()]

    def test_a_blur_of_several_lines_is_left_out(self) -> None:
        lines = [box(100, top, 900, top + 30) for top in range(100, 400, 40)]
        assert self.together([box(90, 90, 910, 420)], lines) == [line.ravel().tolist() for line in lines]

    def test_letters_too_large_for_tiles_are_added_without_their_fragments(self) -> None:
        headline, fragment, line = box(0, 0, 9000, 3000), box(400, 500, 700, 900), box(100, 5000, 900, 5040)
        assert self.together([headline], [fragment, line]) == [line.ravel().tolist(), headline.ravel().tolist()]

    def test_nothing_in_tiles(self) -> None:
        headline = box(0, 0, 9000, 3000)
        assert self.together([headline], []) == [headline.ravel().tolist()]


@pytest.mark.parametrize(
    ("pixels", "side"), [(None, SIDE), (1 << 30, SIDE), (1024 * 1024, 1024), (1_000_000, 992), (1, 512)]
)
def test_tiles_are_no_larger_than_asked_but_larger_than_their_overlap(pixels: int | None, side: int) -> None:
    assert side_within(pixels) == side


def test_small_tiles_cover_a_page() -> None:
    parts = spans(3520, 512)
    assert [part.first for part in parts[1:]] == [part.last for part in parts[:-1]]
    assert (parts[0].first, parts[-1].last) == (0, 3520)
    assert all(part.stop - part.start == 512 for part in parts)
