"""Searchable PDF: the picture as it was, the text where the ink is, as PDFium and Poppler find it."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pikepdf
import pypdfium2
import pytest
from numpy.typing import NDArray

from ocrzoo.results.exports import pdf
from ocrzoo.results.exports.pdf_parts import blank_font
from ocrzoo.results.page_text import TextLine, TextPage
from ocrzoo.text.words import Word
from ocrzoo_registry.errors import UsageError

if TYPE_CHECKING:
    from tests.core.results.exports.conftest import Sheet

to_pdf = partial(pdf.to_pdf, dpi=144)
"""Two pixels a point."""

poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="Poppler's pdftotext is not installed")


def read(content: bytes, number: int = 0) -> str:
    """The text of a page, as PDFium finds it."""
    with pypdfium2.PdfDocument(content) as document:
        return str(document[number].get_textpage().get_text_range()).replace("\r\n", "\n")


def letters(content: bytes, page: TextPage) -> list[tuple[str, NDArray[np.float64]]]:
    """Each letter of a page with its box in pixels: left, top, right, bottom; as PDFium finds them."""
    height = page.image.shape[0]
    with pypdfium2.PdfDocument(content) as document:
        text = document[0].get_textpage()
        found = []
        for index in range(text.count_chars()):
            left, bottom, right, top = text.get_charbox(index, loose=True)
            box = np.array([2 * left, height - 2 * top, 2 * right, height - 2 * bottom])
            found.append((text.get_text_range(index, 1), box))
    return found


def drawn_by(content: bytes) -> bytes:
    """What pages draw."""
    with pikepdf.open(io.BytesIO(content)) as document:
        return b"\n".join(page.Contents.read_bytes() for page in document.pages)


def picture_in(content: bytes) -> dict[str, str]:
    """The keys of the first page's picture."""
    with pikepdf.open(io.BytesIO(content)) as document:
        return {key: str(value) for key, value in document.pages[0].Resources.XObject.Picture.items()}


def language_of(content: bytes) -> str | None:
    with pikepdf.open(io.BytesIO(content)) as document:
        return str(document.Root.Lang) if "/Lang" in document.Root else None


def rendered(content: bytes, scale: float = 2) -> NDArray[np.uint8]:
    with pypdfium2.PdfDocument(content) as document:
        return np.asarray(document[0].render(scale=scale).to_numpy())


def told(content: bytes, folder: Path, *options: str) -> str:
    """What pdftotext prints."""
    path = folder / "page.pdf"
    path.write_bytes(content)
    run = subprocess.run(["pdftotext", *options, str(path), "-"], capture_output=True, timeout=60, check=True)
    return re.sub("[\u202a-\u202e]", "", run.stdout.decode())  # Poppler marks what runs from right to left


def test_pdfium_reads_the_lines_as_recognised(many: TextPage) -> None:
    assert read(to_pdf([many])).split("\n") == [line.text for line in many.lines]


@pytest.mark.parametrize("angle", [0, 1, 3, 10, 30, 45, 60, 90, 120, 180, -5, -45, -90, -170])
@pytest.mark.parametrize("words", [True, False], ids=["words", "no words"])
def test_rotated_text_is_found_on_its_ink(sheet: Callable[..., Sheet], angle: float, words: bool) -> None:
    page = sheet().put("nine eleven zero", (500, 400), angle=angle, words=words).page()
    content = to_pdf([page])
    assert read(content) == "nine eleven zero"
    on_ink = []
    for letter, box in letters(content, page):
        column, row = (box[:2] + box[2:]).round().astype(int) // 2
        if not letter.isspace():
            on_ink.append(page.image[row, column, 0] < 128)
    assert len(on_ink) == len("nineelevenzero")
    assert sum(on_ink) >= len(on_ink) - (0 if words else 2)


def test_letters_cover_the_words_they_belong_to(sheet: Callable[..., Sheet]) -> None:
    page = sheet().put("Ill WWW 你好 end", (50, 50)).put("שלום עולם", (50, 150), direction="rtl").page()
    found = letters(to_pdf([page]), page)
    found = [(letter, box) for letter, box in found if not letter.isspace()]
    for word in (word for line in page.lines for word in line.words):
        own = np.array([box for _, box in found[: len(word.text)]])
        found = found[len(word.text) :]
        covered = np.array([*own[:, :2].min(axis=0), *own[:, 2:].max(axis=0)])
        drawn = np.array([*word.polygon.min(axis=0), *word.polygon.max(axis=0)])
        assert np.abs(covered - drawn).max() < 10, word.text
    assert not found


def test_text_from_top_to_bottom_goes_down_the_page(sheet: Callable[..., Sheet]) -> None:
    page = sheet().put("縦書きの文字列", (300, 100), direction="ttb", words=False).page()
    content = to_pdf([page])
    assert read(content) == "縦書きの文字列"
    tops = [box[1] for _, box in letters(content, page)]
    assert tops == sorted(tops)
    assert tops[-1] - tops[0] > 80


def test_a_flipped_line_starts_on_the_right(sheet: Callable[..., Sheet]) -> None:
    page = sheet().put("upside down", (800, 400), angle=180).page()
    lefts = [box[0] for _, box in letters(to_pdf([page]), page)]
    assert lefts == sorted(lefts, reverse=True)


def test_the_text_is_invisible(many: TextPage) -> None:
    bare = TextPage(many.name, many.image, ())
    assert (rendered(to_pdf([many])) == rendered(to_pdf([bare]))).all()
    assert b"3 Tr" in drawn_by(to_pdf([many]))


def test_a_drawing_is_kept_without_loss_and_a_photograph_as_jpeg(many: TextPage) -> None:
    assert (rendered(to_pdf([many])) == many.image).all()
    noise = np.random.default_rng(1).integers(0, 256, (300, 400, 3), np.uint8)
    photograph = cv2.GaussianBlur(noise, (0, 0), 2)
    content = to_pdf([TextPage("photo", np.asarray(photograph, np.uint8), ())])
    assert picture_in(content)["/Filter"] == "/DCTDecode"
    assert len(content) < photograph.size / 4
    assert np.abs(rendered(content).astype(int) - photograph).mean() < 3


@pytest.mark.parametrize("gray", [True, False])
def test_channels_keep_their_order(gray: bool) -> None:
    image = np.zeros((40, 60, 3), np.uint8)
    image[:, :30] = (90, 90, 90) if gray else (200, 90, 10)
    content = to_pdf([TextPage("p", image, ())])
    assert picture_in(content)["/ColorSpace"] == ("/DeviceGray" if gray else "/DeviceRGB")
    shown = rendered(content)
    assert (np.broadcast_to(shown.reshape(40, 60, -1), (40, 60, 3)) == image).all()


@pytest.mark.parametrize(("dpi", "points"), [(144, (150, 100)), (72, (300, 200)), (300, (72, 48))])
def test_the_size_of_a_pixel_follows_the_resolution(
    sheet: Callable[..., Sheet], dpi: float, points: tuple[float, float]
) -> None:
    with pypdfium2.PdfDocument(pdf.to_pdf([sheet(300, 200).page()], dpi)) as document:
        assert document[0].get_size() == pytest.approx(points, abs=0.01)


def test_no_side_is_longer_than_a_pdf_allows() -> None:
    page = TextPage("p", np.full((70_000, 4, 3), 255, np.uint8), ())
    with pypdfium2.PdfDocument(pdf.to_pdf([page], 72)) as document:
        assert document[0].get_height() == pytest.approx(14400)


@pytest.mark.parametrize("dpi", [0, -1, float("nan"), float("inf")])
def test_an_invalid_resolution_is_an_error(many: TextPage, dpi: float) -> None:
    with pytest.raises(UsageError, match="dpi must be a positive number"):
        pdf.to_pdf([many], dpi)


def test_pages_of_any_size_go_into_one_file(sheet: Callable[..., Sheet]) -> None:
    pages = [sheet(300, 200).put("wide", (5, 5)).page("Über 报告"), sheet(200, 300).put("tall", (5, 250)).page()]
    with pypdfium2.PdfDocument(to_pdf(iter(pages))) as document:
        assert [page.get_size() for page in document] == [(150, 100), (100, 150)]
        assert document.get_metadata_value("Title") == "Über 报告"
        assert document.get_metadata_value("Producer").startswith("ocrzoo ")
    assert [read(to_pdf(pages), number) for number in (0, 1)] == ["wide", "tall"]


def test_the_language_of_most_lines_is_stated(many: TextPage) -> None:
    assert language_of(to_pdf([many])) == "en"
    assert language_of(to_pdf([TextPage("p", many.image, ())])) is None


def test_lines_in_another_language_say_so(many: TextPage, sheet: Callable[..., Sheet]) -> None:
    document = drawn_by(to_pdf([many]))
    for tag in ("ar", "ja", "zh"):
        assert document.count(f"/Span <</Lang ({tag})>> BDC BT".encode()) == 1
    assert b"(en)" not in document
    assert document.count(b"BDC") == document.count(b"EMC") == 3
    alone = sheet().put("all in one", (0, 0), language="en").page()
    assert b"BDC" not in drawn_by(to_pdf([alone]))


def test_the_same_pages_give_the_same_bytes(many: TextPage) -> None:
    assert to_pdf([many, many]) == to_pdf([many, many])


def test_any_character_comes_out_as_it_went_in() -> None:
    texts = ["Ωμέγα Жизнь", "नमस्ते दुनिया", "สวัสดีชาวโลก", "한국어", "𝔘𝔫𝔦 𠀀𠮷", "(a) \\ <b> [c] Tj", "e\u0301 ﬁ"]
    quads = [np.array([[9, y], [390, y], [390, y + 20], [9, y + 20]], np.float32) for y in range(10, 290, 40)]
    lines = tuple(TextLine(text, quad, 1.0) for text, quad in zip(texts, quads, strict=True))
    found = read(to_pdf([TextPage("p", np.full((300, 400, 3), 255, np.uint8), lines)]))
    assert found.split("\n")[:-1] == texts[:-1]
    assert found.split("\n")[-1] in ("e\u0301 ﬁ", "e\u0301 fi", "é fi")  # PDFium takes ligatures apart


def test_hostile_text_is_only_text(hostile: TextPage) -> None:
    assert rendered(to_pdf([hostile])).shape[:2] == (120, 160)
    texts = [line.text for line in hostile.lines[:-2]]
    quads = [np.array([[9, y], [790, y], [790, y + 20], [9, y + 20]], np.float32) for y in range(10, 390, 40)]
    lines = tuple(TextLine(text, quad, 1.0) for text, quad in zip(texts, quads, strict=False))
    found = read(to_pdf([TextPage("p", np.full((400, 800, 3), 255, np.uint8), lines)]))
    assert "]]></span><script>alert('1')</script>" in found
    assert "(string) Tj ET \\) [<0041>] % endstream" in found
    assert "tab new line feed break paragraph" in found


def test_characters_without_room_in_the_font_become_spaces(
    sheet: Callable[..., Sheet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blank_font, "_MAX_CODES", 3)
    assert read(to_pdf([sheet().put("abcab", (50, 50)).page()])).split() == ["ab", "ab"]


@pytest.fixture
def uneven() -> TextPage:
    """Lines without spaces whose pieces are as wide, and as far apart, as recognition says: never twice the same."""
    lines = []
    for row, spans in enumerate([(0, 20, 45, 60, 70, 100, 140, 150), (0, 45, 60, 70, 80, 170, 180, 210)]):
        top = 20 + 60 * row
        box = np.array([[9, top], [240, top], [240, top + 20], [9, top + 20]], np.float32)
        words = []
        for text, left, right in zip(("每瓶", "22", "元，", "起订"), spans[::2], spans[1::2], strict=True):
            quad = np.array([[left, top], [right, top], [right, top + 20], [left, top + 20]], np.float32)
            words.append(Word(text, quad + np.array([9, 0], np.float32), 1.0))
        lines.append(TextLine("每瓶22元，起订", box, 1.0, words=tuple(words)))
    return TextPage("p", np.full((200, 300, 3), 255, np.uint8), tuple(lines))


def test_pdfium_sees_no_space_that_was_not_read(uneven: TextPage) -> None:
    assert read(to_pdf([uneven])).split("\n") == ["每瓶22元，起订"] * 2


@poppler
def test_poppler_sees_no_space_that_was_not_read(uneven: TextPage, tmp_path: Path) -> None:
    assert told(to_pdf([uneven]), tmp_path).split() == ["每瓶22元，起订"] * 2


@poppler
def test_poppler_reads_the_words_of_each_line(many: TextPage, tmp_path: Path) -> None:
    found = told(to_pdf([many]), tmp_path, "-raw").split()
    for line in many.lines:
        for word in line.text.split():
            assert word in found or line.direction == "rtl"
    assert "مرحبا بالعالم العربي" in told(to_pdf([many]), tmp_path)


@poppler
@pytest.mark.parametrize("angle", [0, 1, 90, 180, -90])
def test_poppler_finds_words_where_they_were_drawn(sheet: Callable[..., Sheet], angle: float, tmp_path: Path) -> None:
    page = sheet().put("nine eleven zero", (500, 400), angle=angle).page()
    found = re.findall(
        r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)<',
        told(to_pdf([page]), tmp_path, "-bbox"),
    )
    assert {word for *_, word in found} == {"nine", "eleven", "zero"}
    for *box, text in found:
        (word,) = (word for word in page.lines[0].words if word.text == text)
        drawn = [*word.polygon.min(axis=0), *word.polygon.max(axis=0)]
        assert np.array(box, float) * 2 == pytest.approx(np.array(drawn), abs=8)


@poppler
def test_poppler_draws_the_picture(many: TextPage, tmp_path: Path) -> None:
    (tmp_path / "page.pdf").write_bytes(to_pdf([many]))
    command = ["pdftoppm", "-r", "144", "-png", "-singlefile", str(tmp_path / "page.pdf"), str(tmp_path / "page")]
    subprocess.run(command, check=True, timeout=60)
    drawn = cv2.imread(str(tmp_path / "page.png"))
    assert np.abs(drawn.astype(int) - many.image).mean() < 1  # Poppler blurs the edges
