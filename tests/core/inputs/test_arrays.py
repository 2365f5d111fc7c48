"""Arrays: what is an image is taken, and what could be misread is refused."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ocrzoo.inputs import InputOptions, from_array
from ocrzoo_registry.errors import InputError


def test_colour_is_bgr(picture: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(from_array(picture), picture)


@pytest.mark.parametrize("channels", [(0, 1, 2), (0,)])
@pytest.mark.parametrize("ink", [0, 255])
def test_ink_on_a_transparent_ground_is_visible(channels: tuple[int, ...], ink: int) -> None:
    alpha = np.zeros((20, 30), np.uint8)
    alpha[8:12, 5:25] = 255
    read = from_array(np.dstack([*[np.full((20, 30), ink, np.uint8) for _ in channels], alpha]))
    assert set(np.unique(read[alpha > 0])) == {ink}
    assert set(np.unique(read[alpha == 0])) == {255 - ink}


@pytest.mark.parametrize("alpha", [0, 255])
def test_alpha_that_is_the_same_everywhere_means_nothing(picture: NDArray[np.uint8], alpha: int) -> None:
    veil = np.full((20, 30), alpha, np.uint8)
    np.testing.assert_array_equal(from_array(np.dstack([picture, veil])), picture)
    np.testing.assert_array_equal(from_array(np.dstack([picture[:, :, 0], veil])), np.dstack([picture[:, :, 0]] * 3))


def test_alpha_of_sixteen_bits() -> None:
    deep = np.full((20, 30, 4), 65535, np.uint16)
    deep[:, :15, 3] = 0
    assert from_array(deep)[:, :15].max() == 0, "white ink, dark ground"


def test_with_paddlex_quirks_alpha_is_dropped(picture: NDArray[np.uint8]) -> None:
    veiled = np.dstack([picture, picture[:, :, 0]])
    np.testing.assert_array_equal(from_array(veiled, InputOptions(paddlex_quirks=True)), picture)


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 1)])
def test_grey(picture: NDArray[np.uint8], shape: tuple[int, ...]) -> None:
    gray = picture[:, :, 0]
    np.testing.assert_array_equal(from_array(gray.reshape(shape)), np.dstack([gray] * 3))


def test_views_in_any_order_of_memory(picture: NDArray[np.uint8]) -> None:
    for view in (picture[::-1], picture[:, ::-1], picture[:, :, ::-1], picture[::2, ::3], np.asfortranarray(picture)):
        read = from_array(view)
        np.testing.assert_array_equal(read, view)
        assert read.flags.c_contiguous


def test_sixteen_bits_read_as_a_file_of_sixteen_bits_does(picture: NDArray[np.uint8]) -> None:
    deep = picture.astype(np.uint16) * 256 + 255
    np.testing.assert_array_equal(from_array(deep), picture)
    as_file = cv2.imdecode(cv2.imencode(".png", deep)[1], cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(from_array(deep), as_file)


def test_true_is_white() -> None:
    mask = np.eye(4, dtype=bool)
    assert set(np.unique(from_array(mask))) == {0, 255}
    assert from_array(mask)[0, 0].tolist() == [255, 255, 255]


def test_one_pixel() -> None:
    assert from_array(np.full((1, 1), 7, np.uint8)).tolist() == [[[7, 7, 7]]]


@pytest.mark.parametrize(
    ("array", "cure"),
    [
        (np.zeros((20, 30, 3), np.float32), r"float32 is not an image: .*\(array \* 255\)"),
        (np.zeros((20, 30, 3), np.int64), "int64 is not an image: convert it to uint8"),
        (np.zeros((20, 30, 3), object), "object is not an image"),
        (np.zeros((20, 30, 5), np.uint8), "H x W x 3"),
        (np.zeros((1, 20, 30, 3), np.uint8), "H x W x 3"),
        (np.zeros(30, np.uint8), "H x W x 3"),
        (np.zeros((0, 30, 3), np.uint8), "H x W x 3"),
        (np.zeros((2, 32767, 3), np.uint8), "too large: 32767 x 2"),
    ],
    ids=lambda given: f"{given.dtype}{given.shape}" if isinstance(given, np.ndarray) else "",
)
def test_what_is_no_image(array: NDArray[Any], cure: str) -> None:
    with pytest.raises(InputError, match=cure):
        from_array(array)
