"""ALTO: held against the schema's rules, and read by alto-tools."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from ocrzoo.results.exports.alto import to_alto
from ocrzoo.results.page_text import TextPage

if TYPE_CHECKING:
    from tests.core.results.exports.conftest import Sheet

ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"


def elements(content: bytes, tag: str) -> list[Any]:
    return list(etree.fromstring(content).iter(f"{ALTO}{tag}"))


def told(content: bytes, folder: Path, option: str) -> str:
    """What alto-tools prints about a document."""
    path = folder / "page.xml"
    path.write_bytes(content)
    command = [sys.executable, "-m", "alto_tools.alto_tools", str(path), option]
    run = subprocess.run(command, capture_output=True, timeout=60, env={"PYTHONIOENCODING": "utf-8"}, check=True)
    return run.stdout.decode()


@pytest.fixture(scope="module")
def schema() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(Path(__file__).with_name("alto.rng")))


def test_the_schema_s_rules_are_kept(
    schema: etree.RelaxNG, many: TextPage, hostile: TextPage, sheet: Callable[..., Sheet]
) -> None:
    for pages in ([many], [many, hostile, sheet().page()], [hostile], [sheet().page()]):
        schema.assertValid(etree.fromstring(to_alto(pages)))


def test_the_rules_would_be_missed(schema: etree.RelaxNG, many: TextPage) -> None:
    for kept, broken in ((b"PHYSICAL_IMG_NR", b"NR"), (b' WC="0.9', b' WC="1.9'), (b"<SP />", b"<SP /><SP />")):
        content = to_alto([many])
        assert kept in content
        assert not schema.validate(etree.fromstring(content.replace(kept, broken, 1)))


def test_alto_tools_reads_the_words(many: TextPage, tmp_path: Path) -> None:
    lines = told(to_alto([many]), tmp_path, "-t").strip("\n").split("\n")
    assert [line.strip() for line in lines] == [line.text for line in many.lines]


def test_alto_tools_reads_the_confidence(sheet: Callable[..., Sheet], tmp_path: Path) -> None:
    page = sheet().put("one two", (0, 0)).put("three", (0, 50), words=False).page()
    assert told(to_alto([page]), tmp_path, "-c").strip().endswith("Confidence: 91.67")


def test_the_document_names_its_creator_and_sources(sheet: Callable[..., Sheet]) -> None:
    content = to_alto([sheet(300, 200).page(input_path="a.pdf", page_index=i) for i in (3, 4)])
    assert [element.text for element in elements(content, "fileName")] == ["a.pdf"]
    assert [element.text for element in elements(content, "MeasurementUnit")] == ["pixel"]
    assert [element.text for element in elements(content, "softwareName")] == ["ocrzoo"]
    assert [page.get("PHYSICAL_IMG_NR") for page in elements(content, "Page")] == ["4", "5"]
    assert {(page.get("WIDTH"), page.get("HEIGHT")) for page in elements(content, "Page")} == {("300", "200")}
    (processing,) = elements(content, "Processing")
    assert {page.get("PROCESSINGREFS") for page in elements(content, "Page")} == {processing.get("ID")}


def test_pages_of_several_files_name_them_all(sheet: Callable[..., Sheet]) -> None:
    content = to_alto([sheet().page(input_path=name) for name in ("a.png", "b.png")])
    assert not elements(content, "fileName")
    assert [element.text for element in elements(content, "fileIdentifier")] == ["a.png", "b.png"]


def test_spaces_are_between_words_only(sheet: Callable[..., Sheet]) -> None:
    (line,) = elements(to_alto([sheet().put("one two three", (0, 0)).page()]), "TextLine")
    assert [child.tag.removeprefix(ALTO) for child in line] == ["String", "SP", "String", "SP", "String"]
    assert dict(line[2].attrib) == {
        "ID": "string_1_1_2",
        "HPOS": "64",
        "VPOS": "0",
        "WIDTH": "48",
        "HEIGHT": "40",
        "CONTENT": "two",
        "WC": "0.9000",
    }


def test_lines_of_equal_rotation_share_a_block(many: TextPage) -> None:
    blocks = elements(to_alto([many]), "TextBlock")
    turned = [(block.get("ROTATION"), len(block.findall(f"{ALTO}TextLine"))) for block in blocks]
    assert turned == [(None, 2), ("20", 1), ("90", 1), ("270", 1), ("180", 1), (None, 3)]
    lines = elements(to_alto([many]), "TextLine")
    assert [line.get("BASEDIRECTION") for line in lines] == [line.direction for line in many.lines]
    assert [line.get("LANG") for line in lines] == [line.language for line in many.lines]


def test_only_other_shapes_than_upright_boxes_have_an_outline(sheet: Callable[..., Sheet]) -> None:
    assert not elements(to_alto([sheet().put("one", (300, 300), angle=90).page()]), "Shape")
    outlines = elements(to_alto([sheet().put("one", (300, 300), angle=60).page()]), "Polygon")
    assert [outline.get("POINTS") for outline in outlines] == ["300,300 324,258 359,278 335,320"] * 2


def test_nothing_in_a_text_becomes_markup(hostile: TextPage) -> None:
    contents = [string.get("CONTENT") for string in elements(to_alto([hostile]), "String")]
    assert "]]></span><script>alert('1')</script>" in contents
    assert len(contents) == len(hostile.lines)
    assert not any(set(content) & set("\n\t\x00\ufffe") for content in contents)
    assert not elements(to_alto([hostile]), "Page")[0].get("LANG")


def test_characters_have_their_confidence_and_words_their_alternatives(
    schema: etree.RelaxNG, detailed: TextPage
) -> None:
    content = to_alto([detailed])
    schema.assertValid(etree.fromstring(content))
    first, *others = elements(content, "String")
    assert first.get("CC") == "0 4 0"
    assert [(one.text, one.get("PURPOSE")) for one in first] == [
        ("zoo", "probability 0.4000"),
        ("<z>", "probability 0.0100"),
    ]
    assert all(one.get("CC") is None and len(one) == 0 for one in others)
