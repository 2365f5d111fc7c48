"""Seconds a page in the browser beside Python, on the same pages: ``python -m bench.browser``.

The page of ``ocrzoo export --for web`` runs in Debian's Chromium, with threads and with one; Python in float32 and as
by default. All four read each page once a round, one after the other, so that a busy machine slows all alike. The
ratios of a round are printed as median and range over the rounds; pages with other text than Python's in float32 are
counted.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import os
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

import ocrzoo
from ocrzoo.cli import main as command

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "docs" / "sample.png", *sorted((ROOT / "tests" / "data" / "labelled").glob("*.jpg"))[:3])
READ_MS = 600_000
THREADS, ONE_THREAD, FLOAT32, DEFAULT = "browser, threads", "browser, one thread", "Python, float32", "Python, default"

Read = Callable[[Path], tuple[float, list[str]]]
"""Seconds, and the lines of text."""


class _Isolating(http.server.SimpleHTTPRequestHandler):
    """Serves a folder with the headers that threads need."""

    def end_headers(self) -> None:
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder; gives its address."""
    handler = functools.partial(_Isolating, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def in_browser(page: Page) -> Read:
    """Read by the exported page, which says how long it took, decoding and loading left out."""

    def read(path: Path) -> tuple[float, list[str]]:
        page.locator("#file").set_input_files(path)
        page.locator(f"body[data-state=done] h1:text-is('{path.name}')").wait_for(timeout=READ_MS)
        with page.expect_download() as download:
            page.get_by_role("button", name="Save JSON").click()
        found = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
        return found["seconds"], found["rec_texts"]

    return read


def in_python(det: str, rec: str, **options: Any) -> Read:
    """Read by the pipeline, decoding included."""
    pipeline = ocrzoo.create_pipeline(
        "OCR",
        text_detection_model_name=det,
        text_recognition_model_name=rec,
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
        **options,
    )

    def read(path: Path) -> tuple[float, list[str]]:
        start = time.perf_counter()
        (result,) = pipeline.predict(str(path))
        return time.perf_counter() - start, result["rec_texts"]

    return read


def measure(readers: dict[str, Read], pages: list[Path], rounds: int) -> None:
    """Let all read the pages in turn, and print what they took."""
    for read in readers.values():
        read(pages[0])  # loads the networks
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    differing = dict.fromkeys(readers, 0)
    for _ in range(rounds):
        sums = dict.fromkeys(readers, 0.0)
        for path in pages:
            texts = {}
            for name, read in readers.items():
                took, texts[name] = read(path)
                sums[name] += took
            for name, found in texts.items():
                differing[name] += found != texts[FLOAT32]
        for name, total in sums.items():
            seconds[name].append(total / len(pages))
    for name, found in seconds.items():
        ratios = [one / base for one, base in zip(found, seconds[FLOAT32], strict=True)]
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        unlike = f"{differing[name]} of {rounds * len(pages)} pages with other text"
        print(f"{name:<20} {statistics.median(found):6.2f} s a page, {spread} times {FLOAT32}; {unlike}")


def main() -> None:
    """Export the page, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    usual = ("PP-OCRv5_mobile_det", "PP-OCRv5_mobile_rec")
    parser.add_argument("--models", nargs=2, metavar=("DET", "REC"), default=usual)
    parser.add_argument("--pages", nargs="+", type=Path, default=PAGES)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    det, rec = chosen.models
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "page")
        if command(["export", "--for", "web", det, rec, str(folder)]) not in (0, 5):
            raise SystemExit(1)
        with serving(folder) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            readers: dict[str, Read] = {}
            for name, threads in ((THREADS, os.cpu_count()), (ONE_THREAD, 1)):
                page = browser.new_page()
                page.goto(f"{address}/?provider=wasm&threads={threads}")
                readers[name] = in_browser(page)
            readers[FLOAT32] = in_python(det, rec, precision="float32", engine="onnxruntime")
            readers[DEFAULT] = in_python(det, rec)
            measure(readers, list(chosen.pages), chosen.rounds)
            browser.close()


if __name__ == "__main__":
    main()
