"""Preparing images for classifiers: the rules written a second time, plainly; and what a file may not ask for."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo_lcnet.transforms import LONGEST_PX, Preparation
from ocrzoo_registry.errors import IntegrityError

NORMALISE = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "scale": 0.00392156862745098}
PAGE: list[Any] = [
    {"ResizeImage": {"resize_short": 256}},
    {"CropImage": {"size": 224}},
    {"NormalizeImage": NORMALISE | {"channel_num": 3, "order": ""}},
    {"ToCHWImage": None},
]
LINE: list[Any] = [{"ResizeImage": {"size": [160, 80]}}, *PAGE[2:]]
OLD_LINE: list[Any] = [{"DecodeImage": {"img_mode": "BGR"}}, {"RecResizeImg": {"image_shape": [3, 48, 192]}}]

Image = NDArray[np.uint8]


def noise(height: int, width: int) -> Image:
    return np.random.default_rng(8).integers(0, 256, (height, width, 3), dtype=np.uint8)


def normalized(image: Any) -> NDArray[np.float32]:
    """A BGR image as planes of RGB: one multiplication and one addition a channel, in float32."""
    planes = []
    for channel, mean, std in zip((2, 1, 0), NORMALISE["mean"], NORMALISE["std"], strict=True):  # type: ignore[call-overload]
        plane = image[:, :, channel].astype(np.float32)
        plane *= np.float32(NORMALISE["scale"] / std)
        plane += np.float32(-mean / std)
        planes.append(plane)
    return np.stack(planes)


class TestRules:
    """PaddleX's, number for number."""

    @pytest.mark.parametrize(
        ("size", "resized"),
        [
            ((500, 300), (427, 256)),
            ((300, 501), (256, 428)),
            ((256, 256), (256, 256)),
            ((20, 33), (256, 422)),
            ((1000, 700), (366, 256)),
            ((128, 129), (256, 258)),
        ],
    )
    def test_pages(self, size: tuple[int, int], resized: tuple[int, int]) -> None:
        """Short side to 256, rounded; then the middle, 224 x 224, rounded to top left."""
        page = noise(*size)
        scaled = cv2.resize(page, resized[::-1], interpolation=cv2.INTER_LINEAR)
        top, left = (resized[0] - 224) // 2, (resized[1] - 224) // 2
        expected = normalized(scaled[top : top + 224, left : left + 224])
        prepared = Preparation(PAGE, "it")(page)
        assert prepared.dtype == np.float32
        np.testing.assert_array_equal(prepared, expected)

    @pytest.mark.parametrize("size", [(48, 320), (31, 7), (80, 160), (200, 3000)])
    def test_lines(self, size: tuple[int, int]) -> None:
        """To 160 x 80, whatever the shape."""
        line = noise(*size)
        expected = normalized(cv2.resize(line, (160, 80), interpolation=cv2.INTER_LINEAR))
        np.testing.assert_array_equal(Preparation(LINE, "it")(line), expected)

    @pytest.mark.parametrize(("size", "width"), [((48, 100), 100), ((30, 61), 98), ((20, 400), 192), ((90, 40), 22)])
    def test_lines_of_older_classifiers(self, size: tuple[int, int], width: int) -> None:
        """Height 48, ratio kept up to a width of 192, -1 to 1, BGR; the rest is 0."""
        line = noise(*size)
        prepared = Preparation(OLD_LINE, "it")(line)
        assert prepared.shape == (3, 48, 192)
        scaled = cv2.resize(line, (width, 48)).transpose(2, 0, 1)
        np.testing.assert_allclose(prepared[:, :, :width], scaled / 127.5 - 1, atol=1e-6)
        assert not prepared[:, :, width:].any()

    def test_colors_are_rgb_by_default(self) -> None:
        blue = np.zeros((50, 50, 3), np.uint8)
        blue[:, :, 0] = 255
        as_rgb, as_bgr = (
            Preparation(LINE, "it")(blue),
            Preparation([{"DecodeImage": {"img_mode": "BGR"}}, *LINE], "it")(blue),
        )
        assert as_rgb[:, 0, 0].argmax() == 2
        assert as_bgr[:, 0, 0].argmax() == 0

    @pytest.mark.parametrize("scale", ["1./255.", "1/255", " 1.0 / 255.0 ", 1 / 255, "0.00392156862745098"])
    def test_the_scale_may_be_a_fraction(self, scale: Any) -> None:
        steps = [LINE[0], {"NormalizeImage": NORMALISE | {"scale": scale}}, LINE[2]]
        np.testing.assert_array_equal(Preparation(steps, "it")(noise(60, 90)), Preparation(LINE, "it")(noise(60, 90)))

    def test_what_is_not_said_is_imagenet(self) -> None:
        steps = [LINE[0], {"NormalizeImage": None}, LINE[2]]
        np.testing.assert_array_equal(Preparation(steps, "it")(noise(60, 90)), Preparation(LINE, "it")(noise(60, 90)))

    @pytest.mark.parametrize("size", [(1, 32766), (32766, 2), (3, 20000)])
    def test_of_the_longest_pages_only_the_middle_is_scaled(self, size: tuple[int, int]) -> None:
        """Scaled as a whole they would take gigabytes."""
        page = noise(*size)
        middle = [slice(max(0, side // 2 - 150), side // 2 + 150) for side in size]
        page[middle[0], middle[1]] = 77
        prepared = Preparation(PAGE, "it")(page)
        np.testing.assert_array_equal(prepared, normalized(np.full((224, 224, 3), 77, np.uint8)))
        assert max(size) * 256 / min(size) > LONGEST_PX


class TestRefused:
    """One line that says what is wrong with the file."""

    @pytest.mark.parametrize(
        ("steps", "message"),
        [
            (None, "has no pre-processing"),
            ([], "has no pre-processing"),
            ({"ResizeImage": {"size": 80}}, "has no pre-processing"),
            (["ResizeImage"], "has 'ResizeImage', which is not one operation"),
            ([{"ResizeImage": {"size": 80}, "ToCHWImage": None}], "not one operation"),
            ([{"Sharpen": None}, *LINE], "the unknown operation 'Sharpen'; known are DecodeImage, ResizeIm"),
            ([{"ResizeImage": {"size": 10**9}}, *LINE[1:]], "ResizeImage: 1000000000 is not a number of pixels from 1"),
            ([{"ResizeImage": {"size": 0}}, *LINE[1:]], "ResizeImage: 0 is not a number of pixels"),
            ([{"ResizeImage": {"size": [80, True]}}, *LINE[1:]], "ResizeImage: True is not a number of pixels"),
            ([{"ResizeImage": {"size": [1, 2, 3]}}, *LINE[1:]], "is not a width and a height"),
            ([{"ResizeImage": None}, *LINE[1:]], "ResizeImage: None is not a number of pixels"),
            ([{"ResizeImage": {"size": 80, "backend": "pil"}}, *LINE[1:]], "backend 'pil'"),
            ([{"ResizeImage": {"size": 80, "interpolation": "SINC"}}, *LINE[1:]], "interpolation 'SINC'"),
            ([{"ResizeImage": {"size": 80, "color": "red"}}, *LINE[1:]], "unexpected keyword argument 'color'"),
            ([{"ResizeImage": [160, 80]}, *LINE[1:]], "ResizeImage: "),
            ([LINE[0], {"NormalizeImage": {"scale": "__import__('os')"}}, LINE[2]], "NormalizeImage: "),
            ([LINE[0], {"NormalizeImage": {"scale": "1/0"}}, LINE[2]], "division by zero"),
            ([LINE[0], {"NormalizeImage": {"scale": "1/2/3"}}, LINE[2]], "could not convert string to float: '2/3'"),
            ([LINE[0], {"NormalizeImage": {"scale": float("nan")}}, LINE[2]], "nan is not a number"),
            ([LINE[0], {"NormalizeImage": {"std": [1.0, 0.0, 1.0]}}, LINE[2]], "NormalizeImage: "),
            ([LINE[0], {"NormalizeImage": {"std": [1.0, 1e-300, 1.0]}}, LINE[2]], "is not a number in range"),
            ([LINE[0], {"NormalizeImage": {"mean": [0.5, "x", 0.5]}}, LINE[2]], "NormalizeImage: "),
            ([LINE[0], {"NormalizeImage": {"scale": True}}, LINE[2]], "True is not a number"),
            ([LINE[0], {"NormalizeImage": {"mean": [0.5]}}, LINE[2]], "only images with three channels"),
            ([LINE[0], {"NormalizeImage": {"order": "chw"}}, LINE[2]], "only images with three channels"),
            ([{"DecodeImage": {"img_mode": "GRAY"}}, *LINE], "DecodeImage: img_mode 'GRAY'"),
            ([{"RecResizeImg": {"image_shape": [1, 48, 192]}}], "RecResizeImg: image_shape"),
            ([PAGE[0], *PAGE[2:]], "do not produce 3 x H x W, float32, of one size"),
            (LINE[:2], "do not produce 3 x H x W"),
            ([LINE[0], LINE[2]], "do not produce 3 x H x W"),
            ([LINE[0], LINE[2], LINE[1]], "has transform_ops that fail"),
            ([{"ResizeImage": {"size": 80}}, *PAGE[1:]], "224 x 224 cannot be cropped from 80 x 80"),
        ],
    )
    def test_invalid_operations_are_refused(self, steps: Any, message: str) -> None:
        with pytest.raises(IntegrityError) as caught:
            Preparation(steps, "some_ori: its inference.yml")
        assert message in str(caught.value)
        assert str(caught.value).startswith("some_ori: its inference.yml")
        assert "\n" not in str(caught.value)
