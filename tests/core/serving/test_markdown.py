"""Markdown of whole files: ``?format=md`` and ``Accept: text/markdown``."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from tests.core.serving.conftest import FIRST_WORDS

pytestmark = pytest.mark.weights
PDF = "application/pdf"


@pytest.mark.parametrize(
    "asked", [{"params": {"format": "md"}}, {"headers": {"Accept": "text/markdown", "Content-Type": PDF}}]
)
def test_pages_are_separated_by_a_rule(url: str, three_pages: bytes, asked: dict[str, Any]) -> None:
    asked.setdefault("headers", {"Content-Type": PDF})
    answer = httpx.post(f"{url}/ocr", content=three_pages, timeout=120, **asked)
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    first, second, third = answer.text.split("\n---\n\n")
    assert first.startswith(FIRST_WORDS)
    assert second.startswith("We the People of the United States, in Order to form\na more perfect Union")
    assert third.startswith("This page lies a little askew on the glass.")
