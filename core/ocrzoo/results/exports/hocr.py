"""hOCR 1.2: a web page that says where its words stood (specification: kba.github.io/hocr-spec/1.2)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from ocrzoo.results.exports import places
from ocrzoo.results.exports.places import Points
from ocrzoo.results.exports.texts import Piece, clean, language, main_language, share, source, version, written
from ocrzoo.results.page_text import TextLine, TextPage

_HEAD = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
"""
_CAPABILITIES = "ocr_page ocr_carea ocr_par ocr_line ocrx_word ocrp_poly ocrp_lang ocrp_dir ocrp_wconf"
"""What may be in the file."""
_STEEP = 45.0
"""Text turned by less has a slanting baseline, text turned by more a ``textangle``; degrees."""


def to_hocr(pages: Iterable[TextPage]) -> bytes:
    """Return one XHTML document, UTF-8, of all pages.

    A page with text is one area of one paragraph, since nobody asked for its layout. Where words are not known, a
    line is one word. The baseline of a slanting line is the lower edge of its quad.
    """
    html = ET.Element("html", {"xmlns": "http://www.w3.org/1999/xhtml"})
    head = ET.SubElement(html, "head")
    body = ET.SubElement(html, "body")
    languages: list[str] = []
    names: list[str] = []
    for number, page in enumerate(pages, 1):
        _add_page(body, page, number)
        names.append(clean(page.name))
        languages.extend(found for line, _ in written(page) if (found := language(line)))
    if main := main_language(languages):
        html.attrib.update({"xml:lang": main, "lang": main})
    _fill(head, names, sorted(set(languages)))
    return _HEAD + bytes(ET.tostring(html, encoding="utf-8", xml_declaration=False)) + b"\n"


def _fill(head: ET.Element, names: list[str], languages: list[str]) -> None:
    """Write what stands above the pages."""
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
    width, height = places.size(page)
    # Readers split titles at quotes and semicolons: in a file's name they are written as in an address.
    name = source(page).replace('"', "%22").replace(";", "%3B")
    index = number - 1 if page.page_index is None else page.page_index
    title = f'image "{name}"; bbox 0 0 {width} {height}; ppageno {index}'
    div = _add(body, "div", "ocr_page", f"page_{number}", title)
    div.text = "\n"  # an empty element reads as one that never ends, to readers of HTML
    lines = list(written(page))
    if not lines:
        return
    block = places.around(places.box(places.points(line.polygon, page)) for line, _ in lines)
    title = f"bbox {block.left} {block.top} {block.right} {block.bottom}"
    area = _add(div, "div", "ocr_carea", f"block_{number}_1", title)
    paragraph = _add(area, "p", "ocr_par", f"par_{number}_1", title)
    for line_number, (line, found) in enumerate(lines, 1):
        _add_line(paragraph, page, line, found, f"{number}_{line_number}")


def _add_line(paragraph: ET.Element, page: TextPage, line: TextLine, found: list[Piece], label: str) -> None:
    """Add one line with its words to a paragraph."""
    corners = places.points(line.polygon, page)
    title = f"{_place(corners)}{_slant(corners, line)}; x_wconf {_percent(line.score)}"
    span = _add(paragraph, "span", "ocr_line", f"line_{label}", title)
    if tag := language(line):
        span.attrib.update({"xml:lang": tag, "lang": tag})
    if line.direction == "rtl":
        span.set("dir", "rtl")
    for number, piece in enumerate(found, 1):
        if piece.spaced:
            span[-1].tail = " "
        title = f"{_place(places.points(piece.word.polygon, page))}; x_wconf {_percent(piece.word.score)}"
        _add(span, "span", "ocrx_word", f"word_{label}_{number}", title).text = piece.word.text
    span.tail = "\n"


def _add(parent: ET.Element, tag: str, kind: str, label: str, title: str) -> ET.Element:
    """Add an element, on a line of its own unless it stands within one."""
    element = ET.SubElement(parent, tag, {"class": kind, "id": label, "title": title})
    if tag != "span":
        element.text = element.tail = "\n"
    return element


def _place(corners: Points) -> str:
    """The properties that say where something stands."""
    box = places.box(corners)
    place = f"bbox {box.left} {box.top} {box.right} {box.bottom}"
    return place if places.is_box(corners) else f"{place}; poly {places.joined(corners, ' ', ' ')}"


def _slant(corners: Points, line: TextLine) -> str:
    """The property that says how a line is turned; empty where it is upright."""
    frame = places.frame(corners, line.direction)
    if frame.angle == 0:
        return ""
    if abs(frame.angle) >= _STEEP:
        return f"; textangle {frame.angle % 360:g}"
    box = places.box(corners)
    slope = -math.tan(math.radians(frame.angle))
    offset = frame.start[1] + slope * (box.left - frame.start[0]) - box.bottom
    return f"; baseline {slope:.4f} {offset:.1f}"


def _percent(score: float) -> int:
    """A score out of 100."""
    return round(100 * share(score))
