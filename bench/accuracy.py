"""Accuracy of real weights per language, compared with what their charsets cover: ``python -m bench.accuracy``.

    python -m bench.accuracy [--write] [LANGUAGE]...

Pages are drawn with Debian's Noto fonts (packages fonts-noto-core and fonts-noto-cjk): public-domain text
(``texts.tsv``), and lines of synthetic words that contain every letter of the language several times (Unicode CLDR's
letters). They are read whole: lines found by PP-OCRv5_mobile_det, then read by each model, whether it claims the
language or not. ``--write`` keeps the figures of the languages named, or of all, in
``docs/accuracy.json``, from which ``docs/generate.py`` makes ``docs/accuracy.md``.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.letter_pages import Drawn, letter_lines, lines_of, pages, texts
from bench.scoring import bare
from rapidfuzz.distance import Levenshtein

from ocrzoo import create_pipeline
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo_registry.languages.coverage import coverage_of
from ocrzoo_registry.languages.tags import Language, claims, parse_language
from ocrzoo_registry.zoo import Zoo

MODELS = ("PP-OCRv5_mobile_rec", "PP-OCRv6_small_rec", "PP-OCRv6_tiny_rec")
"""Those whose weights travel in the extra ``bundled``."""
DETECTION = "PP-OCRv5_mobile_det"
WRITTEN = Path(__file__).parents[1] / "docs" / "accuracy.json"
MISREAD = 0.5
"""A letter counts as misread where more than this share of its occurrences came out as something else."""


@dataclass
class Tally:
    """What came of some lines."""

    characters: int = 0
    errors: int = 0
    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, truth: str, read: str) -> None:
        """Compare a line as it was drawn with what was read, in NFC and without spaces."""
        truth, read = bare(truth), bare(read)
        wrong = {edit.src_pos for edit in Levenshtein.editops(truth, read) if edit.tag in {"replace", "delete"}}
        self.characters += len(truth)
        self.errors += Levenshtein.distance(truth, read)
        self.right.update(letter for place, letter in enumerate(truth) if place not in wrong)
        self.wrong.update(letter for place, letter in enumerate(truth) if place in wrong)

    @property
    def rate(self) -> float:
        """The character error rate in percent."""
        return round(100 * self.errors / self.characters, 2)

    def misread(self, letter: str) -> bool:
        """Whether a letter came out as something else, mostly."""
        return self.wrong[letter] > MISREAD * (self.wrong[letter] + self.right[letter])


def read_lines(pipeline: OCRPipeline, drawn: Sequence[Drawn], tag: str) -> Iterator[tuple[str, str]]:
    """Yield each line as it was drawn, and all that was read at its height."""
    for image, lines in pages(drawn, tag):
        (result,) = pipeline.predict(image)
        boxes = [(float(box[1] + box[3]) / 2, float(box[0]), i) for i, box in enumerate(result["rec_boxes"])]
        for line in lines:
            at = sorted((left, i) for middle, left, i in boxes if line.top <= middle <= line.bottom)
            yield line.text, " ".join(result["rec_texts"][i] for _, i in at)


def measure(zoo: Zoo, language: Language, name: str, pipeline: OCRPipeline) -> dict[str, Any]:
    """Return the figures of one language and model."""
    tag, orthography = language.tag, language.orthography
    text, letters = Tally(), Tally()
    for truth, read in read_lines(pipeline, lines_of(texts()[tag]), tag):
        text.add(truth, read)
    claimed = claims(zoo.models.get(name).languages, language)
    figures: dict[str, Any] = {"language": tag, "model": name, "claimed": claimed}
    figures |= {"text_characters": text.characters, "text_cer": text.rate}
    coverage = coverage_of(zoo.models.get(name), language)
    if orthography is None or coverage is None:  # Unicode CLDR does not know its letters
        return figures
    for truth, read in read_lines(pipeline, lines_of(letter_lines(orthography)), tag):
        letters.add(truth, read)
    missing = set(coverage.missing)
    asked = sorted(letter for letter in orthography.required if letters.right[letter] + letters.wrong[letter])
    return {
        **figures,
        "letters": len(asked),
        "letters_cer": letters.rate,
        "missing": "".join(letter for letter in asked if letter in missing),
        "missing_read": "".join(letter for letter in asked if letter in missing and not letters.misread(letter)),
        "missing_seen": sum(letters.right[letter] + letters.wrong[letter] for letter in missing),
        "missing_wrong": sum(letters.wrong[letter] for letter in missing),
        "present_misread": "".join(letter for letter in asked if letter not in missing and letters.misread(letter)),
    }


def main() -> None:
    """Measure and print; write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE")
    parser.add_argument("--write", action="store_true", help=f"keep all figures in {WRITTEN.name}")
    arguments = parser.parse_args()
    zoo = Zoo()
    made = {
        name: create_pipeline(
            "OCR",
            zoo=zoo,
            precision="float32",
            text_detection_model_name=DETECTION,
            text_recognition_model_name=name,
            use_doc_orientation_classify=False,
            use_doc_unwarping=False,
            use_textline_orientation=False,
        )
        for name in MODELS
    }
    rows = []
    for tag in arguments.languages or texts():
        language = parse_language(tag)
        for name in MODELS:
            rows.append(measure(zoo, language, name, made[name]))
            print(json.dumps(rows[-1], ensure_ascii=False), flush=True)
    if arguments.write:
        write(rows)


def write(rows: Sequence[dict[str, Any]]) -> None:
    """Keep figures, in the order of the texts; those of other languages and models stay."""
    kept = json.loads(WRITTEN.read_text(encoding="utf-8")) if WRITTEN.exists() else []
    every = {(row["language"], row["model"]): row for row in [*kept, *rows]}
    tags = [parse_language(tag).tag for tag in texts()]
    found = sorted(every.values(), key=lambda row: (tags.index(row["language"]), MODELS.index(row["model"])))
    content = ",\n".join(json.dumps(row, ensure_ascii=False) for row in found)
    WRITTEN.write_text(f"[\n{content}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
