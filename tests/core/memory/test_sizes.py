"""Amounts of memory, as users write them."""

from __future__ import annotations

import pytest

from ocrzoo.inputs import limits
from ocrzoo.memory.sizes import parse_size
from ocrzoo.pipelines.config import checked, default_ocr
from ocrzoo.pipelines.factory import create_pipeline
from ocrzoo.pipelines.schema import OCRConfig
from ocrzoo_registry.errors import InputError, UsageError


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ("700MiB", 700 << 20),
        ("1.5GiB", 3 << 29),
        ("1.5 gib", 3 << 29),
        ("700MB", 700_000_000),
        ("2G", 2_000_000_000),
        ("512Mi", 512 << 20),
        ("123456789", 123456789),
        (123456789, 123456789),
    ],
)
def test_reads_an_amount(given: object, size: int) -> None:
    assert parse_size(given) == size


@pytest.mark.parametrize("given", ["much", "", "-1GiB", "1.5TiB", "1,5GiB", "0", 0, -1, True, 1.5, None, "5i"])
def test_refuses_what_is_none(given: object) -> None:
    with pytest.raises(UsageError, match="no amount of memory: write it as 700MiB"):
        parse_size(given)


def test_a_configuration_has_it_in_any_form_and_bounds_the_pages_by_it() -> None:
    record = checked(OCRConfig, {**default_ocr(), "memory": "700MiB"}, "config")
    assert record.memory == 700 << 20
    assert record.input_options.most_pixels == (700 << 20) // 48


def test_without_a_ceiling_pages_are_not_bounded_by_it() -> None:
    assert checked(OCRConfig, default_ocr(), "config").input_options.most_pixels is None


def test_nonsense_is_an_error_of_one_line() -> None:
    with pytest.raises(UsageError, match=r"memory='much': 'much' is no amount of memory: write it as 700MiB"):
        create_pipeline("OCR", memory="much")


def test_a_page_too_large_for_it_names_no_option_that_the_command_lacks() -> None:
    with limits.at_most(100), pytest.raises(InputError, match=r"by the memory given or a server's --max_pixels"):
        limits.check_size(11, 10, "a page")
