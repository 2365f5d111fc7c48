"""The detection task: input sizes, normalization, and quads out of probability maps."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ocrzoo.processing import detection
from ocrzoo.processing.detection import DetectionParams, input_size, postprocess, preprocess
from ocrzoo.types import Quad

Map = NDArray[np.float32]
NO_LIMIT = DetectionParams(limit_side_len=1)


def blank_map(height: int = 100, width: int = 200) -> Map:
    return np.zeros((height, width), np.float32)


def map_with(*regions: tuple[int, int, int, int], value: float = 0.9, height: int = 100, width: int = 200) -> Map:
    """A map with regions (top, bottom, left, right), the last row and column not included."""
    probability = blank_map(height, width)
    for top, bottom, left, right in regions:
        probability[top:bottom, left:right] = value
    return probability


def found(probability: Map, **params: Any) -> tuple[list[Quad], list[float]]:
    """Quads on a page of the map's own size."""
    regions = postprocess(probability, probability.shape[0], probability.shape[1], DetectionParams(**params))
    return regions.quads, regions.scores


class TestInputSize:
    """Sides are scaled to the limit, capped, and rounded to multiples of 32."""

    @pytest.mark.parametrize(
        ("page", "params", "size"),
        [
            ((100, 200), {}, (96, 192)),
            ((736, 1280), {}, (736, 1280)),
            ((32, 100), {}, (64, 192)),
            ((10, 10), {}, (64, 64)),
            ((100, 50), {"limit_type": "min", "limit_side_len": 736}, (1472, 736)),
            ((1000, 500), {"limit_type": "max", "limit_side_len": 960}, (960, 480)),
            ((100, 50), {"limit_type": "max", "limit_side_len": 960}, (96, 64)),
            ((100, 50), {"limit_type": "resize_long", "limit_side_len": 960}, (960, 480)),
            ((2000, 1000), {"limit_type": "resize_long", "limit_side_len": 960}, (960, 480)),
            ((2000, 1000), {"input_shape": (3, 320, 640), "max_side_limit": 100}, (320, 640)),
        ],
    )
    def test_limits(self, page: tuple[int, int], params: dict[str, Any], size: tuple[int, int]) -> None:
        assert input_size(*page, DetectionParams(**params)) == size

    @pytest.mark.parametrize(
        ("side", "rounded"),
        [(47, 32), (48, 64), (80, 64), (112, 128), (144, 128), (176, 192), (79, 64), (81, 96), (15, 32), (1, 32)],
    )
    def test_halves_are_rounded_to_even_multiples_of_32_and_none_is_less(self, side: int, rounded: int) -> None:
        assert input_size(side, 320, NO_LIMIT) == (rounded, 320)

    def test_scaled_sides_lose_their_fraction_before_they_are_rounded(self) -> None:
        """335 * 64 / 50 is 428.8; of 428 / 32 = 13.375, 13 is left; 303 * 64 / 54 is 359.1, 359 / 32 = 11.2."""
        assert input_size(50, 335, DetectionParams()) == (64, 416)
        assert input_size(54, 303, DetectionParams()) == (64, 352)

    @pytest.mark.parametrize(
        ("page", "size"),
        [
            ((8000, 1000), (4000, 512)),
            ((5000, 5000), (4000, 4000)),
            ((4000, 4000), (4000, 4000)),
            ((4001, 32), (4000, 32)),
        ],
    )
    def test_no_side_is_longer_than_the_largest(self, page: tuple[int, int], size: tuple[int, int]) -> None:
        assert input_size(*page, DetectionParams()) == size

    @given(
        st.integers(1, 20_000),
        st.integers(1, 20_000),
        st.sampled_from(["min", "max", "resize_long"]),
        st.integers(1, 5_000),
        st.integers(32, 5_000),
    )
    def test_always_multiples_of_32_and_bounded(
        self, height: int, width: int, limit_type: Any, limit: int, largest: int
    ) -> None:
        params = DetectionParams(limit_side_len=limit, limit_type=limit_type, max_side_limit=largest)
        for side in input_size(height, width, params):
            assert side % 32 == 0
            assert 32 <= side <= max(round(largest / 32) * 32, 32)


class TestPreprocess:
    """The network's input."""

    def test_channels_keep_their_order_and_are_normalized_as_imagenet(self) -> None:
        """(0 / 255 - 0.485) / 0.229; (128 / 255 - 0.456) / 0.224; (255 / 255 - 0.406) / 0.225."""
        planes = preprocess(np.full((64, 96, 3), (0, 128, 255), np.uint8), DetectionParams())
        assert planes.shape == (1, 3, 64, 96)
        assert planes.dtype == np.float32
        for channel, value in enumerate((-2.1179039, 0.2051821, 2.64)):
            np.testing.assert_allclose(planes[0, channel], value, atol=1e-6)

    def test_pixels_stay_where_they_are(self) -> None:
        page = np.random.default_rng(2).integers(0, 256, (64, 96, 3), dtype=np.uint8)
        planes = preprocess(page, DetectionParams())[0]
        mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
        np.testing.assert_allclose(planes, ((page / 255 - mean) / std).transpose(2, 0, 1), atol=1e-5)

    def test_pages_are_scaled_linearly(self) -> None:
        page = np.random.default_rng(3).integers(0, 256, (100, 150, 3), dtype=np.uint8)
        scaled = np.asarray(cv2.resize(page, (160, 96), interpolation=cv2.INTER_LINEAR), np.uint8)
        np.testing.assert_array_equal(preprocess(page, DetectionParams()), preprocess(scaled, DetectionParams()))

    def test_a_tiny_page_is_padded_with_black_below_and_to_the_right(self) -> None:
        planes = preprocess(np.full((20, 30, 3), 255, np.uint8), NO_LIMIT)
        assert planes.shape == (1, 3, 32, 32)
        white, black = (1 - 0.485) / 0.229, -0.485 / 0.229
        np.testing.assert_allclose(planes[0, 0, :20, :30], white, atol=1e-5)
        np.testing.assert_allclose(planes[0, 0, 20:], black, atol=1e-5)
        np.testing.assert_allclose(planes[0, 0, :, 30:], black, atol=1e-5)

    def test_a_page_whose_sides_add_up_to_64_is_not(self) -> None:
        planes = preprocess(np.full((30, 34, 3), 255, np.uint8), NO_LIMIT)
        np.testing.assert_allclose(planes[0, 0], (1 - 0.485) / 0.229, atol=1e-5)

    @pytest.mark.parametrize("shape", [(1, 1), (1, 62), (62, 1), (1, 5000)])
    def test_the_narrowest_pages_go_through(self, shape: tuple[int, int]) -> None:
        planes = preprocess(np.zeros((*shape, 3), np.uint8), DetectionParams())
        assert all(side % 32 == 0 and side > 0 for side in planes.shape[2:])


class TestPostprocess:
    """Differentiable binarization: regions of a map become quads."""

    def test_a_region_grows_by_area_times_ratio_over_perimeter(self) -> None:
        """The outline is 99 x 19 pixels: 99 * 19 * 1.5 / (2 * (99 + 19)) = 11.96."""
        quads, scores = found(map_with((40, 60, 50, 150)))
        assert len(quads) == 1
        np.testing.assert_allclose(quads[0], [[38, 28], [161, 28], [161, 71], [38, 71]], atol=1)
        assert quads[0].dtype == np.int16
        assert scores == [pytest.approx(0.9)]

    def test_a_higher_ratio_grows_more_and_none_does_not_grow(self) -> None:
        probability = map_with((40, 60, 50, 150))
        widths = [np.ptp(found(probability, unclip_ratio=ratio)[0][0][:, 0]) for ratio in (0.0, 1.0, 1.5, 2.0)]
        assert widths[0] == 99
        assert widths == sorted(set(widths))

    def test_a_pixel_must_be_above_the_threshold(self) -> None:
        probability = map_with((40, 60, 50, 150), value=0.75)
        assert len(found(probability, thresh=0.5)[0]) == 1
        assert found(probability, thresh=0.75) == ([], [])

    def test_a_threshold_of_zero_is_a_threshold(self) -> None:
        faint = map_with((40, 60, 50, 150), value=0.01)
        assert len(found(faint, thresh=0, box_thresh=0)[0]) == 1

    def test_a_region_must_reach_the_box_threshold(self) -> None:
        probability = map_with((40, 60, 50, 150), value=0.75)
        assert len(found(probability, box_thresh=0.75)[0]) == 1
        assert found(probability, box_thresh=0.76) == ([], [])

    def test_the_score_is_the_mean_over_the_region(self) -> None:
        probability = blank_map()
        probability[40:60, 50:150] = np.random.default_rng(4).uniform(0.6, 1, (20, 100))
        _, scores = found(probability)
        assert scores == [pytest.approx(float(probability[40:60, 50:150].mean()), abs=1e-6)]

    def test_the_score_of_a_tilted_region_counts_its_own_pixels_only(self) -> None:
        probability = blank_map(200, 200)
        corners = np.array([[40, 60], [150, 100], [140, 130], [30, 90]], np.int32)
        cv2.fillPoly(probability, [corners], (0.9,))
        _, scores = found(probability)
        assert scores == [pytest.approx(0.9, abs=0.06)]

    def test_an_outline_is_one_region_and_its_hole_another(self) -> None:
        frame = map_with((20, 80, 30, 170))
        frame[30:70, 40:160] = 0
        assert len(found(frame, box_thresh=0)[0]) == 2
        assert found(frame)[0] == []
        frame[30:70, 40:160] = 0.29
        assert found(frame)[0] == []

    @pytest.mark.parametrize(("rows", "count"), [(3, 0), (4, 1)])
    def test_regions_narrower_than_three_pixels_are_dropped(self, rows: int, count: int) -> None:
        assert len(found(map_with((40, 40 + rows, 50, 150)))[0]) == count

    @pytest.mark.parametrize(("rows", "count"), [(5, 0), (6, 1)])
    def test_regions_narrower_than_five_pixels_after_growing_are_dropped(self, rows: int, count: int) -> None:
        assert len(found(map_with((40, 40 + rows, 50, 150)), unclip_ratio=0)[0]) == count

    def test_quads_are_scaled_to_the_page(self) -> None:
        probability = map_with((40, 60, 50, 150))
        (own,), _ = found(probability)
        (scaled,) = postprocess(probability, 300, 400, DetectionParams()).quads
        np.testing.assert_allclose(scaled, own * np.array([2, 3]), atol=3)

    def test_quads_end_at_the_edges_of_the_page(self) -> None:
        quads, _ = found(map_with((0, 20, 0, 100), (80, 100, 120, 200)))
        np.testing.assert_array_equal(quads[-1][0], [0, 0])
        np.testing.assert_array_equal(quads[0][2], [200, 100])

    def test_a_tilted_region_keeps_its_tilt_and_the_order_of_its_corners(self) -> None:
        probability = blank_map(200, 300)
        cv2.fillPoly(probability, [np.array([[50, 50], [250, 120], [240, 148], [40, 78]], np.int32)], (0.9,))
        (quad,), _ = found(probability)
        top_left, top_right, bottom_right, bottom_left = quad.astype(int)
        assert top_left[0] < top_right[0]
        assert bottom_left[0] < bottom_right[0]
        assert top_left[1] < bottom_left[1]
        assert top_right[1] < bottom_right[1]
        slope = (top_right[1] - top_left[1]) / (top_right[0] - top_left[0])
        assert slope == pytest.approx(70 / 200, abs=0.02)

    def test_no_region_is_dropped_but_in_paddlex_that_loses_the_top_of_a_page(self) -> None:
        probability = map_with((10, 20, 20, 180), (45, 55, 20, 180), (80, 90, 20, 180))
        assert len(found(probability, max_candidates=2)[0]) == 3
        kept, _ = found(probability, max_candidates=2, paddlex_quirks=True)
        assert [int(quad[:, 1].min()) > 30 for quad in kept] == [True, True]

    def test_beyond_the_bound_of_work_the_top_of_a_page_is_kept_and_the_rest_counted(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(detection, "MAX_REGIONS", 2)
        probability = map_with((10, 20, 20, 180), (45, 55, 20, 180), (80, 90, 20, 180))
        regions = postprocess(probability, 100, 200, DetectionParams())
        assert [int(quad[:, 1].max()) < 70 for quad in regions.quads] == [True, True]
        assert regions.left_out == 1

    def test_a_map_of_bytes_has_the_same_regions(self) -> None:
        probability = map_with((10, 30, 20, 180), (60, 80, 20, 100), value=0.8)
        quads, scores = found(probability)
        regions = postprocess(np.rint(probability * 255).astype(np.uint8), 100, 200, DetectionParams())
        np.testing.assert_array_equal(regions.quads, quads)
        assert regions.scores == pytest.approx(scores, abs=1 / 255)

    def test_nothing_found(self) -> None:
        assert found(blank_map()) == ([], [])

    @given(st.integers(0, 2**32 - 1))
    def test_whatever_the_map_quads_lie_on_the_page(self, seed: int) -> None:
        rough = np.random.default_rng(seed).uniform(0, 1, (8, 12)).astype(np.float32)
        probability = np.asarray(cv2.resize(rough, (192, 128), interpolation=cv2.INTER_CUBIC), np.float32)
        regions = postprocess(probability, 101, 333, DetectionParams(box_thresh=0.3))
        quads, scores = regions.quads, regions.scores
        assert len(quads) == len(scores)
        for quad in quads:
            assert quad.shape == (4, 2)
            assert (quad >= 0).all()
            assert (quad <= (333, 101)).all()
        assert all(score >= 0.3 for score in scores)
