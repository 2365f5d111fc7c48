"""``ocrzoo.read``: the README's three lines, without flags and without a network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ocrzoo import read
from ocrzoo_registry.errors import UsageError

NO_NETWORK = """
import socket
def refused(*arguments, **options):
    raise OSError("this process has no network")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refused
"""


@pytest.mark.weights
def test_reads_a_page_without_flags_and_without_a_network(sample: Path, tmp_path: Path) -> None:
    code = f"{NO_NETWORK}\nimport ocrzoo\nfor page in ocrzoo.read({str(sample)!r}):\n    print(page.text)\n"
    settings = {name: text for name, text in os.environ.items() if not name.startswith(("OCRZOO_", "PADDLE_PDX_"))}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**settings, "OCRZOO_HOME": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Reading a page with a model zoo\n")
    assert len(done.stdout.splitlines()) == 9


@pytest.mark.weights
def test_optional_stages_are_off(sample: Path) -> None:
    [page] = read(sample)
    assert page["model_settings"] == {"use_doc_preprocessor": False, "use_textline_orientation": False}


@pytest.mark.weights
def test_the_text_is_what_a_text_file_gets(sample: Path, tmp_path: Path) -> None:
    [page] = read(sample)
    assert page.save_to_txt(tmp_path).read_text("utf-8") == f"{page.text}\n"


def test_an_unknown_argument_is_answered_with_the_nearest_of_all() -> None:
    options: Any = {"use_doc_unwarp": True}
    with pytest.raises(UsageError, match=r"^read has no argument 'use_doc_unwarp' \(did you mean use_doc_unwarping"):
        read("page.png", **options)
