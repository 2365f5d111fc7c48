"""The pages of a PDF file stay as they are, and get the text that they lack."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2
import pytest
from fpdf import FPDF
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, String
from tests.core.results.exports import scans

from ocrzoo.inputs.page import Origin
from ocrzoo.results.exports.pdf import save_pdf, to_pdf
from ocrzoo.results.exports.pdf_parts.kept_files import KeptFiles
from ocrzoo.results.page_text import TextLine, TextPage, UnreadPage
from ocrzoo_registry.errors import UsageError

Changed = Callable[[Callable[[Pdf], Any]], Path]


@pytest.fixture
def scanned(tmp_path: Path) -> Path:
    """A PDF of three scanned pages."""
    scans.make(tmp_path, "scanned PDF, 1-bit").rename(tmp_path / "one.pdf")
    with Pdf.open(tmp_path / "one.pdf") as one, Pdf.new() as pdf:
        for _ in range(3):
            pdf.pages.extend(one.pages)
        pdf.save(tmp_path / "three.pdf")
    return tmp_path / "three.pdf"


@pytest.fixture
def changed(scanned: Path, tmp_path: Path) -> Changed:
    """The three pages with something more in the file."""

    def change(how: Callable[[Pdf], Any], **options: Any) -> Path:
        with Pdf.open(scanned) as pdf:
            how(pdf)
            pdf.save(tmp_path / "changed.pdf", **options)
        return tmp_path / "changed.pdf"

    return change


def opened(content: bytes) -> Pdf:
    return Pdf.open(io.BytesIO(content))


def texts(content: bytes) -> list[list[str]]:
    return [page.text.splitlines() for page in scans.held(content)]


def operators(content: bytes, number: int = 0) -> bytes:
    with opened(content) as pdf:
        contents = pdf.pages[number].Contents
        streams = list(contents) if isinstance(contents, Array) else [contents]
        return streams[-1].read_bytes()


def test_the_content_of_a_page_is_not_touched(scanned: Path) -> None:
    made = to_pdf(scans.read(scanned))
    assert texts(made) == [scans.TEXTS] * 3
    for number in range(3):
        assert operators(made, number) == operators(scanned.read_bytes(), number)


@pytest.mark.parametrize("key", ["MediaBox", "CropBox"])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_text_lies_on_its_ink_however_the_page_is_cut_and_turned(changed: Changed, key: str, rotate: int) -> None:
    def cut(pdf: Pdf) -> None:
        page = pdf.pages[0]
        left, bottom, right, top = (float(side) for side in page.mediabox)
        page.obj[f"/{key}"] = Array([left + 36, bottom + 72, right - 18, top - 9])
        page.rotate(rotate, relative=False)

    (page, *_) = scans.read(changed(cut))
    marked = replace(page, lines=tuple(_where_the_ink_is(page.image)))
    (found, *_) = scans.held(to_pdf([marked]))
    assert found.on_ink == 1
    assert len(found.text.splitlines()) == len(scans.TEXTS)


def _where_the_ink_is(image: Any) -> Iterator[TextLine]:
    """A line on each row of ink, or column where the page lies on its side."""
    dark = image[:, :, 0] < 128
    upright = dark.any(axis=1).mean() < dark.any(axis=0).mean()
    rows = dark.any(axis=1) if upright else dark.any(axis=0)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], rows.astype(int), [0]])))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        strip = dark[start:end] if upright else dark[:, start:end]
        across = np.flatnonzero(strip.any(axis=0 if upright else 1))
        low, high = across[0], across[-1] + 1
        box = (low, start, high, end) if upright else (start, low, end, high)
        left, top, right, bottom = box
        corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
        if not upright:
            corners = [*corners[3:], *corners[:3]]
        yield TextLine("mmmmmmmm", np.array(corners, np.float32), 0.9)


class TestText:
    """Text is not doubled."""

    def test_a_page_that_has_its_text_is_left_alone(self, tmp_path: Path) -> None:
        path = scans.make(tmp_path, "PDF with fonts")
        made = to_pdf(scans.read(path))
        assert texts(made) == [scans.TEXTS]
        with opened(made) as pdf:
            assert Name.XObject not in pdf.pages[0].Resources

    def test_a_second_run_adds_nothing(self, scanned: Path, tmp_path: Path) -> None:
        (tmp_path / "first.pdf").write_bytes(to_pdf(scans.read(scanned)))
        second = to_pdf(scans.read(tmp_path / "first.pdf"))
        assert texts(second) == [scans.TEXTS] * 3

    def test_words_that_are_missing_are_added(self, tmp_path: Path) -> None:
        """A scan with a stamp that a program put over it."""
        path = scans.make(tmp_path, "scanned PDF, 1-bit")
        stamp = FPDF(unit="pt", format=(595, 842))
        stamp.add_page()
        stamp.set_font("helvetica", size=17)
        (_, ((word, box), *_)), *_ = scans.places()
        stamp.text(box[0] * 0.36, box[3] * 0.36, word)
        with Pdf.open(path) as pdf, Pdf.open(io.BytesIO(bytes(stamp.output()))) as over:
            pdf.pages[0].add_overlay(over.pages[0], None)
            pdf.save(tmp_path / "stamped.pdf")
        (found,) = texts(to_pdf(scans.read(tmp_path / "stamped.pdf")))
        words = " ".join(found).split()
        assert sorted(words) == sorted(" ".join(scans.TEXTS).split())

    def test_invisible_text_is_replaced_if_asked_for(self, scanned: Path, tmp_path: Path) -> None:
        wrong = [
            replace(page, lines=tuple(replace(line, text=line.text.upper(), words=()) for line in page.lines))
            for page in scans.read(scanned)
        ]
        (tmp_path / "wrong.pdf").write_bytes(to_pdf(wrong))
        upper = [text.upper() for text in scans.TEXTS]
        assert texts(to_pdf(scans.read(tmp_path / "wrong.pdf"))) == [upper] * 3
        assert texts(to_pdf(scans.read(tmp_path / "wrong.pdf"), replace_text=True)) == [scans.TEXTS] * 3

    def test_visible_text_is_never_removed(self, tmp_path: Path) -> None:
        path = scans.make(tmp_path, "PDF with fonts")
        made = to_pdf(scans.read(path), replace_text=True)
        assert texts(made) == [scans.TEXTS]
        assert operators(made) == operators(path.read_bytes())

    def test_text_of_a_font_without_meaning_is_no_text(self, tmp_path: Path) -> None:
        """Its characters are of private use: they can be seen, but not searched."""
        path = scans.make(tmp_path, "PDF with fonts")
        with Pdf.open(path, allow_overwriting_input=True) as pdf:
            for font in pdf.pages[0].Resources.Font.values():
                cmap = b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfrange "
                font.ToUnicode = pdf.make_stream(cmap + b"<00> <FF> <E000> endbfrange endcmap")
            pdf.save()
        made = to_pdf(scans.read(path))
        assert set(scans.TEXTS) <= set(texts(made)[0])


class TestWhatElseIsInAFile:
    """Outline, links, forms, metadata and what a file is declared to be."""

    def test_everything_of_a_whole_file(self, changed: Changed) -> None:
        def more(pdf: Pdf) -> None:
            with pdf.open_outline() as outline:
                outline.root.append(OutlineItem("Chapter 2", 1))
            with pdf.open_metadata() as metadata:
                metadata["pdfaid:part"] = "2"
            pdf.docinfo[Name.Author] = "A. Okonkwo"
            pdf.attachments["notes.txt"] = b"attached"
            link = Dictionary(
                Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], Dest=Array([pdf.pages[2].obj, Name.Fit])
            )
            pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])
            field = Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Tx,
                T=String("name"),
                V=String("kept"),
                Rect=[9, 9, 99, 20],
            )
            pdf.pages[1].obj.Annots = Array([pdf.make_indirect(field)])
            pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.pages[1].obj.Annots[0]]))
            pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(S=Name.r)]))
            pdf.Root.ViewerPreferences = Dictionary(HideToolbar=True)

        with opened(to_pdf(scans.read(changed(more)))) as pdf:
            with pdf.open_outline() as outline:
                assert [item.title for item in outline.root] == ["Chapter 2"]
            assert str(pdf.docinfo[Name.Author]) == "A. Okonkwo"
            assert pdf.open_metadata()["pdfaid:part"] == "2"
            assert pdf.attachments["notes.txt"].get_file().read_bytes() == b"attached"
            assert pdf.pages[0].obj.Annots[0].Dest[0].objgen == pdf.pages[2].obj.objgen
            assert str(pdf.Root.AcroForm.Fields[0].V) == "kept"
            assert pdf.pages[0].label == "i"
            assert bool(pdf.Root.ViewerPreferences.HideToolbar)

    def test_a_valid_pdf_a_stays_one(self, scanned: Path, tmp_path: Path) -> None:
        pdfa = pytest.importorskip("pikepdf.pdfa")
        with Pdf.open(scanned) as pdf:
            pdfa.save(pdf, tmp_path / "a.pdf", "2b")
        (tmp_path / "made.pdf").write_bytes(to_pdf(scans.read(tmp_path / "a.pdf")))
        assert texts((tmp_path / "made.pdf").read_bytes()) == [scans.TEXTS] * 3
        for name in ("a.pdf", "made.pdf"):
            with Pdf.open(tmp_path / name) as pdf:
                report = pdfa.check(pdf, "2b")
                assert not report.findings, name

    def test_pages_of_several_files_bring_their_outline_and_forms(self, changed: Changed, tmp_path: Path) -> None:
        def outlined(pdf: Pdf) -> None:
            with pdf.open_outline() as outline:
                outline.root.append(OutlineItem("Chapter 2", 1))

        path = changed(outlined)
        picture = scans.make(tmp_path, "gray JPEG")
        made = to_pdf([*scans.read(picture), *scans.read(path), *scans.read(picture)])
        assert texts(made) == [scans.TEXTS] * 5
        with opened(made) as pdf, pdf.open_outline() as outline:
            (item,) = outline.root
            assert item.title == "Chapter 2"
            assert isinstance(item.destination, Array)
            assert item.destination[0].objgen == pdf.pages[2].obj.objgen

    @pytest.mark.parametrize(
        ("what", "add"),
        [
            ("metadata", lambda pdf: pdf.open_metadata().__enter__().__setitem__("pdf:Keywords", "x")),
            ("attachments", lambda pdf: pdf.attachments.__setitem__("a.txt", b"a")),
            ("tags", lambda pdf: pdf.Root.__setattr__("StructTreeRoot", Dictionary(Type=Name.StructTreeRoot))),
        ],
    )
    def test_what_is_lost_among_other_pages_is_said(
        self, changed: Changed, what: str, add: Callable[[Pdf], None], caplog: pytest.LogCaptureFixture
    ) -> None:
        def added(pdf: Pdf) -> None:
            if what == "metadata":
                with pdf.open_metadata() as metadata:
                    metadata["pdf:Keywords"] = "x"
            else:
                add(pdf)

        (first, *_) = scans.read(changed(added))
        to_pdf([first])
        assert f"{what} are kept only where a whole PDF is the only input" in caplog.text

    @pytest.mark.parametrize("user", ["", "for readers"])
    def test_a_protected_file_is_no_longer_and_that_is_said(
        self, scanned: Path, tmp_path: Path, user: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with Pdf.open(scanned) as pdf:
            pdf.save(tmp_path / "locked.pdf", encryption=pikepdf.Encryption(owner="secret", user=user))
        made = to_pdf(scans.read(tmp_path / "locked.pdf", password=["wrong", "secret"]))
        assert texts(made) == [scans.TEXTS] * 3
        with opened(made) as pdf:
            assert not pdf.is_encrypted
        assert "secret" not in caplog.text
        assert "the PDF is protected, the document with its text is not" in caplog.text

    def test_a_signature_no_longer_holds_and_that_is_said(
        self, changed: Changed, caplog: pytest.LogCaptureFixture
    ) -> None:
        to_pdf(scans.read(changed(lambda pdf: setattr(pdf.Root, "AcroForm", Dictionary(Fields=Array([]), SigFlags=3)))))
        assert "signature of the PDF does not hold" in caplog.text


def test_pages_that_could_not_be_read_stay_in_their_place(scanned: Path, caplog: pytest.LogCaptureFixture) -> None:
    first, _, third = scans.read(scanned)
    made = to_pdf([first, UnreadPage("three", Origin(scanned), 1), third])
    assert texts(made) == [scans.TEXTS, [], scans.TEXTS]
    with opened(made) as pdf:
        assert [len(page.get_images()) for page in pdf.pages] == [1, 1, 1]
    assert "1 pages that could not be read are kept as they are, without text" in caplog.text


def test_unread_pages_of_a_tiff_stay_in_their_place(tmp_path: Path) -> None:
    path = scans.make(tmp_path, "TIFF of 3 pages")
    first, _, third = scans.read(path)
    found = scans.held(to_pdf([first, UnreadPage("scan", Origin(path, number=1), 1), third]))
    assert [page.bits for page in found] == [1, 8, 24]
    assert [bool(page.text) for page in found] == [True, False, True]


def test_an_unread_picture_that_is_none_is_left_out_and_that_is_said(
    scanned: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    made = to_pdf([UnreadPage("broken", Origin(tmp_path / "broken.png")), *scans.read(scanned)])
    assert len(texts(made)) == 3
    assert "broken is left out" in caplog.text


@pytest.mark.parametrize("kind", ["scanned PDF, JPEG", "gray JPEG"])
@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_page_whose_orientation_was_corrected_is_shown_upright(tmp_path: Path, kind: str, turned: int) -> None:
    (page,) = scans.read(scans.make(tmp_path, kind))
    made = to_pdf([replace(page, turned=turned)])
    with pypdfium2.PdfDocument(made) as document:
        shown = document[0].render(scale=2).to_numpy()[..., 0]
        assert document[0].get_rotation() == -turned % 360
    expected = np.rot90(page.image[:, :, 0], turned // 90)
    assert abs(int(shown.shape[0] > shown.shape[1]) - int(expected.shape[0] > expected.shape[1])) == 0
    assert [found.on_ink for found in scans.held(made)] == [1]


def test_content_in_memory_is_kept_too(scanned: Path) -> None:
    content = scanned.read_bytes()
    pages = [replace(page, origin=Origin(content)) for page in scans.read(scanned)]
    assert texts(to_pdf(pages)) == [scans.TEXTS] * 3


def test_a_file_that_qpdf_cannot_read_is_drawn_and_that_is_said(
    scanned: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def damaged(*_arguments: object, **_options: object) -> None:
        raise ValueError("damaged")

    pages = list(scans.read(scanned))
    monkeypatch.setattr(KeptFiles, "page", damaged)
    assert texts(to_pdf(pages)) == [scans.TEXTS] * 3
    assert "is not kept but drawn as pictures: damaged" in caplog.text


def test_a_file_that_is_gone_when_it_is_written_is_one_line(scanned: Path, tmp_path: Path) -> None:
    def pages() -> Iterator[TextPage]:
        yield from scans.read(scanned)
        scanned.unlink()

    with pytest.raises(UsageError, match="the PDF could not be written"):
        save_pdf(pages(), tmp_path / "out" / "made.pdf")
    assert list((tmp_path / "out").iterdir()) == []


def test_many_pages_are_written_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ocrzoo.results.exports.pdf_parts import writer

    monkeypatch.setattr(writer, "_PART_PAGES", 2)
    path = scans.make(tmp_path, "gray JPEG")
    (page,) = scans.read(path)
    assert texts(to_pdf([page] * 5)) == [scans.TEXTS] * 5
    monkeypatch.setattr(writer, "_PART_BYTES", 1)
    assert texts(to_pdf([page] * 3)) == [scans.TEXTS] * 3


def test_nothing_is_left_when_it_is_stopped(scanned: Path, tmp_path: Path) -> None:
    def pages() -> Iterator[TextPage]:
        yield from scans.read(scanned)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_pdf(pages(), tmp_path / "out" / "made.pdf")
    assert not (tmp_path / "out").exists()


def test_the_same_pages_give_the_same_bytes(scanned: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    assert to_pdf(scans.read(scanned)) == to_pdf(scans.read(scanned))
    assert caplog.text == ""
