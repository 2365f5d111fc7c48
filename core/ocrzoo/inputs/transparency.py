"""Transparent pictures, laid on a ground on which their ink is visible."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ocrzoo.types import Image

OPAQUE = 255

GROUNDS = (255, 0, 128, 64, 192)
"""Gray levels of the ground in the order of preference: paper, then a dark screen, then what is between two inks."""

MIN_CONTRAST = 48
"""Levels of gray between ink and ground below which ink counts as hidden; the networks read text of 48 reliably."""

MAX_HIDDEN = 16
"""Pixels of hidden ink that do not matter: less than a letter."""

_REACH = np.ones((7, 7), np.uint8)
"""Ink is what is at most 3 pixels away from transparency; no ground hides what is further inside."""

_LETTER = (15, 15)
"""Pixels around hidden ink of which the majority must be hidden too: a soft edge is next to visible ink."""


def flatten(image: Image, alpha: NDArray[np.uint8]) -> Image:
    """Lay a picture (H x W x 3, uint8, BGR) with its alpha (H x W, uint8, 255 is opaque) on a ground of one gray.

    Black ink is laid on white, white ink on black. A page with both is laid on a gray: the other two would each hide
    one of them. An opaque picture is returned unchanged; so is one without any visible pixel, whose alpha cannot be
    meant: some programs leave it 0.
    """
    if alpha.min(initial=OPAQUE) == OPAQUE or alpha.max(initial=0) == 0:
        return image
    level = ground(image, alpha)
    shown = cv2.multiply(image, cv2.merge([alpha] * 3), scale=1 / OPAQUE)
    behind = cv2.multiply(cv2.bitwise_not(alpha), np.full_like(alpha, level), scale=1 / OPAQUE)
    return cv2.add(shown, cv2.merge([behind] * 3))  # type: ignore[return-value]  # uint8 stays


def ground(image: Image, alpha: NDArray[np.uint8]) -> int:
    """Return the gray level, 0 to 255, of the ground that hides least of a picture's ink; the arguments are as above.

    Of a stroke, the most opaque pixels count: its soft edges often have a color that was not meant to be seen.
    """
    most, least = cv2.dilate(alpha, _REACH), cv2.erode(alpha, _REACH)
    ink = (alpha > 0) & (alpha == most) & (least < most)
    gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    around = cv2.boxFilter(ink.astype(np.float32), -1, _LETTER)
    hidden = []
    for level in GROUNDS:
        similar = ink & (cv2.absdiff(gray, np.full_like(gray, level)) < MIN_CONTRAST)
        whole = similar & (cv2.boxFilter(similar.astype(np.float32), -1, _LETTER) > around / 2)
        hidden.append(np.count_nonzero(whole))
        if hidden[-1] <= MAX_HIDDEN:
            return level
    return GROUNDS[int(np.argmin(hidden))]
