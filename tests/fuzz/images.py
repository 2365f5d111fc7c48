"""Damaged images of every format that is read, and files with strange headers."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
import PIL.Image
from tests.core.inputs.odd_files import ODD
from tests.fuzz.cases import Case
from tests.fuzz.mutations import damaged

from ocrzoo.inputs.file_types import PILLOW_FORMATS

PIL.Image.init()

_PIXELS = np.add.outer(np.arange(40) * 3, np.arange(60) * 2).astype(np.uint8)
_VARIANTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    *(("PNG", mode, {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
    *(("JPEG", mode, options) for mode in ("L", "RGB", "CMYK") for options in ({}, {"progressive": True})),
    *(("WEBP", "RGBA", {"lossless": lossless}) for lossless in (True, False)),
    *(("GIF", mode, {}) for mode in ("1", "P", "L")),
    *((name, "RGB", {}) for name in PILLOW_FORMATS if name in PIL.Image.SAVE),
    *((name, mode, {}) for name in ("BMP", "PPM") for mode in ("1", "L")),
    *(("TIFF", "RGB", {"compression": one}) for one in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits")),
    *(("TIFF", "RGB", {"compression": one}) for one in ("jpeg", "lzma", "zstd")),
    *(("TIFF", "1", {"compression": one}) for one in ("group3", "group4", "tiff_ccitt")),
    *(("TIFF", mode, {}) for mode in ("P", "LA", "RGBA", "CMYK", "I;16", "I", "F")),
    *((name, "RGB", {"save_all": True, "several": 3}) for name in ("TIFF", "GIF", "WEBP", "PNG")),
)  # fmt: skip


@cache
def _valid() -> list[bytes]:
    written = []
    for name, mode, options in _VARIANTS:
        image = PIL.Image.fromarray(_PIXELS)
        image = image.convert("I").convert(mode) if mode == "I;16" else image.convert("RGB").convert(mode)
        several = [image.rotate(90 * turn) for turn in range(1, options.get("several", 1))]
        more = {"append_images": several} if several else {}
        file = io.BytesIO()
        image.save(file, name, **{key: value for key, value in options.items() if key != "several"}, **more)
        written.append(file.getvalue())
    for suffix, pixels in ((".pfm", _PIXELS.astype("f4")), (".ras", _PIXELS), (".pam", cv2.merge([_PIXELS] * 4))):
        written.append(cv2.imencode(suffix, pixels)[1].tobytes())
    return written


def valid_image(random: Random) -> bytes:
    """Draw a small image that can be read."""
    return random.choice(_valid())


def damaged_image(random: Random) -> bytes:
    """Draw an odd or damaged image."""
    content = random.choice([*ODD.values()]) if random.random() < 0.15 else valid_image(random)
    if random.random() < 0.05:
        content = content[: random.randrange(len(content))] + valid_image(random)
    return content if random.random() < 0.15 else damaged(random, content)


OUTPUTS = (
    *(("--output", f"all.{suffix}") for suffix in ("txt", "pdf", "xml")),
    *(("--save_path", "saved", "--save_as", kind) for kind in ("json", "img", "pdf,hocr")),
)


def make(random: Random, folder: Path, server: str) -> Case:
    """Draw one or two files, one with a name of its own."""
    names = ["page.png", random.choice(("page.tif", "page.jpg", "page", "a b\u202e.png", "-.png"))][
        : random.choice((1, 1, 2))
    ]
    for name in names:
        (folder / name).write_bytes(damaged_image(random))
    return Case(("ocr", *random.choice((names, ["."])), *random.choice(((), (), *OUTPUTS))))
