"""hOCR: what the specification's own checker and XML parsers find in it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree, html

from ocrzoo.results.exports.hocr import to_hocr
from ocrzoo.results.page_text import TextPage

if TYPE_CHECKING:
    from tests.core.results.exports.conftest import Sheet

XHTML = "{http://www.w3.org/1999/xhtml}"


def elements(content: bytes, kind: str) -> list[Any]:
    """The elements of a class, as an XML parser without mercy finds them."""
    return list(etree.fromstring(content).iterfind(f".//{XHTML}*[@class='{kind}']"))


def properties(element: Any) -> dict[str, str]:
    """The properties in an element's title."""
    return dict(part.strip().split(" ", 1) for part in element.get("title").split(";"))


def checked(content: bytes, folder: Path) -> subprocess.CompletedProcess[str]:
    """Let hocr-spec check a document."""
    path = folder / "page.hocr"
    path.write_bytes(content)
    command = [sys.executable, "-m", "hocr_spec.cli", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_specification_s_checker_has_no_complaint(many: TextPage, hostile: TextPage, tmp_path: Path) -> None:
    for pages in ([many], [many, hostile], [hostile]):
        report = checked(to_hocr(pages), tmp_path)
        assert report.returncode == 0, report.stdout + report.stderr
        assert "ERROR" not in report.stdout
        assert "Document is valid" in report.stdout


def test_the_checker_would_complain(many: TextPage, tmp_path: Path) -> None:
    assert checked(to_hocr([many]).replace(b"ocrp_poly ", b""), tmp_path).returncode == 1


@pytest.mark.parametrize("parse", [etree.fromstring, html.fromstring], ids=["as XML", "as HTML"])
def test_the_text_reads_as_it_was_recognised(many: TextPage, parse: Callable[[bytes], Any]) -> None:
    lines = [node for node in parse(to_hocr([many])).iter() if node.get("class") == "ocr_line"]
    assert ["".join(line.itertext()) for line in lines] == [line.text for line in many.lines]


def test_what_is_said_of_the_document(many: TextPage) -> None:
    root = etree.fromstring(to_hocr([many, many]))
    said = {meta.get("name"): meta.get("content") for meta in root.iter(f"{XHTML}meta")}
    assert said["ocr-system"].startswith("ocrzoo ")
    assert said["ocr-number-of-pages"] == "2"
    assert said["ocr-langs"] == "ar en ja zh"
    classes = {node.get("class") for node in root.iter() if node.get("class")}
    assert classes <= set(said["ocr-capabilities"].split())
    assert root.get("lang") == root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    identifiers = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(identifiers) == len(set(identifiers))


def test_a_page_names_its_picture_size_and_number(sheet: Callable[..., Sheet]) -> None:
    first = sheet(300, 200).page(input_path='a "b"; c.pdf', page_index=6)
    named = [element.get("title") for element in elements(to_hocr([first, sheet(30, 20).page("scan")]), "ocr_page")]
    assert named == [
        'image "a %22b%22%3B c.pdf"; bbox 0 0 300 200; ppageno 6',
        'image "scan"; bbox 0 0 30 20; ppageno 1',
    ]


@pytest.mark.parametrize(
    ("angle", "expected"),
    [
        (0, {"bbox": "300 300 412 340"}),
        (90, {"bbox": "300 188 340 300", "textangle": "90"}),
        (180, {"bbox": "188 260 300 300", "textangle": "180"}),
        (-90, {"bbox": "260 300 300 412", "textangle": "270"}),
        (60, {"bbox": "300 203 391 320", "poly": "300 300 356 203 391 223 335 320", "textangle": "60"}),
    ],
)
def test_a_line_has_its_rotation(sheet: Callable[..., Sheet], angle: float, expected: dict[str, str]) -> None:
    (line,) = elements(to_hocr([sheet().put("one two", (300, 300), angle=angle).page()]), "ocr_line")
    assert properties(line) == {**expected, "x_wconf": "95"}


def test_a_slanting_line_has_the_lower_edge_as_its_baseline(sheet: Callable[..., Sheet]) -> None:
    drawn = sheet().put("one two", (300, 300), angle=20)
    (line,) = elements(to_hocr([drawn.page()]), "ocr_line")
    left, _top, _right, bottom = map(int, properties(line)["bbox"].split())
    slope, offset = map(float, properties(line)["baseline"].split())
    for corner in drawn.lines[0].polygon[2:]:
        assert bottom + offset + slope * (corner[0] - left) == pytest.approx(corner[1], abs=0.5)
    assert "textangle" not in properties(line)


def test_directions_and_languages_are_marked(many: TextPage) -> None:
    lines = elements(to_hocr([many]), "ocr_line")
    assert [line.get("dir") for line in lines] == [None] * 6 + ["rtl", None, None]
    assert [line.get("lang") for line in lines] == [line.language for line in many.lines]
    assert properties(lines[7])["textangle"] == "270"


def test_words_have_places_and_confidences(many: TextPage) -> None:
    words = elements(to_hocr([many]), "ocrx_word")
    assert [word.text for word in words[:5]] == ["The", "quick", "brown", "fox", "jumps over the lazy dog"]
    assert properties(words[0]) == {"bbox": "60 40 108 80", "x_wconf": "90"}
    assert properties(words[4]) == {"bbox": "60 100 428 140", "x_wconf": "95"}


def test_an_empty_page_does_not_swallow_the_next(sheet: Callable[..., Sheet]) -> None:
    content = to_hocr([sheet().page(), sheet().put("x", (0, 0)).page()])
    pages = html.fromstring(content).xpath("/html/body/div[@class='ocr_page']")
    assert [page.text_content().strip() for page in pages] == ["", "x"]


def test_nothing_in_a_text_becomes_markup(hostile: TextPage) -> None:
    root = etree.fromstring(to_hocr([hostile]))
    assert {node.tag.removeprefix(XHTML) for node in root.iter() if isinstance(node.tag, str)} == {
        *("html", "head", "title", "meta", "body", "div", "p", "span")
    }
    assert not root.xpath("//*[@onload]")
    assert "]]></span><script>alert('1')</script>" in "".join(root.itertext())


def test_words_have_the_confidence_of_each_character(detailed: TextPage, tmp_path: Path) -> None:
    content = to_hocr([detailed])
    first, *others = elements(content, "ocrx_word")
    assert properties(first)["x_confs"] == "100 50 97"
    assert all("x_confs" not in properties(one) for one in others)
    assert "Document is valid" in checked(content, tmp_path).stdout
