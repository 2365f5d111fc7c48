"""Recorded answers as a file: what PaddleX read on which page, with which models, by which versions.

A file holds one recording, or several under ``recordings``::

    {"peer": "paddlex 3.7.2 engine=onnxruntime 1.31.1", "engine": "onnxruntime", "cv2": "4.10.0",
     "settings": {...},
     "models": {"PP-OCRv5_mobile": {"page.png": {"width": 640, "height": 480, "lines": [
         {"poly": [[8, 6], [96, 6], [96, 24], [8, 24]], "text": "Hello", "score": 0.998}]}}}}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Polygon = tuple[tuple[int, int], ...]
"""Corners in pixels of the page, from the top left one clockwise."""


@dataclass(frozen=True)
class Line:
    """One line of text as a pipeline answers it."""

    polygon: Polygon
    text: str
    score: float


Pages = Mapping[str, tuple[Line, ...]]
"""Page (file name) -> its lines, in the pipeline's order."""


@dataclass(frozen=True)
class Recording:
    """What one peer on one engine answered."""

    peer: str
    """The program and its version, in words."""
    engine: str
    cv2: str
    """The version of OpenCV: it changes 1 to 2 % of the texts."""
    models: Mapping[str, Pages]
    """``PP-OCRv5_mobile`` (detection and recognition of that name) -> pages."""


def line_from(data: Mapping[str, Any]) -> Line:
    """Build a line from its JSON form."""
    return Line(tuple((int(x), int(y)) for x, y in data["poly"]), str(data["text"]), float(data["score"]))


def recording_from(data: Mapping[str, Any]) -> Recording:
    """Build a recording from its JSON form; one that names no engine names it in ``peer``."""
    stated = re.search(r"engine=(\w+)", data["peer"])
    engine = data.get("engine") or (stated.group(1) if stated else "unknown")
    models = {
        model: {name: tuple(map(line_from, page["lines"])) for name, page in pages.items()}
        for model, pages in data["models"].items()
    }
    return Recording(data["peer"], engine, data.get("cv2", "unknown"), models)


def read_recordings(path: Path) -> list[Recording]:
    """Read every recording that a file holds."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return [recording_from(one) for one in data.get("recordings", [data])]


def write_recordings(path: Path, recordings: Iterable[Mapping[str, Any]]) -> None:
    """Write recordings in their JSON form, one line of text a line, so that a change shows what changed."""
    blocks = ",\n".join("\n".join(_render(recording)) for recording in recordings)
    path.write_text(f'{{"recordings": [\n{blocks}\n]}}\n', encoding="utf-8")


def _render(recording: Mapping[str, Any]) -> Iterator[str]:
    yield "{"
    for key, value in recording.items():
        if key != "models":
            yield f" {_json(key)}: {_json(value)},"
    yield ' "models": {'
    yield ",\n".join(
        f"  {_json(model)}: {{\n" + ",\n".join(_render_page(*page) for page in pages.items()) + "\n  }"
        for model, pages in recording["models"].items()
    )
    yield " }}"


def _render_page(name: str, page: Mapping[str, Any]) -> str:
    lines = ",".join(f"\n    {_json(line)}" for line in page["lines"])
    return f'   {_json(name)}: {{"width": {page["width"]}, "height": {page["height"]}, "lines": [{lines}]}}'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
