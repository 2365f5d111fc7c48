"""Forms with a file: nothing of them is written to the disk, which may be read-only."""

from __future__ import annotations

import asyncio
import tempfile
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from ocrzoo.serving.bodies import file_of, form_of
from ocrzoo.serving.problems import Problem


def received(*parts: tuple[str, tuple[str | None, bytes]]) -> Request:
    """A request with a form, which comes in pieces."""
    sent = httpx.Request("POST", "http://server", files=list(parts))
    body = sent.read()
    pieces = [body[start : start + 65536] for start in range(0, len(body), 65536)]

    async def receive() -> Any:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    headers = [(name.lower(), value) for name, value in sent.headers.raw]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def test_a_large_file_stays_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc/none")
    content = bytes(5 << 20)

    async def read() -> tuple[Any, ...]:
        form = await form_of(received(("file", ("page.png", content)), ("language", (None, b"en"))))
        return *await file_of(form), form["language"]

    assert asyncio.run(read()) == ("page.png", content, "en")


def test_a_file_is_a_field_of_this_name() -> None:
    async def read() -> Any:
        return await file_of(await form_of(received(("page", ("page.png", b"x")))))

    with pytest.raises(Problem, match="the form has no file"):
        asyncio.run(read())


@pytest.mark.parametrize(
    "parts",
    [
        [("file", ("a", b"x")), ("file", ("b", b"x"))],
        [("field", (None, b"x"))] * 101,
        [("field", (None, bytes(2 << 20)))],
    ],
    ids=["files", "fields", "a large field"],
)
def test_what_a_form_has_is_bounded(parts: list[tuple[str, tuple[str | None, bytes]]]) -> None:
    with pytest.raises(Problem, match="not a valid form"):
        asyncio.run(form_of(received(*parts)))
