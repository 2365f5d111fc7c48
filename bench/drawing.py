"""Compare drawing with PaddleX's way of drawing: ``python -m bench.drawing [--rounds N]``.

PaddleX 3.7.2 warps each text over a picture of the whole page and joins the two pictures; that is written out here
plainly, with the same letters, colors and outlines in both. In each round both draw the same page, in random
order. Printed are milliseconds a page and how many times as fast as PaddleX's way this is, with the spread over rounds.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from ocrzoo.visualize.drawing import draw
from ocrzoo.visualize.fonts.book import font_book
from ocrzoo.visualize.lettering import letter, one_line

PAGES = ((1000, 750), (3000, 2000), (4000, 3000))
BOXES = (10, 100, 500)
TEXTS = ("Invoice no. 2026-0417", "合计金额（人民币）", "Total amount due 1,240.50", "Привет, мир", "第三条 甲方应当")
TILT_DEGREES = 2.0
Draw = Callable[[NDArray[np.uint8], Sequence[NDArray[Any]], Sequence[str]], PillowImage.Image]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{cv2.getNumThreads()} threads, {options.rounds} rounds")
    print(
        f"{'page':>11} {'boxes':>5} {'tilted':>6} {'PaddleX, ms':>12} {'ours, ms':>9}   times as fast (least to most)"
    )
    for height, width in PAGES:
        for count in BOXES:
            for tilted in (False, True):
                compare(height, width, count, tilted, options.rounds)


def compare(height: int, width: int, count: int, tilted: bool, rounds: int) -> None:
    """Measure one page and print a line."""
    page = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    quads = boxes(height, width, count, TILT_DEGREES if tilted else 0.0)
    texts = [TEXTS[number % len(TEXTS)] for number in range(count)]
    ways: dict[str, Draw] = {"theirs": whole_page_a_box, "ours": draw}
    measured: dict[str, list[float]] = {name: [] for name in ways}
    draw(page, quads, texts)
    for _ in range(rounds):
        for name in random.sample(sorted(ways), len(ways)):
            start = time.perf_counter()
            ways[name](page, quads, texts)
            measured[name].append((time.perf_counter() - start) * 1000)
    ratios = sorted(theirs / ours for theirs, ours in zip(measured["theirs"], measured["ours"], strict=True))
    theirs, ours = (statistics.median(measured[name]) for name in ("theirs", "ours"))
    spread = f"{statistics.median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})"
    how = "yes" if tilted else "no"
    print(f"{width:>5}x{height:<5} {count:>5} {how:>6} {theirs:>12.0f} {ours:>9.0f}   {spread}", flush=True)


def boxes(height: int, width: int, count: int, degrees: float) -> list[NDArray[np.int16]]:
    """Lines in columns, as many as asked for."""
    columns = max(1, round((count * width / height / 8) ** 0.5))
    rows = -(-count // columns)
    step_x, step_y = width / columns, height / rows
    long, high = step_x * 0.85, min(step_y * 0.7, width / 40)
    turn = np.deg2rad(degrees)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    corners = np.array([[-long, -high], [long, -high], [long, high], [-long, high]]) / 2 @ axes
    places = [((number % columns + 0.5) * step_x, (number // columns + 0.5) * step_y) for number in range(count)]
    return [np.rint(corners + place).astype(np.int16) for place in places]


def whole_page_a_box(
    page: NDArray[np.uint8], polygons: Sequence[NDArray[Any]], texts: Sequence[str]
) -> PillowImage.Image:
    """Draw in PaddleX's way: every text on a white page of its own, and that page's dark pixels onto the result."""
    height, width = page.shape[:2]
    colors = [tuple(random.Random(number).randrange(256) for _ in range(3)) for number in range(len(texts))]
    painted = np.ascontiguousarray(page[:, :, ::-1])
    right = np.full_like(page, 255)
    fonts = font_book().for_texts(texts)
    for polygon, text, color in zip(polygons, texts, colors, strict=True):
        cv2.fillPoly(painted, [polygon.astype(np.int32)], color)
        corners = polygon.astype(np.float32)
        size = round(np.linalg.norm(corners[1] - corners[0])), round(np.linalg.norm(corners[3] - corners[0]))
        label = cv2.cvtColor(letter(one_line(text), *size, fonts), cv2.COLOR_GRAY2RGB)
        source = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], np.float32)
        matrix = cv2.getPerspectiveTransform(source, corners)
        own = cv2.warpPerspective(label, matrix, (width, height), flags=cv2.INTER_NEAREST, borderValue=(255, 255, 255))
        cv2.polylines(own, [polygon.astype(np.int32)], True, color, 1)
        right = np.asarray(cv2.bitwise_and(right, own), np.uint8)
    original = PillowImage.fromarray(np.ascontiguousarray(page[:, :, ::-1]))
    picture = PillowImage.new("RGB", (width * 2, height), "white")
    picture.paste(PillowImage.blend(original, PillowImage.fromarray(painted), 0.5), (0, 0))
    picture.paste(PillowImage.fromarray(right), (width, 0))
    return picture


if __name__ == "__main__":
    main()
