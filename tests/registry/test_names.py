"""Did you mean ...?: near names are offered as they are written, far ones are not."""

from __future__ import annotations

import pytest

from ocrzoo_registry.names import did_you_mean, natural_key


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("wheal", " (did you mean wheel?)"),
        ("WHEEL", " (did you mean wheel?)"),
        ("ppocr_v5", " (did you mean PP-OCRv5?)"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_the_hint_names_what_is_near(wrong: str, hint: str) -> None:
    assert did_you_mean(wrong, ["wheel", "PP-OCRv5", "directory"]) == hint


def test_at_most_count_names_are_offered_nearest_first() -> None:
    known = ["model_1", "model_12", "model_123", "model_1234"]
    assert did_you_mean("model_1", known, count=2) == " (did you mean model_1, model_12?)"


def test_nothing_known_gives_no_hint() -> None:
    assert did_you_mean("wheel", []) == ""


def test_names_sort_by_their_numbers_however_long() -> None:
    names = ["PP-OCR", "PP-OCRv3", "PP-OCRv004", "PP-OCRv10", "PP-OCRv10.2", f"PP-OCRv{'9' * 5000}", "svtr"]
    assert sorted(sorted(names, key=len, reverse=True), key=natural_key) == names
