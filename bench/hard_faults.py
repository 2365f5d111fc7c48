"""What makes pages hard to read: letters of few pixels, low contrast, bad light, cameras that are out of focus.

Each function takes a labelled page and its picture (H x W x 3, uint8, BGR), and returns both as they are after it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from bench.labelled_pages import LabelledPage
from bench.page_faults import jpeg, lit, noisy, soft
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Hard = tuple[LabelledPage, Pixels]

EMS = (4, 5, 6, 7, 8, 10)
"""Pixels an em of small letters, one page after the other."""


def small(page: LabelledPage, pixels: Pixels, number: int, _rng: random.Random) -> Hard:
    """Shrink a page until most of its letters have so many pixels an em: :data:`EMS`, by the page's number."""
    em = EMS[number % len(EMS)]
    scale = em / page.em
    shrunk = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lines = [
        replace(
            line,
            quad=(np.array(line.quad) * scale).tolist(),
            words=[(np.array(word) * scale).tolist() for word in line.words],
        )
        for line in page.lines
    ]
    return replace(page, em=em, faults={**page.faults, "em": em}, lines=lines), np.asarray(shrunk, np.uint8)


def contrast(page: LabelledPage, pixels: Pixels, number: int, rng: random.Random) -> Hard:
    """Fade a page: gray on gray, a part of it more than another, or dark and lit from a side, by the page's number."""
    kind = ("gray", "faded", "light", "dark")[number % 4]
    done: dict[str, Any] = {"hard": kind}
    if kind == "gray":
        done["share"] = round(rng.uniform(0.04, 0.15), 3)
        out = _faded(pixels, np.float32(done["share"]), rng.randint(60, 220))
    elif kind == "faded":
        done["share"] = round(rng.uniform(0.02, 0.08), 3)
        out = _faded(pixels, _slope(pixels, done["share"], 0.6, rng), rng.randint(150, 230))
    elif kind == "light":
        done["light"], done["shadow"] = round(rng.uniform(0.06, 0.2), 2), round(rng.uniform(0.15, 0.4), 2)
        out = lit(pixels, done["light"], done["shadow"], rng)
    else:
        done["share"] = round(rng.uniform(0.06, 0.15), 3)
        out = _faded(pixels, np.float32(done["share"]), 0)
    done["noise"] = round(rng.uniform(0.5, 2.5), 1)
    out = jpeg(noisy(out, done["noise"], rng), rng.randint(60, 95))
    return replace(page, faults={**page.faults, **done}), out


def photo(page: LabelledPage, pixels: Pixels, _number: int, rng: random.Random) -> Hard:
    """Photograph a page badly: in little light from a side, in a shadow, out of focus, with noise."""
    done: dict[str, Any] = {
        "hard": "photo",
        "light": round(rng.uniform(0.15, 0.5), 2),
        "shadow": round(rng.uniform(0.3, 0.7), 2),
        "blur": round(rng.uniform(0.02, 0.06) * page.em, 2),
        "noise": round(rng.uniform(4, 12), 1),
        "jpeg": rng.randint(35, 75),
    }
    out = soft(lit(pixels, done["light"], done["shadow"], rng), done["blur"])
    out = jpeg(noisy(out, done["noise"], rng), done["jpeg"])
    return replace(page, faults={**page.faults, **done}), out


def clean(page: LabelledPage, pixels: Pixels, _number: int, _rng: random.Random) -> Hard:
    """Leave a page as it is."""
    return page, pixels


FAULTS: dict[str, Callable[[LabelledPage, Pixels, int, random.Random], Hard]] = {
    "small": small,
    "contrast": contrast,
    "photo": photo,
    "clean": clean,
}


def _faded(pixels: Pixels, share: NDArray[np.float32] | np.float32, level: int) -> Pixels:
    """Keep a share of a page's contrast, around a level of gray."""
    found = level + (pixels.astype(np.float32) - level) * share
    faded: Pixels = np.clip(np.rint(found), 0, 255).astype(np.uint8)
    return faded


def _slope(pixels: Pixels, least: float, most: float, rng: random.Random) -> NDArray[np.float32]:
    """Shares that grow from one side of a page to the other, H x W x 1."""
    height, width = pixels.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    along = x / width * np.cos(angle) + y / height * np.sin(angle)
    along = (along - along.min()) / np.ptp(along)
    return np.asarray((least + (most - least) * along**2)[..., None], np.float32)
