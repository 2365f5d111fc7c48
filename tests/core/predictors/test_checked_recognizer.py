"""Reading in reduced precision: what is in doubt is read again, by a network that is loaded only then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from ocrzoo.predictors.checked import DOUBTFUL, CheckedRecognizer
from ocrzoo.processing.recognition import Line
from ocrzoo.types import Image

SURE, UNSURE = DOUBTFUL + 0.1, DOUBTFUL - 0.1


class Reader:
    """Reads the first pixel of a crop, with the margins that it is given."""

    name = "seaside_rec"
    scripts = ("Latn",)

    def __init__(self, mark: str, margins: Sequence[float] = ()) -> None:
        self._mark, self._margins = mark, margins
        self.asked: list[tuple[list[int], int, dict[str, Any]]] = []

    def predict(self, crops: Sequence[Image], batch_size: int = 6, **more: Any) -> list[Line]:
        numbers = [int(crop[0, 0, 0]) for crop in crops]
        self.asked.append((numbers, batch_size, more))
        return [Line(f"{self._mark}{n}", 1.0, margin=self._margins[n] if self._margins else 1.0) for n in numbers]


def crops(count: int) -> list[Image]:
    return [np.full((4, 8, 3), number, np.uint8) for number in range(count)]


def test_lines_in_doubt_are_read_again() -> None:
    exact = Reader("exact ")
    recognizer = CheckedRecognizer(Reader("quick ", [SURE, UNSURE, SURE, UNSURE]), lambda: exact)
    lines = recognizer.predict(crops(4), 2, batching="width", input_shape=None)
    assert [line.text for line in lines] == ["quick 0", "exact 1", "quick 2", "exact 3"]
    assert exact.asked == [([1, 3], 2, {"batching": "width", "input_shape": None})]


def test_the_second_network_is_loaded_when_a_line_is_first_in_doubt_and_once() -> None:
    loaded: list[Reader] = []

    def load() -> Reader:
        loaded.append(Reader("exact "))
        return loaded[-1]

    quick = Reader("quick ", [SURE, UNSURE])
    recognizer = CheckedRecognizer(quick, load)
    recognizer.predict(crops(1))
    assert loaded == []
    recognizer.predict(crops(2))
    recognizer.predict(crops(2))
    assert len(loaded) == 1


def test_the_error_of_loading_is_the_callers() -> None:
    def failing() -> Reader:
        raise OSError("no weights")

    recognizer = CheckedRecognizer(Reader("quick ", [UNSURE]), failing)
    with pytest.raises(OSError, match="no weights"):
        recognizer.predict(crops(1))


def test_it_is_the_model_that_it_wraps() -> None:
    recognizer = CheckedRecognizer(Reader(""), lambda: Reader(""))
    assert (recognizer.name, recognizer.scripts, recognizer.batching) == ("seaside_rec", ("Latn",), "exact")
