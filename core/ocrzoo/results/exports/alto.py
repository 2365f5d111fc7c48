"""ALTO 4.4: the XML format of libraries and archives (schema: loc.gov/standards/alto)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count, groupby, pairwise
from xml.etree import ElementTree as ET

from ocrzoo.results.exports import geometry
from ocrzoo.results.exports.content import (
    ExportWord,
    clamp_score,
    language_tag,
    main_language,
    source_name,
    version,
)
from ocrzoo.results.exports.geometry import Box, Points
from ocrzoo.results.exports.paragraphs import blocks_of
from ocrzoo.results.page_text import TextLine, TextPage
from ocrzoo.text.joining import SOFT_HYPHEN

_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_ROOT = {
    "xmlns": _NAMESPACE,
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": f"{_NAMESPACE} http://www.loc.gov/standards/alto/v4/alto-4-4.xsd",
    "SCHEMAVERSION": "4.4",
}
_PROCESSING = "ocr"

_Line = tuple[TextLine, list[ExportWord], Points]


def to_alto(pages: Iterable[TextPage]) -> bytes:
    """Return one ALTO document, UTF-8, of all pages; measures are pixels.

    Consecutive lines of equal rotation are one text block, or else those of a paragraph are, since only blocks have a
    rotation; those of headings have a structure tag. If words are not known, a line is one string. A string has the
    confidence of each character (``CC``, 0 is sure and 9 is not) and ``ALTERNATIVE`` elements if the result has them.
    """
    alto = ET.Element("alto", _ROOT)
    description = ET.SubElement(alto, "Description")
    layout = ET.Element("Layout")
    sources: dict[str, None] = {}
    for number, page in enumerate(pages, 1):
        _add_page(layout, page, number)
        sources[source_name(page)] = None
    _describe(description, list(sources))
    if labels := sorted({block.get("TAGREFS", "") for block in layout.iter("TextBlock")} - {""}):
        tags = ET.SubElement(alto, "Tags")
        for label in labels:
            ET.SubElement(tags, "StructureTag", {"ID": label, "LABEL": label})
    alto.append(layout)
    ET.indent(alto)
    return bytes(ET.tostring(alto, encoding="UTF-8", xml_declaration=True)) + b"\n"


def _describe(description: ET.Element, sources: list[str]) -> None:
    """Fill the document's description."""
    ET.SubElement(description, "MeasurementUnit").text = "pixel"
    read = ET.SubElement(description, "sourceImageInformation")
    for name in sources:
        ET.SubElement(read, "fileName" if len(sources) == 1 else "fileIdentifier").text = name
    processing = ET.SubElement(description, "Processing", {"ID": _PROCESSING})
    ET.SubElement(processing, "processingCategory").text = "contentGeneration"
    software = ET.SubElement(processing, "processingSoftware")
    ET.SubElement(software, "softwareName").text = "ocrzoo"
    ET.SubElement(software, "softwareVersion").text = version()


def _add_page(layout: ET.Element, page: TextPage, number: int) -> None:
    """Add one page; its print space is all of it."""
    width, height = geometry.page_size(page)
    index = number if page.page_index is None else page.page_index + 1
    element = ET.SubElement(layout, "Page", {"ID": f"page_{number}", "PHYSICAL_IMG_NR": str(index)})
    element.attrib.update({"WIDTH": str(width), "HEIGHT": str(height), "PROCESSINGREFS": _PROCESSING})
    blocks = blocks_of(page)
    if main := main_language(language_tag(line) for _, lines in blocks for line, _ in lines):
        element.set("LANG", main)
    space = ET.SubElement(element, "PrintSpace", _position(Box(0, 0, width, height)))
    labels = (f"{number}_{line_number}" for line_number in count(1))
    numbers = count(1)
    for part, found in blocks:
        lines = [(line, words, geometry.clipped_points(line.polygon, page)) for line, words in found]
        for rotation, group in groupby(lines, _rotation):
            block = _add_block(space, page, list(group), rotation, f"block_{number}_{next(numbers)}", labels)
            if part is not None and part.level:
                block.set("TAGREFS", f"heading_{part.level}")


def _rotation(line: _Line) -> int:
    """Rotation of a line, in whole degrees counter-clockwise."""
    return round(geometry.oriented_box(line[2]).angle) % 360


def _add_block(
    space: ET.Element, page: TextPage, lines: list[_Line], rotation: int, name: str, labels: Iterator[str]
) -> ET.Element:
    """Add one block of lines with equal rotation, and return it."""
    place = _position(geometry.union(geometry.bounding_box(corners) for _, _, corners in lines))
    block = ET.SubElement(space, "TextBlock", {"ID": name, **place})
    if rotation:
        block.set("ROTATION", str(rotation))
    rows = [_add_line(block, page, line, found, corners, next(labels)) for line, found, corners in lines]
    for strings, follows in pairwise(rows):
        if strings[-1].tag == "HYP":
            _add_whole_word(strings[-2], follows[0])
    return block


def _add_whole_word(start: ET.Element, end: ET.Element) -> None:
    """Say which word two strings are, of which the first is at the end of its line."""
    whole = start.get("CONTENT", "") + end.get("CONTENT", "")
    start.attrib.update({"SUBS_TYPE": "HypPart1", "SUBS_CONTENT": whole})
    end.attrib.update({"SUBS_TYPE": "HypPart2", "SUBS_CONTENT": whole})


def _add_line(
    block: ET.Element, page: TextPage, line: TextLine, found: list[ExportWord], corners: Points, label: str
) -> list[ET.Element]:
    """Add one line with its words, and return the elements of these."""
    element = ET.SubElement(block, "TextLine", {"ID": f"line_{label}", **_position(geometry.bounding_box(corners))})
    if tag := language_tag(line):
        element.set("LANG", tag)
    element.set("BASEDIRECTION", line.direction)
    _add_shape(element, corners)
    for number, piece in enumerate(found, 1):
        if piece.space_before:
            ET.SubElement(element, "SP")
        corners = geometry.clipped_points(piece.word.polygon, page)
        string = ET.SubElement(element, "String", {"ID": f"string_{label}_{number}"})
        string.attrib.update(_position(geometry.bounding_box(corners)))
        text = piece.word.text.removesuffix(SOFT_HYPHEN)
        string.attrib.update({"CONTENT": text, "WC": f"{clamp_score(piece.word.score):.4f}"})
        if scores := piece.word.scores[: len(text)]:
            string.set("CC", " ".join(str(round(9 * (1 - clamp_score(score)))) for score in scores))
        _add_shape(string, corners)
        for choice, probability in piece.word.alternatives:
            other = ET.SubElement(string, "ALTERNATIVE", {"PURPOSE": f"probability {clamp_score(probability):.4f}"})
            other.text = choice
    if found and found[-1].word.text.endswith(SOFT_HYPHEN):
        ET.SubElement(element, "HYP", {"CONTENT": "-"})
    return [one for one in element if one.tag in {"String", "HYP"}]


def _add_shape(element: ET.Element, corners: Points) -> None:
    """Add the outline unless it is an upright box."""
    if not geometry.is_upright(corners):
        shape = ET.SubElement(element, "Shape")
        ET.SubElement(shape, "Polygon", {"POINTS": geometry.format_points(corners, ",", " ")})


def _position(box: Box) -> dict[str, str]:
    """The attributes for a position."""
    return {
        "HPOS": str(box.left),
        "VPOS": str(box.top),
        "WIDTH": str(box.width),
        "HEIGHT": str(box.height),
    }
