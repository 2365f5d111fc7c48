"""Types that all of core shares; importing them loads neither NumPy nor OpenCV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Image: TypeAlias = "NDArray[np.uint8]"
"""H x W x 3, uint8, BGR."""

Quad: TypeAlias = "NDArray[np.int16]"
"""4 x 2, int16 pixels: x and y of top left, top right, bottom right, bottom left."""

Batching = Literal["exact", "width"]
"""Which lines share a call: PaddleX's groups, or lines of similar width."""

Precision = Literal["auto", "float32", "bfloat16", "float16", "checked"]
"""Numeric precision as users name it. ``auto``: the fastest that is as accurate as float32 by the model's figures;
``checked``: recognition in the fastest of the CPU, and once more in float32 where a line's text is in doubt."""

Frames = Literal["first", "all"]
"""Which frames of an animation, or photographs of a file that has several, are pages."""

Upscale = float | Literal["auto"]
"""By how much pages are enlarged before lines are looked for, 1 to :data:`MAX_UPSCALE`; ``auto`` goes by the lines that
are found on the page as it is."""

MAX_UPSCALE = 4.0
"""The most: labelled pages read no better with 4 than with 3, and the time of detection grows with the square."""
