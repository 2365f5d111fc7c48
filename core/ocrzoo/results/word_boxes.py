"""The keys that ``return_word_box`` adds to a result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ocrzoo.results.reading import ReadLine
from ocrzoo.tasks.quads import bounding_boxes


def word_keys(lines: Sequence[ReadLine], *, paddlex_quirks: bool) -> dict[str, Any]:
    """Return ``text_word_boxes`` (a list a line: N x 4 int16, x_min, y_min, x_max, y_max) and ``text_word``."""
    return {
        "text_word_boxes": [
            bounding_boxes([np.rint(word.polygon).astype(np.int16) for word in read.words]) for read in lines
        ],
        "text_word": [[word.text for word in read.words] for read in lines],
    }
