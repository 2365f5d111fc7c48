"""The picture of setting a page upright."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ocrzoo.visualize.drawing import preprocessed


class TestPreprocessed:
    """The steps of setting a page upright, side by side."""

    def steps(self) -> list[NDArray[np.uint8]]:
        return [
            np.full(shape, value, np.uint8)
            for shape, value in (((200, 260, 3), 10), ((260, 200, 3), 20), ((240, 190, 3), 30))
        ]

    def made(self, *, angle: int = 90, use_unwarping: bool = True) -> NDArray[np.uint8]:
        picture = preprocessed(*self.steps(), angle=angle, use_orientation=True, use_unwarping=use_unwarping)
        assert picture.mode == "RGB"
        return np.asarray(picture)

    def test_as_large_as_paddlexs(self) -> None:
        assert self.made().shape == (260 + 25, 260 + 200 + 190, 3)

    def test_pictures_stand_on_white(self) -> None:
        made = self.made()
        for start, step in zip((0, 260, 460), self.steps(), strict=True):
            height, width = step.shape[:2]
            np.testing.assert_array_equal(made[:height, start : start + width], step)
            assert (made[height:260, start : start + width] == 255).all()

    def test_colors_are_converted_to_rgb(self) -> None:
        blue = np.zeros((30, 200, 3), np.uint8)
        blue[:, :, 0] = 255
        picture = preprocessed(blue, blue, blue, angle=0, use_orientation=False, use_unwarping=False)
        assert picture.getpixel((5, 5)) == (0, 0, 255)

    def test_each_has_a_caption(self) -> None:
        captions = self.made()[260:].max(axis=2) < 100
        for start, width in ((0, 260), (260, 200), (460, 190)):
            assert captions[:, start : start + width].sum() > 100

    def test_captions_tell_angle_and_switches(self) -> None:
        base = self.made()[260:]
        turned_less = self.made(angle=180)[260:]
        flat = self.made(use_unwarping=False)[260:]
        assert [(base != other).any(axis=(0, 2)).nonzero()[0].min() // 230 for other in (turned_less, flat)] == [1, 2]
        np.testing.assert_array_equal(base[:, :260], turned_less[:, :260])

    def test_pages_too_narrow_for_a_caption(self) -> None:
        sliver = np.zeros((100, 1, 3), np.uint8)
        picture = preprocessed(sliver, sliver, sliver, angle=0, use_orientation=True, use_unwarping=True)
        assert picture.size == (3, 125)
