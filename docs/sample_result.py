"""Draw ``docs/sample-result.png``, the picture in the README: what ocrzoo read on ``docs/sample.png``, as it draws it.

Run ``python docs/sample_result.py`` with the extra ``bundled`` installed.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

import ocrzoo

DOCS = Path(__file__).parent
WIDTH = 1200
COLORS = 48
"""Palette entries kept: a small file with smooth edges."""


def main() -> None:
    """Read the sample page and save the drawing beside it."""
    for page in ocrzoo.read(DOCS / "sample.png"):
        drawn = page.img["ocr_res_img"].convert("RGB")
        size = (WIDTH, round(WIDTH * drawn.height / drawn.width))
        small = drawn.resize(size, Image.Resampling.LANCZOS).quantize(COLORS, dither=Image.Dither.NONE)
        small.save(DOCS / "sample-result.png", optimize=True)


if __name__ == "__main__":
    main()
