"""Small data sets on disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ocrzoo.datasets.check import Report, check, read
from ocrzoo.datasets.faults import Limits


def picture(path: Path, width: int = 480, height: int = 48, seed: int = 0) -> Path:
    """Write a picture; another seed makes another one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    assert cv2.imwrite(str(path), pixels)
    return path


def recognition(folder: Path, texts: Sequence[str], name: str = "rec_gt_train.txt", first: int = 0) -> Path:
    """Write a data set for recognition with a picture for each text."""
    lines = []
    for number, text in enumerate(texts, first):
        picture(folder / "images" / f"{number}.png", seed=number)
        lines.append(f"images/{number}.png\t{text}\n")
    path = folder / name
    path.write_text("".join(lines), encoding="utf-8", newline="")
    return path


def detection(folder: Path, regions: Any, name: str = "det_gt_train.txt") -> Path:
    """Write a data set for detection with one page of 400 x 300 pixels."""
    picture(folder / "pages" / "0.png", 400, 300)
    label = regions if isinstance(regions, str) else json.dumps(regions)
    path = folder / name
    path.write_text(f"pages/0.png\t{label}\n", encoding="utf-8", newline="")
    return path


def region(*points: Sequence[float], text: str = "word") -> dict[str, Any]:
    """Return a region for a label."""
    return {"transcription": text, "points": [list(point) for point in points]}


def report_of(path: Path, **limits: Any) -> Report:
    """Check a data set."""
    return check(read(path), Limits(**limits))


def found(report: Report) -> dict[str, str]:
    """Return the example of each kind of fault, by the name of its check."""
    return {fault.check.name: fault.example for fault in report.faults}
