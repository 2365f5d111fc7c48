"""Pages that are made hard to read, and what is measured on them."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from bench.hard_faults import FAULTS
from bench.hard_pages import measured, table
from bench.labelled_pages import page, pages, write
from tests.fonts import needs_fonts

pytestmark = needs_fonts


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("number", range(4))
def test_labels_stay_on_the_page(fault: str, number: int) -> None:
    labels, pixels = FAULTS[fault](*page("one", "en", random.Random(number)), number, random.Random(number))
    height, width = pixels.shape[:2]
    corners = np.array([line.quad for line in labels.lines])
    assert corners.min() > -1
    assert (corners.reshape(-1, 2).max(axis=0) < (width + 1, height + 1)).all()


def test_small_letters_are_as_small_as_the_labels_say() -> None:
    made, pixels = page("one", "en", random.Random(1))
    labels, shrunk = FAULTS["small"](made, pixels, 2, random.Random(1))
    assert labels.em == 6
    assert shrunk.shape[0] / pixels.shape[0] == pytest.approx(6 / made.em, rel=0.01)


@pytest.mark.weights
def test_every_way_is_compared_with_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, pages(1, languages=["en"]))
    monkeypatch.setitem(FAULTS, "contrast", lambda labels, pixels, *_: (labels, pixels))
    rows = list(measured("PP-OCRv6_tiny", "contrast", tmp_path))
    assert rows[0]["interval"] == [0, 0]
    assert {row["pages"] for row in rows} == {1}
    assert all(row["recall"] > 90 for row in rows)
    assert len(list(table(rows))) == len(rows) + 2
