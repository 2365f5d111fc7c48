"""Compare the engines on whole pages: ``python bench/engines.py [--rounds N] [PAGES_DIR]``.

Every round reads all pages once with each engine, in a random order, so that a machine whose speed drifts
treats them alike. Printed are milliseconds a page (median, least, most) and the ratio to ONNX Runtime, round by round.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from pathlib import Path

from ocrzoo import create_pipeline

MODEL = "PP-OCRv4_mobile"
"""The only one whose weights are available for all three engines."""
REFERENCE = "onnxruntime"
ENGINES = ("openvino", "onnxruntime", "paddle")
PAGES = Path(__file__).parents[1] / "tests" / "data" / "pages"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="?", type=Path, default=PAGES)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    pipelines = {
        engine: create_pipeline(
            engine=engine,
            text_detection_model_name=f"{MODEL}_det",
            text_recognition_model_name=f"{MODEL}_rec",
            use_doc_orientation_classify=False,
            use_doc_unwarping=False,
            use_textline_orientation=False,
        )
        for engine in ENGINES
    }
    lines = {
        engine: sum(len(r["rec_texts"]) for r in made.predict(options.pages)) for engine, made in pipelines.items()
    }
    count = sum(1 for path in options.pages.iterdir() if path.suffix in {".png", ".jpg"})
    times: dict[str, list[float]] = {engine: [] for engine in ENGINES}
    for _ in range(options.rounds):
        for engine in random.sample(ENGINES, len(ENGINES)):
            start = time.perf_counter()
            for _result in pipelines[engine].predict(options.pages):
                pass
            times[engine].append((time.perf_counter() - start) * 1000 / count)
    print(f"{MODEL}, {count} pages, {lines[REFERENCE]} lines, {options.rounds} rounds")
    print(f"{'engine':14}{'ms/page':>9}{'least':>9}{'most':>9}   ratio to {REFERENCE} (least-most)")
    for engine, taken in times.items():
        ratios = [mine / other for mine, other in zip(taken, times[REFERENCE], strict=True)]
        print(
            f"{engine:14}{statistics.median(taken):9.0f}{min(taken):9.0f}{max(taken):9.0f}"
            f"   {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
