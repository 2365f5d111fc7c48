"""Amounts of memory, as users write them."""

from __future__ import annotations

import pytest

from ocrzoo.memory.sizes import parse_size
from ocrzoo_registry.errors import UsageError


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
