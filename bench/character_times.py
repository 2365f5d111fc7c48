"""What it costs to know something of lines: ``python -m bench.character_times [PAGE]... [--model NAME] [--rounds N]``.

Each option's pages (by default ``docs/sample.png``) are read in alternation with the same pages without options, every
other round in reverse. Printed is how many times as long as without it takes, by the ratios of the rounds: their
median, least and most. Before the first round each is read once; what that took longer, as for building automata, is
printed in seconds.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from ocrzoo import create_pipeline
from ocrzoo.inputs import read_image

PAGE = Path(__file__).parents[1] / "docs" / "sample.png"
ENTRIES = 1000
"""Of the lexicon."""
OPTIONS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "restore_spaces": {"restore_spaces": True},
    "return_chars": {"return_chars": True},
    "allow": {"allow": ["lang:en", "lang:zh", "symbols", "digits"]},
    "deny=digits": {"deny": "digits"},
    "alternatives=3": {"alternatives": 3},
    r"patterns=\p{L}+": {"patterns": r"\p{L}+"},
    "patterns=date": {"patterns": "date"},
}
"""By what is printed; ``nothing`` says how much two readings of the same differ."""


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE", default=[PAGE])
    parser.add_argument("--model", default="PP-OCRv6_small")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args(argv)
    pipeline = create_pipeline(
        "OCR",
        text_detection_model_name=f"{options.model}_det",
        text_recognition_model_name=f"{options.model}_rec",
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
    )
    pages = [read_image(path) for path in options.pages]

    def read(known: dict[str, Any]) -> list[str]:
        return [text for result in pipeline.predict(pages, **known) for text in result["rec_texts"]]

    texts = read({})
    print(f"{options.model}: {len(pages)} pages, {len(texts)} lines, {options.rounds} rounds", flush=True)
    print("| option | times as long | first reading, seconds more |\n|---|---|---|")
    for name, known in {**OPTIONS, f"lexicon of {ENTRIES}": {"lexicon": lexicon(texts)}}.items():
        print(f"| {name} | {compared(partial(read, {}), partial(read, known), options.rounds)} |", flush=True)


def lexicon(texts: Sequence[str]) -> list[str]:
    """Return the texts that were read, and others of their words, the same each time."""
    rng = random.Random(1)
    words = sorted({word for text in texts for word in text.split()}) or ["word"]
    others = [f"{' '.join(rng.choices(words, k=rng.randint(1, 6)))} {number}" for number in range(ENTRIES)]
    return [*dict.fromkeys([*texts, *others])][:ENTRIES]


def compared(plain: Callable[[], object], with_option: Callable[[], object], rounds: int) -> str:
    """Time two readings in alternation; return the cells of the ratios, and of what the first one took longer."""
    seconds(plain)
    first = seconds(with_option)
    ratios, usual = [], []
    for number in range(rounds):
        order = [plain, with_option] if number % 2 == 0 else [with_option, plain]
        took = {one: seconds(one) for one in order}
        ratios.append(took[with_option] / took[plain])
        usual.append(took[with_option])
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) | {max(0.0, first - median(usual)):.1f}"


def seconds(read: Callable[[], object]) -> float:
    """Return how long a reading takes."""
    began = time.perf_counter()
    read()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
