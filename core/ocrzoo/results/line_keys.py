"""What an OCR result says of its lines, besides text, score and place: a function for each key, or a few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ocrzoo.processing.geometry import bounding_boxes
from ocrzoo.processing.reading_order import Lines, reading_order
from ocrzoo.results.line import RecognizedLine
from ocrzoo.text.bidi import letters_from_right
from ocrzoo.text.line_scripts import only_language, script_of_line
from ocrzoo.text.paddlex_words import bounds_of, words_with_boxes


def language_keys(lines: Sequence[RecognizedLine]) -> dict[str, Any]:
    """Return ``rec_languages`` and ``rec_models``."""
    return {
        "rec_languages": [read.language.tag if read.language else None for read in lines],
        "rec_models": [read.model for read in lines],
    }


def script_keys(lines: Sequence[RecognizedLine], *, languages: bool) -> dict[str, Any]:
    """Return ``rec_scripts``; with ``languages``, also ``rec_languages``, as far as scripts tell."""
    found = [script_of_line(read.line.text) for read in lines]
    return {**({"rec_languages": [only_language(one) for one in found]} if languages else {}), "rec_scripts": found}


def word_keys(lines: Sequence[RecognizedLine], *, paddlex_quirks: bool) -> dict[str, Any]:
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


def characters_of(read: RecognizedLine) -> list[dict[str, Any]]:
    """Return a line's entry of ``rec_chars``."""
    found = read.characters
    boxes = bounding_boxes([np.rint(one.polygon).astype(np.int16) for one in found])
    return [
        {
            "text": one.text,
            "score": one.score,
            "box": box.tolist(),
            **({"alternatives": [[*choice] for choice in one.choices]} if read.line.alternatives else {}),
        }
        for one, box in zip(found, boxes, strict=True)
    ]


def alternatives_of(read: RecognizedLine) -> list[dict[str, Any]]:
    """Return a line's entry of ``rec_alternatives``."""
    return [{"text": one.text, "probability": one.probability} for one in read.line.alternatives]


def counts(lines: Sequence[RecognizedLine], score_thresh: float) -> dict[str, int]:
    """Return how many lines there are, are left out for their score, and are kept but have no text."""
    low = sum(read.line.score < score_thresh for read in lines)
    blank = sum(read.line.score >= score_thresh and not read.line.text.strip() for read in lines)
    return {"detected": len(lines), "below_score_thresh": low, "without_text": blank}


def order_of(lines: Sequence[RecognizedLine]) -> list[int]:
    """Return the reading order of lines: their indices.

    Those without text come last: specks, and pictures that were detected as lines, between columns would separate them.
    """
    written = [index for index, read in enumerate(lines) if read.line.text.strip()]
    placed = [lines[index].placed for index in written]
    texts = [lines[index].line.text for index in written]
    found = reading_order(
        Lines(
            np.array([polygon for polygon, _ in placed], np.float32).reshape(-1, 4, 2),
            np.array([direction == "ttb" for _, direction in placed], bool),
            np.array([len(text) for text in texts], int),
            np.array([letters_from_right(text) for text in texts], int),
        )
    )
    return [*(written[one] for one in found), *sorted({*range(len(lines))} - {*written})]
