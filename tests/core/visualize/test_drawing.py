"""Drawing: the page with its quads on the left, what was read on the right."""

from __future__ import annotations

import time
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.types import Quad
from ocrzoo.visualize import drawing
from ocrzoo.visualize.drawing import corners_of_text, draw, thickness
from ocrzoo.visualize.fonts import book
from ocrzoo.visualize.lettering import letter, one_line

SCRIPTS = {
    "Latin": "Hello, World",
    "Chinese": "你好，世界",
    "Japanese": "こんにちは",
    "Korean": "안녕하세요",
    "Arabic": "مرحبا بالعالم",
    "Devanagari": "नमस्ते दुनिया",
    "Thai": "สวัสดีชาวโลก",
    "Tamil": "வணக்கம்",
    "Georgian": "გამარჯობა",
    "Cyrillic": "Привет",
    "emoji": "🙂👍",
    "unassigned": "\U000e0fff",
    "invisible": "\u200b\u200c\u2060\u2061\xad",
    "spaces": "   ",
}

QUADS: dict[str, Quad] = {
    "upright": np.array([[20, 20], [180, 20], [180, 50], [20, 50]], np.int16),
    "tilted": np.array([[30, 60], [180, 90], [174, 120], [24, 90]], np.int16),
    "tall": np.array([[200, 20], [225, 20], [225, 180], [200, 180]], np.int16),
}


def page(height: int = 200, width: int = 260) -> NDArray[np.uint8]:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)


def inside(quad: Quad, height: int = 200, width: int = 260, reach: int = 0) -> NDArray[np.bool_]:
    """The pixels of a quad, widened by some pixels."""
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [quad.astype(np.int32)], (1,))
    if reach:
        mask = np.asarray(cv2.dilate(mask, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)), np.uint8)
    return mask.astype(bool)


def halves(image: NDArray[np.uint8], quads: list[Quad], texts: list[str]) -> list[NDArray[np.uint8]]:
    """Left and right half, RGB."""
    picture = draw(image, quads, texts)
    assert picture.mode == "RGB"
    return np.split(np.asarray(picture), 2, axis=1)


def test_twice_as_wide_as_the_page() -> None:
    assert draw(page(), list(QUADS.values()), ["a", "b", "c"]).size == (520, 200)


def test_the_page_is_on_the_left_in_its_own_colors() -> None:
    image = page()
    left, right = halves(image, [], [])
    np.testing.assert_array_equal(left, image[:, :, ::-1])
    assert (right == 255).all()


@pytest.mark.parametrize("kind", QUADS)
def test_on_the_left_quads_are_tinted_and_nothing_else(kind: str) -> None:
    image, quad = page(), QUADS[kind]
    left, _ = halves(image, [quad], ["text"])
    changed = (left != image[:, :, ::-1]).any(axis=2)
    assert changed[inside(quad)].mean() > 0.95
    assert not changed[~inside(quad, reach=2)].any()


@pytest.mark.parametrize("kind", QUADS)
def test_on_the_right_there_is_ink_inside_quads_and_nowhere_else(kind: str) -> None:
    quad = QUADS[kind]
    _, right = halves(page(), [quad], ["Hello, World"])
    dark = right.max(axis=2) < 100
    assert dark[inside(quad)].sum() > 20
    assert (right[~inside(quad, reach=2)] == 255).all()


def test_a_line_of_no_text_gets_its_outline_alone() -> None:
    _, right = halves(page(), [QUADS["upright"]], [""])
    assert not (right.max(axis=2) < 20).any()
    assert (right != 255).any()


def test_tall_text_runs_downwards() -> None:
    _, right = halves(page(), [QUADS["tall"]], ["Hello, World"])
    rows = np.flatnonzero((right[:, 203:222].max(axis=2) < 100).any(axis=1))
    assert np.ptp(rows) > 80


def test_neighbors_have_different_colors() -> None:
    _, right = halves(page(), [QUADS["upright"], QUADS["tilted"]], ["", ""])
    assert tuple(right[20, 100]) != tuple(right[62, 30])


@pytest.mark.parametrize("with_fonts", [True, False])
@pytest.mark.parametrize("script", SCRIPTS)
def test_no_script_breaks_it(script: str, with_fonts: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fonts there are, what is to be seen is seen."""
    if not with_fonts:
        monkeypatch.setattr(book, "system_folders", lambda: ())
    quads = list(QUADS.values())
    _, right = halves(page(), quads, [SCRIPTS[script]] * 3)
    for quad in quads:
        seen = (right[inside(quad)].max(axis=1) < 100).any()
        assert seen == (script not in {"invisible", "spaces"})


@pytest.mark.parametrize(
    "corners",
    [
        [[0, 0], [260, 0], [260, 200], [0, 200]],
        [[250, 190], [260, 190], [260, 200], [250, 200]],
        [[5, 5], [6, 5], [6, 6], [5, 6]],
        [[5, 5], [5, 5], [5, 5], [5, 5]],
        [[0, 0], [260, 0], [260, 1], [0, 1]],
        [[0, 0], [1, 0], [1, 200], [0, 200]],
        [[0, 0], [260, 199], [260, 200], [0, 1]],
        [[0, 0], [260, 200], [260, 0], [0, 200]],
        [[200, 150], [300, 150], [300, 250], [200, 250]],
        [[-100, -50], [50, -50], [50, 50], [-100, 50]],
        [[-200, -200], [-100, -200], [-100, -100], [-200, -100]],
        [[-32768, -32768], [32767, -32768], [32767, 32767], [-32768, 32767]],
        [[-32768, -32000], [32767, -32768], [32767, 32000], [-32000, 32767]],
        [[180, 20], [20, 20], [20, 50], [180, 50]],
    ],
    ids=[
        "page",
        "corner",
        "pixel",
        "point",
        "hair",
        "upright hair",
        "slanting hair",
        "bow tie",
        "over the edge",
        "over the other edge",
        "outside",
        "around it all",
        "around it all and slanting",
        "mirrored",
    ],
)
def test_no_quad_breaks_it(corners: list[list[int]]) -> None:
    assert draw(page(), [np.array(corners, np.int16)], ["A long text for such a quad" * 5]).size == (520, 200)


def test_the_page_is_not_changed() -> None:
    image = page()
    before = image.copy()
    draw(image, list(QUADS.values()), ["a", "b", "c"])
    np.testing.assert_array_equal(image, before)


class TestPlaces:
    """The text is drawn where it was read."""

    @pytest.mark.parametrize("degrees", range(0, 360, 30))
    def test_turned_boxes(self, degrees: int) -> None:
        quad = turned(degrees)
        _, right = halves(page(300, 300), [quad], ["HHHHHHHHHHHH"])
        dark = right.max(axis=2) < 100
        assert dark[inside(quad, 300, 300)].sum() > 200
        assert (right[~inside(quad, 300, 300, reach=2)] == 255).all()

    @pytest.mark.parametrize(("degrees", "side"), [(0, "left"), (90, "top"), (180, "right"), (270, "bottom")])
    def test_it_starts_at_the_first_corner(self, degrees: int, side: str) -> None:
        _, right = halves(page(300, 300), [turned(degrees)], ["i"])
        rows, columns = np.nonzero(right.max(axis=2) < 100)
        where = {"left": columns.mean(), "top": rows.mean()}
        where |= {"right": 300 - where["left"], "bottom": 300 - where["top"]}
        assert where[side] < 90

    def test_pieces_of_a_long_slanting_line_fit_together(self) -> None:
        """They cover the box without a seam: as one warp over all of it would."""
        quad = np.array([[10, 10], [790, 560], [780, 574], [0, 24]], np.int16)
        lines = [one_line("HHHH" * 12)]
        _, right = halves(page(600, 800), [quad], lines)
        label = letter(lines[0], 954, 17, book.font_book().for_texts(lines))
        source = np.array([[0, 0], [954, 0], [954, 17], [0, 17]], np.float32)
        matrix = cv2.getPerspectiveTransform(source, quad.astype(np.float32))
        whole = cv2.warpPerspective(label, matrix, (800, 600), borderValue=(255,))
        within = cv2.erode(inside(quad, 600, 800).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
        assert within.sum() > 3000
        difference = np.abs(right[:, :, 0].astype(int) - whole)[within]
        assert (difference > 64).mean() < 0.01

    def test_half_of_a_line_is_seen_at_the_edge(self) -> None:
        quad = np.array([[200, 50], [320, 50], [320, 80], [200, 80]], np.int16)
        _, right = halves(page(), [quad], ["HHHHHHHHHHHHHH"])
        assert (right[52:78, 205:].max(axis=2) < 100).sum() > 100

    def test_lines_that_overlap_are_both_seen(self) -> None:
        quads = [QUADS["upright"], QUADS["upright"]]
        one = halves(page(), quads[:1], ["HHH"])[1].max(axis=2) < 100
        both = halves(page(), quads, ["HHH", "        HHH"])[1].max(axis=2) < 100
        assert both[one].all()
        assert both.sum() > one.sum()


class TestSeals:
    """Polygons of more corners than four."""

    def arc(self) -> Quad:
        """Half a ring, 20 pixels thick."""
        angles = np.linspace(np.pi, 2 * np.pi, 24)
        rings = [
            np.stack([100 + size * np.cos(turn), 100 + size * np.sin(turn)], 1)
            for size, turn in ((80, angles), (60, angles[::-1]))
        ]
        return np.asarray(np.rint(np.concatenate(rings)), np.int16)

    def test_the_band_is_filled_and_not_what_it_spans(self) -> None:
        left, _ = halves(np.full((200, 200, 3), 255, np.uint8), [self.arc()], [""])
        assert tuple(left[30, 100]) != (255, 255, 255)
        assert tuple(left[90, 100]) == (255, 255, 255)

    def test_letters_are_as_high_as_the_band_is_thick(self) -> None:
        assert thickness(self.arc()) == pytest.approx(20, abs=2)
        corners = corners_of_text(self.arc())
        assert np.linalg.norm(corners[3] - corners[0]) == pytest.approx(20, abs=2)

    def test_the_text_is_seen(self) -> None:
        _, right = halves(np.full((200, 200, 3), 255, np.uint8), [self.arc()], ["HHH"])
        assert (right[40:90, 60:140].max(axis=2) < 100).sum() > 50

    def test_a_straight_one_is_like_its_rectangle(self) -> None:
        polygon = np.array([[20, 20], [60, 20], [120, 20], [180, 20], [180, 50], [100, 50], [20, 50]], np.int32)
        np.testing.assert_allclose(corners_of_text(polygon), QUADS["upright"], atol=1)

    @pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
    def test_any_number_of_corners(self, count: int) -> None:
        polygon = np.array([[20, 20], [180, 20], [180, 90], [100, 120], [20, 90]][:count], np.float32).reshape(-1, 2)
        assert draw(page(), [polygon], ["text"]).size == (520, 200)

    def test_floats_and_integers_alike(self) -> None:
        first, second = (np.asarray(draw(page(), [QUADS["tilted"].astype(kind)], ["text"])) for kind in "hf")
        np.testing.assert_array_equal(first, second)


def test_a_page_of_many_boxes_is_not_gone_through_once_a_box() -> None:
    """500 boxes on 12 million pixels: a warp of the page a box would touch 18 GB."""
    large = np.zeros((3000, 4000, 3), np.uint8)
    quads = [turned(2, (80 + 390 * (i % 10), 40 + 59 * (i // 10)), 160, 30) for i in range(500)]
    warped: list[int] = []
    warp = cv2.warpPerspective

    def counted(*arguments: Any, **options: Any) -> Any:
        warped.append(arguments[2][0] * arguments[2][1])
        return warp(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cv2, "warpPerspective", counted)
        draw(large, quads, ["Hello, World"] * 500)
    assert 500 * 160 * 30 <= sum(warped) < 3 * 500 * 160 * 30


def test_a_long_thin_slant_is_cut_into_pieces() -> None:
    quad = turned(45, (500, 500), 1300, 10)
    pieces = list(drawing._pieces(quad.astype(np.float32)))
    assert len(pieces) > 20
    assert sum(float(np.prod(np.ptp(piece, axis=0))) for piece in pieces) < 10 * 1300 * 10


def turned(
    degrees: float, middle: tuple[float, float] = (150, 150), width: float = 200, height: float = 40
) -> NDArray[np.int16]:
    """A box turned clockwise."""
    turn = np.deg2rad(degrees)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    corners = np.array([[-width, -height], [width, -height], [width, height], [-width, height]]) / 2 @ axes
    return np.asarray(np.rint(corners + middle), np.int16)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("far", [np.nan, np.inf, 1e30, 2.0**31])
def test_corners_far_away_take_no_longer(far: float) -> None:
    polygon = np.array([[far, 0], [0, far], [-far, 0], [0, -far]])
    started = time.monotonic()
    assert draw(np.full((300, 600, 3), 255, np.uint8), [polygon], ["text"]).size == (1200, 300)
    assert time.monotonic() - started < 5
