"""A made-up result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ocrzoo.processing.detection import DetectionParams
from ocrzoo.processing.recognition import Line
from ocrzoo.results.line import RecognizedLine
from ocrzoo.results.ocr import OCRResult
from ocrzoo.results.output_files import OutputNames, PageSource

Build = Callable[..., OCRResult]


@pytest.fixture
def build() -> Build:
    """Builds a result of three lines; what is given replaces its parts."""

    def made(**parts: Any) -> OCRResult:
        texts = parts.pop("texts", ["Hello", "你好，世界", ""])
        quads = parts.pop("quads", None) or [
            np.array([[10, 10 + 30 * i], [150, 10 + 30 * i], [150, 32 + 30 * i], [10, 32 + 30 * i]], np.int16)
            for i in range(len(texts))
        ]
        lines = parts.pop("lines", [Line(text, 0.9 if text else 0.0) for text in texts])
        source = PageSource(
            parts.pop("input_path", "folder/page.png"),
            parts.pop("page_index", None),
            parts.pop("name", "page"),
            parts.pop("names", OutputNames()),
            parts.pop("origin", None),
        )
        defaults: dict[str, Any] = {
            "image": np.full((120, 160, 3), 200, np.uint8),
            "quads": quads,
            "det_scores": [0.75] * len(texts),
            "lines": [RecognizedLine(line, quad) for line, quad in zip(lines, quads, strict=True)],
            "det_params": DetectionParams(),
            "angles": [-1] * len(texts),
            "score_thresh": 0.0,
        }
        return OCRResult.assemble(source, **{**defaults, **parts})

    return made
