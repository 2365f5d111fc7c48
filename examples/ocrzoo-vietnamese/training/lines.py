"""Pictures of lines, drawn as detection cuts them out of pages: 48 pixels high, gray on gray, a little spoilt."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

HEIGHT = 48
MOST_SQUEEZED = 1.25
"""Times too wide that a line may be to be squeezed."""

FOLDERS = (Path("/usr/share/fonts/truetype/noto"), Path("/usr/share/fonts/truetype/dejavu"))
"""Debian's packages fonts-noto-core and fonts-dejavu-core with fonts-dejavu-extra."""
FONTS = (
    *("NotoSans-Regular", "NotoSans-Bold", "NotoSans-Italic", "NotoSans-BoldItalic", "NotoSansDisplay-Regular"),
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansCondensed", "DejaVuSans-Oblique"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerifCondensed"),
)


def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """Return a font of :data:`FOLDERS` by the name of its file.

    Raises:
        FileNotFoundError: It is not installed.
    """
    for folder in FOLDERS:
        if (path := folder / f"{name}.ttf").is_file():
            return ImageFont.truetype(str(path), size)
    raise FileNotFoundError(f"{name}.ttf is in none of {', '.join(map(str, FOLDERS))}: apt-get install fonts-noto-core")


def drawn(rng: Random, text: str, most: int) -> NDArray[np.uint8] | None:
    """Draw a line, ``48 x W``, uint8, gray: any of :data:`FONTS`, size, margins, tilt, blur, contrast and noise.

    One that is a little wider than ``most`` pixels is squeezed; ``None``: it is much wider.
    """
    own = font(rng.choice(FONTS), rng.randint(16, 44))
    left, top, right, bottom = own.getbbox(text if rng.random() < 0.1 else text + "Ấg")
    right = own.getbbox(text)[2]
    tall = bottom - top
    above, below, before, after = (int(tall * rng.uniform(*span)) for span in ((0, 0.3), (0, 0.3), (0, 0.6), (0, 0.6)))
    size = (max(right - left + before + after, 8), tall + above + below)
    width = max(int(size[0] * HEIGHT / size[1] * rng.uniform(0.85, 1.15)), 8)
    if width > MOST_SQUEEZED * most:
        return None
    paper, ink = rng.randint(150, 255), rng.randint(0, 90)
    if rng.random() < 0.15:
        paper, ink = ink, paper
    picture = Image.new("L", size, paper)
    ImageDraw.Draw(picture).text((before - left, above - top), text, fill=ink, font=own)
    if rng.random() < 0.3:
        slope = rng.uniform(-0.01, 0.01)
        turned = (1, 0, 0, slope, 1, -slope * size[0] / 2)
        picture = picture.transform(size, Image.Transform.AFFINE, turned, Image.Resampling.BILINEAR, fillcolor=paper)
    if rng.random() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.03 * tall)))
    pixels = np.asarray(picture.resize((min(width, most), HEIGHT), Image.Resampling.BILINEAR), np.float32)
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.choice((0, 2, 8)), pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)
