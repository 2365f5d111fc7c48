"""Drawing: the page with its quads on the left, what was read on the right."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.results import fonts
from ocrzoo.results.drawing import draw
from ocrzoo.tasks.quads import Quad

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


def test_the_page_stands_on_the_left_in_its_own_colours() -> None:
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


def test_neighbours_are_told_apart_by_colour() -> None:
    _, right = halves(page(), [QUADS["upright"], QUADS["tilted"]], ["", ""])
    assert tuple(right[20, 100]) != tuple(right[62, 30])


@pytest.mark.parametrize("with_font", [True, False])
@pytest.mark.parametrize("script", SCRIPTS)
def test_no_script_breaks_it(script: str, with_font: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not with_font:
        monkeypatch.setattr(fonts, "font_file", lambda: None)
        fonts._font.cache_clear()
    try:
        draw(page(), list(QUADS.values()), [SCRIPTS[script]] * 3)
    finally:
        fonts._font.cache_clear()


@pytest.mark.parametrize(
    "corners",
    [
        [[0, 0], [260, 0], [260, 200], [0, 200]],
        [[250, 190], [260, 190], [260, 200], [250, 200]],
        [[5, 5], [6, 5], [6, 6], [5, 6]],
        [[5, 5], [5, 5], [5, 5], [5, 5]],
        [[0, 0], [260, 0], [260, 1], [0, 1]],
        [[0, 0], [1, 0], [1, 200], [0, 200]],
    ],
    ids=["page", "corner", "pixel", "point", "hair", "upright hair"],
)
def test_no_quad_breaks_it(corners: list[list[int]]) -> None:
    assert draw(page(), [np.array(corners, np.int16)], ["A long text for such a quad" * 5]).size == (520, 200)


def test_the_page_is_not_changed() -> None:
    image = page()
    before = image.copy()
    draw(image, list(QUADS.values()), ["a", "b", "c"])
    np.testing.assert_array_equal(image, before)
