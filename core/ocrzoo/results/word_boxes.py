"""The keys that ``return_word_box`` adds to a result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ocrzoo.results.reading import ReadLine
from ocrzoo.tasks.paddlex_words import bounds_of, words_with_boxes
from ocrzoo.tasks.quads import bounding_boxes


def word_keys(lines: Sequence[ReadLine], *, paddlex_quirks: bool) -> dict[str, Any]:
    """Return ``text_word_boxes`` (a list a line: N x 4, x_min, y_min, x_max, y_max) and ``text_word``."""
    if paddlex_quirks:
        found = [words_with_boxes(read.line, read.quad) for read in lines]
        return {"text_word_boxes": [bounds_of(boxes) for _, boxes in found], "text_word": [words for words, _ in found]}
    return {
        "text_word_boxes": [
            bounding_boxes([np.rint(word.polygon).astype(np.int16) for word in read.words]) for read in lines
        ],
        "text_word": [[word.text for word in read.words] for read in lines],
    }
