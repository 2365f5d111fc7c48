"""What happens to a page on its way to the reader: screens, scanners and cameras; each keeps where every line is.

Functions take ink (H x W, uint8, 255 where letters are) or pixels (H x W x 3, uint8, BGR), and corners (N x 4 x 2,
float64, pixels). Blur is a share of the size of the letters, ``em`` in pixels: whoever wants to read moves closer.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Corners = NDArray[np.float64]
Taken = tuple[Pixels, Corners, dict[str, Any]]
"""The picture, the corners in it, and what was done."""
Taking = Callable[[Pixels, Corners, float, random.Random], Taken]


def screen(ink: Pixels, corners: Corners, _em: float, rng: random.Random) -> Taken:
    """Show a page on a screen: colors, white on dark at times; JPEG in half of all cases."""
    dark = rng.random() < 0.2
    pixels = colored(ink, rng, dark=dark)
    done: dict[str, Any] = {"taken": "screen", "dark": dark}
    if rng.random() < 0.5:
        done["jpeg"] = rng.randint(45, 90)
        pixels = jpeg(pixels, done["jpeg"])
    return pixels, corners, done


def scan(ink: Pixels, corners: Corners, em: float, rng: random.Random) -> Taken:
    """Scan a page: slightly turned, soft, with noise."""
    done: dict[str, Any] = {
        "taken": "scan",
        "degrees": round(rng.uniform(-1.5, 1.5), 2),
        "blur": round(rng.uniform(0.01, 0.045) * em, 2),
        "noise": round(rng.uniform(2, 14), 1),
        "jpeg": rng.randint(40, 90),
    }
    pixels = colored(ink, rng)
    pixels, corners = moved(pixels, corners, done["degrees"], 0, rng)
    pixels = noisy(soft(pixels, done["blur"]), done["noise"], rng)
    return jpeg(pixels, done["jpeg"]), corners, done


def photograph(ink: Pixels, corners: Corners, em: float, rng: random.Random) -> Taken:
    """Photograph a page: in perspective, on a table, lit from a side, in a shadow, out of focus or shaken."""
    done: dict[str, Any] = {
        "taken": "photograph",
        "degrees": round(rng.uniform(-3, 3), 2),
        "perspective": round(rng.uniform(0.005, 0.05), 3),
        "light": round(rng.uniform(0.45, 0.9), 2),
        "shadow": round(rng.uniform(0.5, 0.9), 2) if rng.random() < 0.5 else 1.0,
        "blur": round(rng.uniform(0.015, 0.055) * em, 2),
        "shaken": round(rng.choice((0, 0, 0, 0.06, 0.1)) * em),
        "noise": round(rng.uniform(3, 12), 1),
        "jpeg": rng.randint(40, 85),
    }
    pixels = colored(ink, rng)
    pixels, corners = moved(pixels, corners, done["degrees"], done["perspective"], rng)
    pixels = lit(pixels, done["light"], done["shadow"], rng)
    pixels = soft(pixels, done["blur"])
    if done["shaken"]:
        pixels = shaken(pixels, done["shaken"], rng.uniform(0, 180))
    return jpeg(noisy(pixels, done["noise"], rng), done["jpeg"]), corners, done


TAKEN: tuple[Taking, ...] = (screen, scan, photograph)


def colored(ink: Pixels, rng: random.Random, *, dark: bool = False) -> Pixels:
    """Return a page in colors; ``ink`` (H x W, uint8) is 255 where letters are."""
    paper = np.subtract(rng.randint(225, 255), [rng.randint(0, 25), rng.randint(0, 8), 0])
    pen = np.add(rng.randint(0, 70), [rng.choice((0, 0, 0, 90)), 0, rng.choice((0, 0, 0, 90))])
    if dark:
        paper, pen = 255 - paper, 255 - pen // 2
    share = ink.astype(np.float32)[..., None] / 255
    return _bytes(paper * (1 - share) + pen * share)


def moved(
    pixels: Pixels, corners: Corners, degrees: float, perspective: float, rng: random.Random
) -> tuple[Pixels, Corners]:
    """Turn a page clockwise, and tilt it; below it lies a table.

    Its corners move by up to ``perspective`` of its sides.
    """
    height, width = pixels.shape[:2]
    page = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    turn = np.deg2rad(degrees)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    bent = (page - (width / 2, height / 2)) @ axes
    bent += np.array([[rng.uniform(-1, 1) * width, rng.uniform(-1, 1) * height] for _ in page]) * perspective
    bent -= bent.min(axis=0)
    size = np.ceil(bent.max(axis=0)).astype(int).tolist()
    matrix = cv2.getPerspectiveTransform(page.astype(np.float32), bent.astype(np.float32))
    color = pixels[0, 0].tolist() if perspective == 0 else [rng.randint(40, 150) for _ in range(3)]
    out = cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_CUBIC, borderValue=color)
    points = np.asarray(cv2.perspectiveTransform(corners.reshape(-1, 1, 2), matrix), np.float64)
    return np.asarray(out, np.uint8), points.reshape(corners.shape)


def lit(pixels: Pixels, least: float, shadow: float, rng: random.Random) -> Pixels:
    """Light a page from a side, down to a share of ``least``; a soft shadow lets a share of ``shadow`` through."""
    height, width = pixels.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    along = x / width * np.cos(angle) + y / height * np.sin(angle)
    along = (along - along.min()) / np.ptp(along)
    light = least + (1 - least) * along
    if shadow < 1:
        middle, soft = rng.uniform(0.3, 0.7), rng.uniform(0.01, 0.05)
        across = x / width * np.sin(angle + 0.6) + y / height * np.cos(angle + 0.6)
        edge = np.quantile(across[::16, ::16], middle)
        light *= shadow + (1 - shadow) / (1 + np.exp(-(across - edge) / soft))
    return _bytes(pixels * light[..., None])


def soft(pixels: Pixels, deviation: float) -> Pixels:
    """Blur a picture, as a lens that is out of focus does; ``deviation`` in pixels."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), deviation), np.uint8)


def shaken(pixels: Pixels, length: int, degrees: float) -> Pixels:
    """Blur a picture along a line, as a moving camera does; ``length`` in pixels to each side."""
    side = 2 * length + 1
    kernel = np.zeros((side, side), np.float32)
    kernel[length] = 1
    turned = np.asarray(cv2.warpAffine(kernel, cv2.getRotationMatrix2D((length, length), degrees, 1), (side, side)))
    return np.asarray(cv2.filter2D(pixels, -1, turned / turned.sum()), np.uint8)


def noisy(pixels: NDArray[Any], deviation: float, rng: random.Random) -> Pixels:
    """Add the noise of a sensor, in brightness."""
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, deviation, pixels.shape[:2]).astype(np.float32)
    return _bytes(pixels + noise[..., None])


def jpeg(pixels: Pixels, quality: int) -> Pixels:
    """Return a picture as it comes back from a JPEG file."""
    encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def _bytes(values: NDArray[Any]) -> Pixels:
    limited: Pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return limited
