"""What it is worth to know something of lines: ``python -m bench.characters [DIR] [--model NAME]... [--count N]``.

DIR is what ``bench.labelled_pages`` wrote; by default its fixed set is made anew, of ``--count`` pages. Lines are cut
out where they are written, so only recognition is measured, in float32. Of each kind of line for which something is
known (figures, dates, amounts, names of a closed list, the alphabet of the page's language), printed are the lines that
are wrong and the error rate of characters, without and with what is known, and how many lines became right and wrong.

Of all lines, printed is also how often the text written is among the first readings where the best one is wrong, how
many readings are right that say of themselves how probable they are, and how often the script of a line is right.
"""

from __future__ import annotations

import argparse
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from bench.labelled_pages import LabelledPage
from bench.labelled_text import names
from rapidfuzz.distance import Levenshtein

from bench import labelled_pages, page_accuracy
from ocrzoo import create_pipeline
from ocrzoo.decoding import PLAIN, Decoding, decoding
from ocrzoo.predictors.recognition import TextRecognizer
from ocrzoo.processing.geometry import crop
from ocrzoo.text.line_scripts import only_language, script_of_line
from ocrzoo.types import Image
from ocrzoo_registry.languages.tags import parse_language

FIGURES = re.compile(r"[0-9][0-9.,:/ -]*")
DATE = re.compile(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d{2})")
AMOUNT = re.compile(r"(?:[$€£¥] ?|[A-Z]{3} )-?[\d.,' ]+|-?[\d.,' ]+ ?(?:[$€£¥]|[A-Z]{3})")
READINGS = 5
STEPS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99)
"""Ranges of probabilities, by their least."""


@dataclass(frozen=True)
class Kind:
    """Lines of which something is known."""

    name: str
    fits: Callable[[str, str], bool]
    """Whether a line is one, by its text and the language of its page."""
    known: Callable[[str], dict[str, Any]]
    """What is known of it, by the language of its page."""


def kinds(fits_alphabet: Callable[[str, str], bool]) -> list[Kind]:
    """Return the kinds of lines, and what is known of each."""
    return [
        Kind(
            "figures, allow=digits and .,:/-", lambda t, _: _all(FIGURES, t), lambda _: {"allow": ["digits", ".,:/-"]}
        ),
        Kind(
            "figures, patterns=[0-9][0-9.,:/ -]*",
            lambda t, _: _all(FIGURES, t),
            lambda _: {"patterns": FIGURES.pattern},
        ),
        Kind("dates, patterns=date", lambda t, _: _all(DATE, t), lambda _: {"patterns": "date"}),
        Kind("amounts, patterns=amount", lambda t, _: _all(AMOUNT, t), lambda _: {"patterns": "amount"}),
        Kind("names, lexicon of the language", lambda t, one: t in names(one), lambda one: {"lexicon": names(one)}),
        Kind(
            "all lines, allow=lang and symbols",
            fits_alphabet,
            lambda one: {"allow": [f"lang:{one}", "symbols", "digits"]},
        ),
    ]


@dataclass
class Counts:
    """Lines read without and with what is known of them."""

    lines: int = 0
    characters: int = 0
    wrong: list[int] = field(default_factory=lambda: [0, 0])
    errors: list[int] = field(default_factory=lambda: [0, 0])
    mended: int = 0
    broken: int = 0

    def add(self, written: str, before: str, after: str) -> None:
        """Count a line."""
        self.lines += 1
        self.characters += len(written)
        for place, text in enumerate((before, after)):
            self.wrong[place] += text != written
            self.errors[place] += Levenshtein.distance(text, written)
        self.mended += before != written == after
        self.broken += before == written != after

    def __str__(self) -> str:
        """Return the row."""
        rates = [f"{100 * one / max(self.characters, 1):6.2f}" for one in self.errors]
        wrong = f"{self.wrong[0]:5} {self.wrong[1]:5}"
        return f"{self.lines:6}{wrong:>14}{rates[0]:>10}{rates[1]:>8}{self.mended:>8}{self.broken:>8}"


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR")
    parser.add_argument("--model", action="append", metavar="NAME")
    parser.add_argument("--count", type=int, default=labelled_pages.COUNT)
    options = parser.parse_args(argv)
    with ExitStack() as stack:
        folder = options.folder
        if folder is None:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            labelled_pages.write(folder, labelled_pages.pages(options.count))
        for model in options.model or page_accuracy.MODELS:
            pages = page_accuracy.claimed(labelled_pages.load(folder), model)
            print("\n".join(_figures(model, folder, pages)), flush=True)


def _figures(model: str, folder: Path, pages: Sequence[LabelledPage]) -> Iterator[str]:
    reader = recognizer(model)
    lines = [(text, page.language, image) for page in pages for text, image in cut(folder, page)]
    images = [image for *_, image in lines]
    plain = reader.predict(images)
    yield f"\n{model}_rec: {len(pages)} pages, {len(lines)} lines"
    yield f"{'':38}{'lines':>6}{'wrong':>8}{'with':>6}{'CER %':>10}{'with':>8}{'mended':>8}{'broken':>8}"
    alphabets: dict[str, Callable[[str], bool] | None] = {}

    def fits_alphabet(text: str, language: str) -> bool:
        from ocrzoo.decoding.characters import character_class

        if language not in alphabets:
            alphabets[language] = character_class("allow", [f"lang:{language}", "symbols", "digits", " "])
        fits = alphabets[language]
        return fits is not None and fits(text)

    for kind in kinds(fits_alphabet):
        of_language: dict[str, list[int]] = defaultdict(list)
        for number, (text, language, _) in enumerate(lines):
            if kind.fits(text, language):
                of_language[language].append(number)
        counts = Counts()
        for language, numbers in of_language.items():
            found = reader.predict([images[number] for number in numbers], decoding=_known(kind.known(language)))
            for number, line in zip(numbers, found, strict=True):
                counts.add(lines[number][0], plain[number].text, line.text)
        yield f"{kind.name:38}{counts}"
    yield from _alternatives(reader, lines)
    yield _scripts([(text, language, line.text) for (text, language, _), line in zip(lines, plain, strict=True)])


def _scripts(lines: Sequence[tuple[str, str, str]]) -> str:
    """How often the script of a line is right, and the language where it follows from the script."""
    found = [(script_of_line(text), script_of_line(read), language) for text, language, read in lines]
    written = [one for one in found if one[0] is not None]
    named = [(only_language(read), language) for _, read, language in written if only_language(read)]
    right = sum(script == read for script, read, _ in written)
    same = sum(parse_language(str(one)).tag == parse_language(language).tag for one, language in named)
    return f"scripts: {right} of {len(written)} right; languages that follow from them: {same} of {len(named)}"


def _alternatives(reader: TextRecognizer, lines: Sequence[tuple[str, str, Image]]) -> Iterator[str]:
    wrong, among = 0, 0
    said: dict[float, list[bool]] = defaultdict(list)
    for (text, *_), line in zip(
        lines, reader.predict([one[-1] for one in lines], decoding=_known({"alternatives": READINGS})), strict=True
    ):
        texts = [one.text for one in line.alternatives]
        wrong += line.text != text
        among += line.text != text and text in texts
        for one in line.alternatives[:1]:
            said[max(step for step in STEPS if one.probability >= step)].append(one.text == text)
    yield f"{among} of {wrong} lines that are wrong have the text written among {READINGS} readings"
    for step, right in sorted(said.items()):
        share = 100 * np.mean(right)
        yield f"first readings of probability {step} or more: {len(right):5}, {share:.1f} % of them right"


def recognizer(model: str) -> TextRecognizer:
    """Load a recognition model, in float32."""
    pipeline = create_pipeline(
        "OCR",
        text_detection_model_name="PP-OCRv6_tiny_det",
        text_recognition_model_name=f"{model}_rec",
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
        precision="float32",
    )
    (found,) = pipeline.load().recognizers
    assert isinstance(found, TextRecognizer)
    return found


def cut(folder: Path, page: LabelledPage) -> Iterator[tuple[str, Image]]:
    """Yield the lines of a page, and where they are written."""
    image = cv2.imread(str(labelled_pages.picture(folder, page)))
    for line in page.lines:
        found = None if image is None else crop(image, np.rint(np.array(line.quad)).astype(np.int16))  # type: ignore[arg-type]
        if found is not None:
            yield line.text, found


def _all(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.fullmatch(text) is not None


def _known(known: dict[str, Any]) -> Decoding:
    return decoding(**known) if known else PLAIN


if __name__ == "__main__":
    main()
