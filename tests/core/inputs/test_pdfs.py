"""PDF files: drawn as PaddleX draws them, page by page, side by side, and closed when done."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from fpdf import FPDF
from numpy.typing import NDArray

from ocrzoo.inputs import Page, count_pages, limits, pages, pdf_pool
from ocrzoo.inputs.pdfs import render_scale
from ocrzoo_registry.errors import InputError, UsageError

Failing = Callable[[Any], str]


def by_pdfium(content: bytes, scale: float = 2.0) -> list[NDArray[np.uint8]]:
    """Draw as PaddleX does: forms, then each page with PDFium's defaults."""
    document = pypdfium2.PdfDocument(content)
    document.init_forms()
    drawn = []
    for page in document:
        drawn.append(page.render(scale=scale).to_numpy().copy())
        page.close()
    document.close()
    return drawn


def written(count: int = 2, **options: Any) -> bytes:
    """A file with text, lines and color."""
    file = FPDF(**options)
    file.set_font("helvetica", size=20)
    for number in range(1, count + 1):
        file.add_page()
        file.set_text_color(200, 30, 90)
        file.cell(text=f"Page {number} of {count}")
        file.line(10, 10, 100, 200)
    return bytes(file.output())


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.pdf"
    path.write_bytes(written())
    return path


class TestDrawing:
    """The pixels."""

    def test_pages_have_the_pixels_of_pdfium(self, letter: Path) -> None:
        expected = by_pdfium(letter.read_bytes())
        found = list(pages(letter))
        assert [(page.input_path, page.page_index, page.stem) for page in found] == [
            (str(letter), 0, "letter"),
            (str(letter), 1, "letter"),
        ]
        for page, image in zip(found, expected, strict=True):
            read = page.read()
            assert read.dtype == np.uint8
            assert read.flags.writeable
            np.testing.assert_array_equal(read, image)

    def test_144_dots_an_inch_in_bgr(self, pdf: Any) -> None:
        (page,) = pages(pdf.page(b"1 0 0 rg 0 0 200 100 re f"))
        read = page.read()
        assert read.shape == (200, 400, 3)
        assert np.unique(read.reshape(-1, 3), axis=0).tolist() == [[0, 0, 255]]

    def test_what_is_filled_into_a_form_is_drawn(self, pdf: Any) -> None:
        field = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(x)/Rect[50 20 150 80]/F 4/AP<</N 6 0 R>>>>"
        look = pdf.stream(b"0 0 100 60 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 100 60]")
        content = pdf.page(b"", field, look, entries=b"/Annots[5 0 R]")
        content = content.replace(b"/Pages 2 0 R>>", b"/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>")
        (page,) = pages(content)
        read = page.read()
        assert read[100, 200].max() < 100
        np.testing.assert_array_equal(read, by_pdfium(content)[0])

    def test_a_turned_page_is_upright(self, pdf: Any) -> None:
        (page,) = pages(pdf.page(b"0 0 20 20 re f", entries=b"/Rotate 90"))
        read = page.read()
        assert read.shape == (400, 200, 3)
        assert read[0, 0].max() == 0

    @pytest.mark.parametrize(("scale", "rows"), [("1", 100), ("3.5", 350), ("", 200)])
    def test_the_scale_can_be_set_as_in_paddlex(
        self, scale: str, rows: int, pdf: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PADDLE_PDX_PDF_RENDER_SCALE", scale)
        (page,) = pages(pdf.page(b""))
        assert page.read().shape == (rows, 2 * rows, 3)

    @pytest.mark.parametrize("variable", ["PADDLE_PDX_PDF_RENDER_SCALE", "PADDLE_PDX_PDF_MIN_RENDER_SCALE"])
    @pytest.mark.parametrize("value", ["0", "-2", "wide", "nan", "inf"])
    def test_a_scale_that_makes_no_sense(
        self, variable: str, value: str, pdf: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(variable, value)
        with pytest.raises(UsageError, match=f"{variable} must be a positive number, not '{value}'"):
            list(pages(pdf.page(b"")))

    def test_a_large_page_is_drawn_smaller(self, pdf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "MAX_PIXELS", 20_000)
        content = pdf.page(b"0 0 20 20 re f")
        (page,) = pages(content)
        read = page.read()
        assert read.shape == (100, 200, 3)
        np.testing.assert_array_equal(read, by_pdfium(content, render_scale(200, 100, "x"))[0])

    def test_a_page_larger_than_a_scale_can_cure(
        self, pdf: Any, the_error: Failing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "page 1: too large: 4000000 x 100 points: " in the_error(pdf.page(b"", box="0 0 4000000 100"))
        monkeypatch.setenv("PADDLE_PDX_PDF_MIN_RENDER_SCALE", "1.5")
        assert "at 1.5 pixels per point" in the_error(pdf.page(b"", box="0 0 30000 100"))


class TestScale:
    """How many pixels a point."""

    def test_the_one_wanted_where_it_fits(self) -> None:
        assert render_scale(595, 842, "x") == 2.0
        assert render_scale(595, 842, "x", wanted=0.05, least=0.1) == 0.05

    @pytest.mark.parametrize(
        ("width", "height"), [(10_000, 10_000), (6690.3, 6690.3), (16_000, 9_000), (14_400, 3_500)]
    )
    def test_the_largest_that_fits(self, width: float, height: float) -> None:
        def pixels(scale: float) -> int:
            return math.ceil(width * scale) * math.ceil(height * scale)

        scale = render_scale(width, height, "x")
        assert 0.1 < scale < 2
        assert pixels(scale) <= limits.MAX_PIXELS < pixels(scale * 1.001)

    def test_no_side_is_longer_than_coordinates_reach(self) -> None:
        assert 32_765 <= 100_000 * render_scale(100_000, 10, "x") <= limits.MAX_SIDE

    @pytest.mark.parametrize("size", [(0, 10), (-1, 10), (10, math.nan), (math.inf, 10)])
    def test_a_page_without_a_size(self, size: tuple[float, float]) -> None:
        with pytest.raises(InputError, match="an empty page"):
            render_scale(*size, "x")


class TestRefusals:
    """Each file says why."""

    def test_no_pages(self, pdf: Any, the_error: Failing) -> None:
        content = pdf.file(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>")
        secret = FPDF()
        secret.add_page()
        secret.set_encryption("Owner9", "User7")
        for before in (b"%PDF-1.7 or not", bytes(secret.output())):  # PDFium remembers their errors
            the_error(before)
            assert the_error(content) == "the bytes given: a PDF without pages"

    @pytest.mark.parametrize("content", [b"%PDF-1.7\n", b"%PDF-1.7\n" + bytes(1000), b"%PDF-1.7\ntrailer\n<<>>"])
    def test_damaged(self, content: bytes, the_error: Failing) -> None:
        assert the_error(content) == "the bytes given: not a readable PDF: damaged or truncated"

    def test_a_page_that_is_missing_costs_itself(self, pdf: Any) -> None:
        content = pdf.pages(0, 0.5, 1).replace(b"/Kids[3 0 R 5 0 R 7 0 R]", b"/Kids[3 0 R 9 0 R 7 0 R]")
        first, second, third = pages(content)
        assert (first.read().max(), third.read().min()) == (0, 255)
        with pytest.raises(InputError, match="page 2: could not be read"):
            second.read()

    def test_a_file_that_is_gone_when_its_page_is_read(self, letter: Path) -> None:
        page, _ = pages(letter)
        letter.unlink()
        with pytest.raises(InputError, match=r"letter\.pdf"):
            page.read()

    def test_no_python_to_run(self, letter: Path, the_error: Failing, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("multiprocessing.spawn.get_executable", lambda: "/no/such/python")
        assert "no process could be started" in the_error(letter)
        monkeypatch.setattr(sys, "frozen", True, raising=False)
        with pytest.raises(UsageError, match="set_executable"):
            list(pages(letter))


class TestLife:
    """Open while its pages are asked for, and no longer."""

    def test_a_page_can_be_read_later_and_again(self, pdf: Any) -> None:
        found = list(pages(pdf.pages(0, 0.5, 1)))
        assert [found[i].read()[0, 0, 0] // 100 for i in (2, 0, 1, 0)] == [2, 0, 1, 0]

    def test_one_half_read_does_not_keep_others_waiting(self, pdf: Any) -> None:
        half = pages(pdf.pages(0, 0.5))
        assert next(half).read().max() == 0
        assert [page.read().min() for page in pages(pdf.pages(1, 1))] == [255, 255]
        assert next(half).read().max() == 128

    def test_a_file_is_closed_when_its_pages_are_done_or_dropped(self, pdf: Any) -> None:
        for end in (list, lambda found: found.close()):
            found = pages(pdf.pages(0, 1))
            next(found)
            assert pdf_pool._idle == [], "at work"
            end(found)
            (process,) = pdf_pool._idle
            assert "error" in process.ask({"page": 0}), "nothing is open"
            pdf_pool.end_all()

    def test_two_files_in_two_threads(self, pdf: Any) -> None:
        contents = [pdf.pages(*[shade] * 20) for shade in (0, 1)]
        read: dict[int, list[int]] = {0: [], 1: []}
        start = threading.Barrier(2)

        def work(which: int) -> None:
            start.wait(10)
            read[which].extend(int(page.read().mean()) for page in pages(contents[which]))

        threads = [threading.Thread(target=work, args=[which]) for which in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert read == {0: [0] * 20, 1: [255] * 20}

    def test_pages_of_one_file_in_several_threads(self, pdf: Any) -> None:
        found = list(pages(pdf.pages(*[i / 15 for i in range(16)])))
        grays: dict[int, int] = {}

        def work(page: Page) -> None:
            assert page.page_index is not None
            grays[page.page_index] = int(page.read()[0, 0, 0])

        threads = [threading.Thread(target=work, args=[page]) for page in found]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [grays[i] for i in range(16)] == pytest.approx([17 * i for i in range(16)], abs=1)

    def test_of_a_thousand_pages_one_is_in_memory(self) -> None:
        content = written(1000)
        assert count_pages(content) == 1000
        tracemalloc.start()
        try:
            for page in itertools.islice(pages(content), 30):
                size = page.read().nbytes
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert size < peak < 3 * size

    @pytest.mark.parametrize(
        "ending",
        [
            "",
            "del found",
            "cycle = [found]; cycle.append(cycle); del cycle, found; gc.collect()",
            "list(pages(content)); os.fork() or os._exit(len(list(pages(content))) - 2); print(os.wait()[1])",
            "multiprocessing.Process(target=print).start()",
        ],
        ids=["in use", "dropped", "in a cycle", "forked", "spawned"],
    )
    def test_a_program_ends_in_silence(self, ending: str, letter: Path) -> None:
        lines = [
            "import gc, multiprocessing, os",
            "from pathlib import Path",
            "from ocrzoo.inputs import pages",
            f"content = Path({str(letter)!r}).read_bytes()",
            "found = pages(content)",
            "page = next(found)",
            "page.read()",
            ending,
        ]
        command = [
            sys.executable,
            "-X",
            "dev",
            "-W",
            "error",
            "-W",
            "ignore::DeprecationWarning",
            "-c",
            "\n".join(lines),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.strip() in ("", "0")
