"""What PaddleOCR's loader and label encoders do with a label file, as far as it decides which lines are learned.

Written by the rules of ``SimpleDataSet`` (``ppocr/data/simple_dataset.py``: lines in binary, decoded as UTF-8, without
their line end, split at tabs; the first field is the path below ``data_dir``, the second the label) and of
``BaseRecLabelEncode`` and ``DetLabelEncode`` (``ppocr/data/imaug/label_ops.py``: 1 to ``max_text_length`` characters,
those of the dictionary; a JSON list with ``points`` and ``transcription``).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def loaded(label_file: Path, data_dir: Path) -> Iterator[tuple[NDArray[Any], str]]:
    """Yield the picture and the label of each line; what the loader would replace is an error here."""
    with label_file.open("rb") as file:
        lines = file.readlines()
    for line in lines:
        fields = line.decode("utf-8").strip("\n").split("\t")
        name, label = fields[0], fields[1]
        content = (data_dir / name).read_bytes()
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        yield picture, label


def encoded(text: str, characters: Collection[str], max_text_length: int) -> str | None:
    """Return what is learned of a text; ``None`` if the line is left out."""
    if not 0 < len(text) <= max_text_length:
        return None
    return "".join(character for character in text if character in characters) or None


def regions(label: str) -> list[tuple[NDArray[np.float32], str, bool]]:
    """Return the regions of a page: points, text, and whether they are ignored."""
    return [
        (np.array(one["points"], np.float32), one["transcription"], one["transcription"] in {"*", "###"})
        for one in json.loads(label)
    ]
