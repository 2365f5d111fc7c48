"""``ocrzoo mcp`` as the protocol's own client uses it, over standard input and HTTP; and PaddleOCR's MCP server."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent
from tests.core.serving.conftest import MODELS, Server, pdf, wait_for
from tests.hubs.environments import Environments

pytestmark = pytest.mark.weights

THREE = ("First page", "Second page", "Third page")
NAMED = [part for name, value in MODELS.items() for part in (f"--{name}", value)]
Call = tuple[str, dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path, sentence: bytes) -> Path:
    """A folder with files, a secret beside it, and a link from it to that."""
    folder = tmp_path / "scans"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "page.png").write_bytes(sentence)
    (folder / "three.pdf").write_bytes(pdf(*THREE))
    (folder / "note.txt").write_text("no image")
    (tmp_path / "secret.png").write_bytes(sentence)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    os.mkfifo(folder / "pipe.png")
    return folder


@pytest.fixture
def own(home: Path) -> dict[str, str]:
    """The variables of a server."""
    return {**os.environ, "OCRZOO_HOME": str(home), "PADDLE_PDX_MODEL_SOURCE": "directory,wheel,pip"}


@pytest.fixture
def ask(own: dict[str, str]) -> Callable[..., list[CallToolResult]]:
    """Start a server on standard input and output, with these options, and call its tools."""

    def called(calls: Sequence[Call], *options: str | Path) -> list[CallToolResult]:
        arguments = ["-m", "ocrzoo", "mcp", *NAMED, *map(str, options)]
        return answers(StdioServerParameters(command=sys.executable, args=arguments, env=own), calls)

    return called


def answers(server: Any, calls: Sequence[Call]) -> list[CallToolResult]:
    async def talk() -> list[CallToolResult]:
        with anyio.fail_after(120):
            async with Client(server) as client:
                return [await client.call_tool(name, arguments) for name, arguments in calls]

    return anyio.run(talk)


def text_of(result: CallToolResult) -> str:
    """What a tool answered."""
    [part] = result.content
    assert isinstance(part, TextContent)
    assert not result.is_error, part.text
    return part.text


def error_of(result: CallToolResult) -> str:
    """The one line that a tool failed with."""
    [part] = result.content
    assert isinstance(part, TextContent)
    assert result.is_error
    assert "\n" not in part.text
    return part.text


def test_files_below_the_folder_and_files_that_are_sent_are_read(
    ask: Callable[..., list[CallToolResult]], folder: Path, sentence: bytes
) -> None:
    found = ask(
        [
            ("read_page", {"path": "inner/page.png"}),
            ("read_page", {"path": str(folder / "inner" / "page.png"), "format": "json"}),
            ("read_page", {"data": base64.b64encode(sentence).decode(), "format": "markdown"}),
            ("read_page", {"path": "three.pdf", "pages": "2-3"}),
            ("read_page", {"path": "inner/page.png", "languages": "en", "format": "json"}),
        ],
        "--folder",
        folder,
    )
    plain, as_json, markdown, pages, english = map(text_of, found)

    assert plain == markdown == "Hello 2026"
    [page] = json.loads(as_json)["pages"]
    assert (page["page"], page["width"], page["height"]) == (1, 320, 64)
    assert [line["text"] for line in page["lines"]] == ["Hello 2026"]
    assert len(page["lines"][0]["polygon"]) == 4
    assert pages == "--- page 2 ---\nSecond page\n\n--- page 3 ---\nThird page"
    assert json.loads(english)["languageSelection"]["languages"] == ["en"]


def test_nothing_else_is_read_and_each_error_is_one_line(
    ask: Callable[..., list[CallToolResult]], folder: Path
) -> None:
    outside = [str(folder.parent / "secret.png"), "../secret.png", "link.png", "/etc/passwd", "inner/../../secret.png"]
    calls = [
        *({"path": path} for path in outside),
        {"path": "missing.png"},
        {"path": "."},
        {"path": "pipe.png"},
        {"path": "note.txt"},
        {"path": "nul\0.png"},
        {"path": "a" * 5000},
        {"url": "http://127.0.0.1/page.png"},
        {"url": "file:///etc/passwd"},
        {"data": "http://127.0.0.1/page.png"},
        {"data": "!"},
        {"data": ""},
        {},
        {"path": "note.txt", "data": "AAAA"},
        {"path": "three.pdf", "pages": "9"},
        {"path": "three.pdf", "pages": "x"},
        {"path": "three.pdf", "languages": "xx-nonsense"},
    ]
    errors = list(map(error_of, ask([("read_page", call) for call in calls], "--folder", folder)))

    for path, error in zip(outside, errors, strict=False):
        assert f"{path}: files are read below {folder} only" in error
    expected = [
        "No such file",
        "a folder, not a file",
        "a pipe or device, not a file",
        "not an image but a text file",
        "path: (lstat: )?embedded null (byte|character)",  # by the version of Python
        "File name too long",
        "URLs are not downloaded by this server",
        "url: not an http or https URL",
        "data: a URL: send it as url",
        "data: neither base64 nor a URL",
        "the file is empty",
        "give exactly one of path, data and url",
        "give exactly one of path, data and url",
        "no page was read: the file has 3",
        "pages: not pages such as 1-3,5, counted from 1",
        "xx-nonsense",
    ]
    for part, error in zip(expected, errors[len(outside) :], strict=True):
        assert re.search(part, error)


def test_without_a_folder_no_file_is_read_and_limits_hold(
    ask: Callable[..., list[CallToolResult]], folder: Path, sentence: bytes
) -> None:
    document = base64.b64encode(pdf(*THREE)).decode()
    by_path, long, large = ask(
        [
            ("read_page", {"path": str(folder / "inner" / "page.png")}),
            ("read_page", {"data": document}),
            ("read_page", {"data": base64.b64encode(bytes(50_000)).decode()}),
        ],
        "--max_pages",
        "1",
        "--max_bytes",
        "20KiB",
    )
    assert "files are read below folders given as --folder only" in error_of(by_path)
    assert text_of(long).endswith("(2 of 3 pages were not read: ask for them with pages)")
    assert "send a smaller file" in error_of(large)


def test_models_are_listed_and_chosen_by_language(ask: Callable[..., list[CallToolResult]]) -> None:
    listed, chosen, several, unknown = ask(
        [
            ("list_models", {"task": "text_recognition", "lang": "ko"}),
            ("choose_model", {"languages": "ko"}),
            ("choose_model", {"languages": "ru,ko", "installed": False}),
            ("list_models", {"lang": "xx-nonsense"}),
        ]
    )
    models = json.loads(text_of(listed))
    names = {model["name"] for model in models}
    assert "korean_PP-OCRv5_mobile_rec" in names
    assert {model["task"] for model in models} == {"text_recognition"}
    [one] = json.loads(text_of(chosen))["models"]
    assert one["name"] in names
    assert one["name"] in json.loads(text_of(chosen))["reason"]
    read = {language for model in json.loads(text_of(several))["models"] for language in model["languages"]}
    assert read == {"ru", "ko"}
    assert "xx-nonsense" in error_of(unknown)


@contextmanager
def over_http(own: dict[str, str], log: Path, *options: str | Path) -> Iterator[str]:
    """Run a server on a free port until it is left."""
    command = [sys.executable, "-m", "ocrzoo", "mcp", "--http", "--port", "0", *NAMED, *map(str, options)]
    with log.open("w") as output:
        process = subprocess.Popen(command, stderr=output, text=True, env=own)
    try:
        yield wait_for(lambda: re.search(r"serving at (\S+)", log.read_text()), process)[1]
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            process.kill()


def test_over_http_a_key_is_asked_for_and_other_hosts_are_refused(
    own: dict[str, str], folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text("one a-key-of-some-length\n")

    async def read(url: str) -> CallToolResult:
        with anyio.fail_after(120):
            async with (
                httpx2.AsyncClient(headers={"X-API-Key": "a-key-of-some-length"}) as http,
                Client(streamable_http_client(url, http_client=http)) as client,
            ):
                return await client.call_tool("read_page", {"path": "inner/page.png"})

    with over_http(own, tmp_path / "log", "--folder", folder, "--keys", tmp_path / "keys") as url:
        assert url.endswith("/mcp")
        assert text_of(anyio.run(read, url)) == "Hello 2026"
        refused = httpx2.post(url, json={})
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthorized")
        rebound = httpx2.post(url, json={}, headers={"Host": "evil.example", "X-API-Key": "a-key-of-some-length"})
        assert rebound.status_code in {403, 421}


def test_keys_without_http_make_no_sense(own: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("one a-key-of-some-length\n")
    command = [sys.executable, "-m", "ocrzoo", "mcp", "--keys", str(tmp_path / "keys")]
    done = subprocess.run(
        command, env=own, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False
    )

    assert done.returncode == 2
    assert "--keys needs --http" in done.stderr


@pytest.mark.environments
def test_paddleocrs_own_mcp_server_reads_with_our_server(
    server: Server, folder: Path, environments: Environments
) -> None:
    """Its mode ``self_hosted`` posts to ``/ocr``."""
    arguments = ["-m", "paddleocr_mcp", "--ppocr_source", "self_hosted", "--self-hosted-base-url", server.url]
    theirs = StdioServerParameters(command=environments.python("paddleocr"), args=arguments, env=dict(os.environ))
    image, document, wrong = answers(
        theirs,
        [
            ("ocr", {"input_data": str(folder / "inner" / "page.png")}),
            ("ocr", {"input_data": str(folder / "three.pdf"), "file_type": "pdf", "output_mode": "detailed"}),
            ("ocr", {"input_data": str(folder / "three.pdf"), "file_type": "image"}),
        ],
    )
    assert text_of(image).startswith("Hello 2026\n\nConfidence: ")
    found = json.loads(text_of(document))
    assert found["text"].split("\n") == list(THREE)
    assert [len(line["bbox"]) for line in found["text_lines"]] == [4, 4, 4]
    assert wrong.is_error
