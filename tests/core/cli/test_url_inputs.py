"""URLs on the command line: each ends, and tells no password."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def nobody() -> str:
    """An address where nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{unused.getsockname()[1]}"


@pytest.mark.parametrize("path", ["/a b.png", "/ä%.png?q=a b", "/page.png", "/x\\y.png", "/\tx.png"])
def test_a_url_that_cannot_be_read_ends_the_command(start: Callable[..., Any], nobody: str, path: str) -> None:
    done = start("ocr", f"http://{nobody}{path}")
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.startswith(f"error: http://{nobody}/")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "url",
    ["http://ann:Secret@{}/a b.png", "ftp://ann:Secret@{}/", "http://ann:Secret/Secret@{}/", "http:/ann:Secret@{}/"],
)
def test_a_password_is_not_printed(start: Callable[..., Any], nobody: str, tmp_path: Path, url: str) -> None:
    done = start("ocr", "-v", url.format(nobody), "--json", "--save_path", tmp_path)
    assert done.returncode == 6
    assert "Secret" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_output_file_that_is_a_link_to_itself(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    loop = tmp_path / "loop.pdf"
    loop.symlink_to(loop)
    ran = run("ocr", tmp_path / "pages", "--output", loop)
    assert ran.code == 6, ran.err
    assert "bug" not in ran.err
