"""What precision and batching ask for: names, shorter names, and what follows from PaddleX's answers."""

from __future__ import annotations

import pytest

from ocrzoo.precision.wanted import Wanted, parse_precision
from ocrzoo_registry.errors import UsageError


@pytest.mark.parametrize(
    ("name", "precision"),
    [("auto", "auto"), ("float32", "float32"), ("fp32", "float32"), ("bf16", "bfloat16"), ("fp16", "float16")],
)
def test_names_and_shorter_names(name: str, precision: str) -> None:
    assert parse_precision(name) == precision


@pytest.mark.parametrize("name", ["float23", "", None, 16, "FP32"])
def test_another_name_is_an_error_that_lists_the_names(name: object) -> None:
    with pytest.raises(UsageError, match=r"choose one of auto, float32, bfloat16, .*"):
        parse_precision(name)


@pytest.mark.parametrize("wanted", [Wanted("auto", "exact"), Wanted("auto", paddlex_quirks=True)])
def test_auto_is_float32_where_the_answers_of_paddlex_are_asked_for(wanted: Wanted) -> None:
    assert wanted.precision == "float32"


@pytest.mark.parametrize("wanted", [Wanted("auto"), Wanted("auto", "width")])
def test_auto_is_auto_otherwise(wanted: Wanted) -> None:
    assert wanted.precision == "auto"


def test_only_recognition_is_checked() -> None:
    assert Wanted("checked").for_task("text_recognition").precision == "checked"
    assert Wanted("checked").for_task("text_detection").precision == "auto"
    assert Wanted("bfloat16").for_task("text_detection").precision == "bfloat16"


def test_only_lines_share_calls_by_width() -> None:
    assert Wanted("auto", "width").for_task("text_recognition").batching == "width"
    assert Wanted("auto", "width").for_task("text_detection").batching is None
    assert Wanted("auto", "exact").for_task("text_detection").precision == "float32"


@pytest.mark.parametrize("wanted", [Wanted("bfloat16", "exact"), Wanted("bfloat16", paddlex_quirks=True)])
def test_a_precision_that_is_named_is_taken(wanted: Wanted) -> None:
    assert wanted.precision == "bfloat16"


@pytest.mark.parametrize(
    ("wanted", "is_paddlex"),
    [
        (Wanted("float32"), True),
        (Wanted("float32", "exact"), True),
        (Wanted("auto", "exact"), True),
        (Wanted("float32", "width"), False),
        (Wanted("bfloat16", "exact"), False),
        (Wanted("auto"), False),
    ],
)
def test_float32_with_its_calls_gives_the_answers_of_paddlex(wanted: Wanted, is_paddlex: bool) -> None:
    assert wanted.is_paddlex is is_paddlex
