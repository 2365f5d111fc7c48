"""Licenses: an SPDX expression in its usual letters, or none."""

from __future__ import annotations

import pytest

from ocrzoo_registry.cards.spdx import spdx


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("apache-2.0", "Apache-2.0"),
        ("mit and (apache-2.0 or bsd-2-clause)", "MIT AND (Apache-2.0 OR BSD-2-Clause)"),
        ("LicenseRef-Own", "LicenseRef-Own"),
        ("Ask us", None),
        ("(mit", None),
        ("", None),
    ],
)
def test_an_expression_is_written_as_spdx_does(text: str, expression: str | None) -> None:
    assert spdx(text) == expression
