"""hOCR 1.2: HTML with the positions of words (specification: kba.github.io/hocr-spec/1.2)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import count
from xml.etree import ElementTree as ET

from ocrzoo.results.exports import geometry
from ocrzoo.results.exports.content import (
    ExportWord,
    clamp_score,
    language_tag,
    lines_with_text,
    main_language,
    sanitize,
    source_name,
    version,
)
from ocrzoo.results.exports.geometry import Points
from ocrzoo.results.exports.paragraphs import blocks_of
from ocrzoo.results.page_text import TextLine, TextPage

_HEAD = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
"""
_CAPABILITIES = "ocr_page ocr_carea ocr_par ocr_line ocrx_word ocrp_poly ocrp_lang ocrp_dir ocrp_wconf"
"""Elements and properties used in the file."""
_MAX_BASELINE_ANGLE = 45.0
"""Degrees up to which rotated text has a sloped baseline; beyond, a ``textangle``."""


def to_hocr(pages: Iterable[TextPage]) -> bytes:
    """Return one XHTML document, UTF-8, of all pages.

    A page with text is one area of one paragraph, or else each of its paragraphs is; headings are ``h1`` to ``h6``. If
    words are not known, a line is one word. Words have ``x_confs`` if the result has the scores of characters. The
    baseline of a sloped line is the lower edge of its quad.
    """
    html = ET.Element("html", {"xmlns": "http://www.w3.org/1999/xhtml"})
    head = ET.SubElement(html, "head")
    body = ET.SubElement(html, "body")
    languages: list[str] = []
    names: list[str] = []
    for number, page in enumerate(pages, 1):
        _add_page(body, page, number)
        names.append(sanitize(page.name))
        languages.extend(found for line, _ in lines_with_text(page) if (found := language_tag(line)))
    if main := main_language(languages):
        html.attrib.update({"xml:lang": main, "lang": main})
    _fill_head(head, names, sorted(set(languages)))
    return _HEAD + bytes(ET.tostring(html, encoding="utf-8", xml_declaration=False)) + b"\n"


def _fill_head(head: ET.Element, names: list[str], languages: list[str]) -> None:
    """Fill the document's head."""
    ET.SubElement(head, "title").text = names[0] if names else ""
    described = {
        "ocr-system": f"ocrzoo {version()}",
        "ocr-capabilities": _CAPABILITIES,
        "ocr-number-of-pages": str(len(names)),
        "ocr-langs": " ".join(languages) or "unknown",
    }
    ET.SubElement(head, "meta", {"http-equiv": "Content-Type", "content": "text/html; charset=utf-8"})
    for name, content in described.items():
        ET.SubElement(head, "meta", {"name": name, "content": content})


def _add_page(body: ET.Element, page: TextPage, number: int) -> None:
    """Add one page to the body."""
    width, height = geometry.page_size(page)
    # Readers split titles at quotes and semicolons; in file names these are percent-encoded.
    name = source_name(page).replace('"', "%22").replace(";", "%3B")
    index = number - 1 if page.page_index is None else page.page_index
    title = f'image "{name}"; bbox 0 0 {width} {height}; ppageno {index}'
    div = _add(body, "div", "ocr_page", f"page_{number}", title)
    div.text = "\n"  # HTML parsers read an empty element as unclosed
    line_numbers = count(1)
    for block_number, (part, lines) in enumerate(blocks_of(page), 1):
        box = geometry.union(geometry.bounding_box(geometry.clipped_points(line.polygon, page)) for line, _ in lines)
        title = f"bbox {box.left} {box.top} {box.right} {box.bottom}"
        area = _add(div, "div", "ocr_carea", f"block_{number}_{block_number}", title)
        tag = f"h{part.level}" if part is not None and part.level else "p"
        paragraph = _add(area, tag, "ocr_par", f"par_{number}_{block_number}", title)
        for line, found in lines:
            _add_line(paragraph, page, line, found, f"{number}_{next(line_numbers)}")


def _add_line(paragraph: ET.Element, page: TextPage, line: TextLine, found: list[ExportWord], label: str) -> None:
    """Add one line with its words to a paragraph."""
    corners = geometry.clipped_points(line.polygon, page)
    title = f"{_position(corners)}{_rotation(corners, line)}; x_wconf {_percent(line.score)}"
    span = _add(paragraph, "span", "ocr_line", f"line_{label}", title)
    if tag := language_tag(line):
        span.attrib.update({"xml:lang": tag, "lang": tag})
    if line.direction == "rtl":
        span.set("dir", "rtl")
    for number, piece in enumerate(found, 1):
        if piece.space_before:
            span[-1].tail = " "
        title = f"{_position(geometry.clipped_points(piece.word.polygon, page))}; x_wconf {_percent(piece.word.score)}"
        if piece.word.scores:
            title += "; x_confs " + " ".join(str(_percent(score)) for score in piece.word.scores)
        _add(span, "span", "ocrx_word", f"word_{label}_{number}", title).text = piece.word.text
    span.tail = "\n"


def _add(parent: ET.Element, tag: str, kind: str, label: str, title: str) -> ET.Element:
    """Add an element, on a line of its own unless it is inline."""
    element = ET.SubElement(parent, tag, {"class": kind, "id": label, "title": title})
    if tag != "span":
        element.text = element.tail = "\n"
    return element


def _position(corners: Points) -> str:
    """The properties for a position."""
    box = geometry.bounding_box(corners)
    place = f"bbox {box.left} {box.top} {box.right} {box.bottom}"
    return place if geometry.is_upright(corners) else f"{place}; poly {geometry.format_points(corners, ' ', ' ')}"


def _rotation(corners: Points, line: TextLine) -> str:
    """The property for a line's rotation; empty if it has none."""
    frame = geometry.oriented_box(corners, line.direction)
    if frame.angle == 0:
        return ""
    if abs(frame.angle) >= _MAX_BASELINE_ANGLE:
        return f"; textangle {frame.angle % 360:g}"
    box = geometry.bounding_box(corners)
    slope = -math.tan(math.radians(frame.angle))
    offset = frame.start[1] + slope * (box.left - frame.start[0]) - box.bottom
    return f"; baseline {slope:.4f} {offset:.1f}"


def _percent(score: float) -> int:
    """A score in percent."""
    return round(100 * clamp_score(score))
