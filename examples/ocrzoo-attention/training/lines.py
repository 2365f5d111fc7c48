"""Pictures of numbers: 32 x 160 pixels, gray on gray, a little spoilt."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

HEIGHT, WIDTH = 32, 160
CHARACTERS = "-0123456789"
MOST = 10
"""Characters of a number."""

FOLDERS = (Path("/usr/share/fonts/truetype/noto"), Path("/usr/share/fonts/truetype/dejavu"))
"""Debian's packages fonts-noto-core and fonts-dejavu-core with fonts-dejavu-extra."""
FONTS = ("NotoSans-Regular", "NotoSans-Bold", "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSansCondensed")


def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """Return a font of :data:`FOLDERS` by the name of its file.

    Raises:
        FileNotFoundError: It is not installed.
    """
    for folder in FOLDERS:
        if (path := folder / f"{name}.ttf").is_file():
            return ImageFont.truetype(str(path), size)
    raise FileNotFoundError(f"{name}.ttf is in none of {', '.join(map(str, FOLDERS))}: apt-get install fonts-noto-core")


def number(rng: Random) -> str:
    """Return digits, with a dash between some of them."""
    text = "".join(rng.choices(CHARACTERS[1:], k=rng.randint(2, MOST)))
    if len(text) > 4 and rng.random() < 0.6:
        place = rng.randint(1, len(text) - 2)
        text = f"{text[:place]}-{text[place + 1 :]}"
    return text


def drawn(rng: Random, text: str) -> Image.Image:
    """Draw a line with any font of :data:`FONTS`, margins, blur, contrast and noise, of any size."""
    own = font(rng.choice(FONTS), rng.randint(16, 36))
    left, top, right, bottom = own.getbbox(text)
    tall = bottom - top
    above, below, before, after = (int(tall * rng.uniform(*span)) for span in ((0, 0.5), (0, 0.5), (0, 0.8), (0, 0.8)))
    paper, ink = rng.randint(150, 255), rng.randint(0, 90)
    if rng.random() < 0.15:
        paper, ink = ink, paper
    picture = Image.new("L", (right - left + before + after, tall + above + below), paper)
    ImageDraw.Draw(picture).text((before - left, above - top), text, fill=ink, font=own)
    if rng.random() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.04 * tall)))
    noise = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.choice((0, 2, 8)), (picture.height, picture.width))
    return Image.fromarray(np.clip(np.asarray(picture, np.float32) + noise, 0, 255).astype(np.uint8))


def scaled(picture: Image.Image) -> NDArray[np.uint8]:
    """Scale a line to 32 pixels of height, 32 x 160 uint8; what is left on the right repeats its last column."""
    width = min(max(round(picture.width * HEIGHT / picture.height), 1), WIDTH)
    pixels = np.asarray(picture.convert("L").resize((width, HEIGHT), Image.Resampling.BILINEAR))
    return np.pad(pixels, ((0, 0), (0, WIDTH - width)), mode="edge")
