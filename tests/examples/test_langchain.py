"""The document loader for LangChain: a document a page, and errors of one page that do not stop the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.examples.conftest import Beside

SCRIPT = """
import json, logging, sys
from langchain_core.document_loaders import BaseLoader
from ocrzoo import OcrzooError
from ocrzoo_langchain import OcrzooLoader

logging.basicConfig(format="%(message)s")
given = json.load(sys.stdin)
loader = OcrzooLoader(given.pop("input"), **given)
assert isinstance(loader, BaseLoader)
found = {"documents": [], "error": None}
try:
    for document in loader.lazy_load():
        found["documents"].append({"text": document.page_content, **document.metadata})
except OcrzooError as error:
    found["error"] = str(error)
print(json.dumps(found))
"""

pytestmark = [pytest.mark.weights, pytest.mark.environments]


@pytest.fixture(scope="module")
def load(beside: Callable[..., Beside]) -> Callable[..., Any]:
    """Load documents where LangChain and the loader are installed; returns them, the error, and what was logged."""
    environment = beside("langchain", "ocrzoo-langchain")

    def call(**given: Any) -> Any:
        ran = environment.run("python", "-c", SCRIPT, input=json.dumps(given))
        assert ran.returncode == 0, ran.stderr
        return {**json.loads(ran.stdout), "log": ran.stderr}

    return call


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A file that is no picture, whatever its name says."""
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    return tmp_path / "broken.png"


def test_each_page_of_a_file_is_a_document(load: Callable[..., Any], sample: Path, tmp_path: Path) -> None:
    with Image.open(sample) as picture:
        page = picture.convert("RGB")
    page.save(tmp_path / "two.pdf", save_all=True, append_images=[page.crop((0, 0, page.width, 90))], resolution=150)
    found = load(input=str(tmp_path / "two.pdf"), lang="en")
    assert [document["page"] for document in found["documents"]] == [0, 1]
    assert {document["source"] for document in found["documents"]} == {str(tmp_path / "two.pdf")}
    assert [document["lines"] for document in found["documents"]] == [9, 1]
    assert [document["languages"] for document in found["documents"]] == [["en"]] * 2
    assert all(0.9 < document["score"] <= 1 for document in found["documents"])
    assert found["documents"][1]["text"] == "Reading a page with a model zoo"


def test_a_page_that_cannot_be_read_stops_no_other(load: Callable[..., Any], sample: Path, broken: Path) -> None:
    """Its error comes last, or is logged."""
    both = [str(broken), str(sample)]
    found = load(input=both)
    assert [document["source"] for document in found["documents"]] == [str(sample)]
    assert found["error"].startswith(f"{broken}: not a readable image")
    found = load(input=both, silent_errors=True)
    assert [document["source"] for document in found["documents"]] == [str(sample)]
    assert found["error"] is None
    assert f"{broken}: not a readable image" in found["log"]


def test_a_page_without_text_is_a_document_without_score(load: Callable[..., Any], tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), "white").save(tmp_path / "empty.png")
    (document,) = load(input=str(tmp_path / "empty.png"))["documents"]
    assert document == {"text": "", "source": str(tmp_path / "empty.png"), "page": 0, "lines": 0}


def test_an_unknown_language_is_refused(load: Callable[..., Any], sample: Path) -> None:
    assert "unknown language 'xyz'" in load(input=str(sample), lang="xyz")["error"]
