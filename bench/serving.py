"""Put load on our server and PaddleX's: ``python -m bench.serving [--model MODEL] [--rounds N] [--seconds N]``.

Both have the same weights and as many threads, and run at the same time, each in an environment of its own: made by uv
for the occasion, or named by ``--environment paddlex=DIR`` (locust, which makes the load, has one too). In each round
every load is put on one server and then on the other, in a random order, so that a machine whose speed drifts treats
them alike. No two requests send the same file. ``--small`` and ``--large`` name other pages, or none of that size.

Printed are the requests a second (median, least and most of the rounds), the median and the 99th percentile of their
time, processor time a request, the peak of memory of all processes, switches of threads a request (waiting, and made
to wait), how many times as many requests as PaddleX's server ours answers (median of the rounds, least, most), and the
requests that failed, by status.

    --soak N     memory of our server over N requests: does it grow?
    --identity   are all answers to 64 clients at once those that one client alone gets?
    --layer      what the web layer costs a request, on uvicorn and granian, with FastAPI and Starlette
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from bench.peer_programs import MODELS, Program, pythons
from bench.serving_figures import MB, Figures, as_json, growth, rows, summarize
from bench.serving_identity import differing
from bench.serving_layer import measure_layer
from bench.serving_programs import OURS, Point, Running, load, requests_of, serve
from PIL import Image
from record import list_pages

PAGES = Path(__file__).parents[1] / "tests" / "data" / "pages"
PADDLEX = "paddlex"
LARGE = (2480, 3508)
"""A4 at 300 dots an inch."""
ENLARGED = 2.5
"""The pages of ``PAGES`` were drawn for about 120 dots an inch."""


def large_page(pages: Sequence[Path], folder: Path) -> Path:
    """Write a page of A4 that is filled with others, as large as print is at its resolution, and return its path."""
    sheet = np.full((LARGE[1], LARGE[0], 3), 255, np.uint8)
    pieces = [np.asarray(_enlarged(Image.open(page).convert("RGB")))[:, : LARGE[0]] for page in pages]
    top = number = 0
    while True:
        left = tallest = 0
        while left + (piece := pieces[number % len(pieces)]).shape[1] <= LARGE[0]:
            if top + piece.shape[0] > LARGE[1]:
                path = folder / "large.png"
                Image.fromarray(sheet).save(path)
                return path
            sheet[top : top + piece.shape[0], left : left + piece.shape[1]] = piece
            left, tallest, number = left + piece.shape[1], max(tallest, piece.shape[0]), number + 1
        top += tallest


def _enlarged(page: Image.Image) -> Image.Image:
    return page.resize((round(page.width * ENLARGED), round(page.height * ENLARGED)), Image.Resampling.BICUBIC)


def measure(running: Running, point: Point, pages: Mapping[str, Sequence[Path]], setup: Setup) -> Figures:
    """Put one load on one server."""
    asked = setup.asked(pages[point.pages], images=point.images)
    before = running.use()
    with running.watched() as memory:
        for _ in load(setup.locust, running.url, asked, setup.folder, point.clients, setup.options.seconds):
            pass
    after = running.use()
    return summarize(
        requests_of(asked),
        max(memory),
        cpu_s=after.cpu_s - before.cpu_s,
        voluntary=after.voluntary - before.voluntary,
        involuntary=after.involuntary - before.involuntary,
    )


class Setup:
    """What all measurements share."""

    def __init__(self, options: argparse.Namespace, folder: Path, locust: str) -> None:
        self.options = options
        self.folder = folder
        self.locust = locust

    def asked(self, pages: Sequence[Path], *, images: bool, count: int = 0) -> dict[str, object]:
        """Return a load: so many requests, or 0 for as many as there is time for."""
        output = str(self.folder / "requests.json")
        return {"pages": [str(page) for page in pages], "images": images, "requests": count, "output": output}


def compare(
    servers: Sequence[Running], pages: Mapping[str, Sequence[Path]], setup: Setup
) -> dict[str, dict[str, list[Figures]]]:
    """Put all loads on all servers, in turns; return load -> server -> rounds."""
    options = setup.options
    points = [Point(size, images, clients) for size in pages for images in (False, True) for clients in options.clients]
    measured: dict[str, dict[str, list[Figures]]] = {str(point): {one.name: [] for one in servers} for point in points}
    for _ in range(options.rounds):
        for point in random.sample(points, len(points)):
            for running in random.sample(list(servers), len(servers)):
                measured[str(point)][running.name].append(measure(running, point, pages, setup))
    return measured


def soak(running: Running, pages: Sequence[Path], setup: Setup) -> list[tuple[int, int]]:
    """Return the memory of a server after every hundred of many requests of four clients, with pictures."""
    asked = setup.asked(pages, images=True, count=setup.options.soak)
    done = load(setup.locust, running.url, asked, setup.folder, 4, 24 * 3600)
    return [(0, running.memory()), *((count, running.memory()) for count in done)]


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model", choices=MODELS, default="PP-OCRv5_mobile", help="detection and recognition of this name"
    )
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10, help="of each load; what was asked then is answered")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16, 64], help="at once")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--small", type=Path, nargs="*", default=[PAGES], help="PNG files, or folders of them")
    parser.add_argument("--large", type=Path, nargs="*", help="the same; by default, one page of A4")
    parser.add_argument("--options", default="", help="further options of ocrzoo serve, such as '--precision float32'")
    parser.add_argument("--alone", action="store_true", help="without PaddleX's server")
    parser.add_argument("--environment", action="append", default=[], metavar="PROGRAM=DIR", help="may be repeated")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--soak", type=int, metavar="N")
    mode.add_argument("--identity", action="store_true")
    mode.add_argument("--layer", action="store_true")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; return the exit status."""
    options = arguments(argv)
    given = {name: Path(place) for name, _, place in (one.partition("=") for one in options.environment)}
    with_paddlex = not (options.alone or options.soak or options.identity or options.layer)
    names = ["locust", *(["granian"] if options.layer else []), *(["paddlex"] if with_paddlex else [])]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="serving-")))
        interpreters = stack.enter_context(pythons([Program(name, name) for name in names], given))
        setup = Setup(options, folder, interpreters["locust"])
        small = list_pages(options.small)
        if options.layer:
            found = measure_layer(interpreters, folder, options.seconds)
            return report(
                options, [f"{name:40} {ms:8.3f} ms of processor time a request" for name, ms in found.items()], found
            )
        further = options.options.split()
        begun = [(OURS, interpreters["ocrzoo"]), *([(PADDLEX, interpreters[PADDLEX])] if with_paddlex else [])]
        servers = [
            stack.enter_context(
                serve(name, python, folder, options.model, options.threads, further if name == OURS else ())
            )
            for name, python in begun
        ]
        if options.identity:
            compared, different = differing(servers[0].url, small)
            told = f"{compared} answers to 64 clients, {len(different)} unlike the answer alone"
            return report(options, [told, *different], {"answers": compared, "different": different}) or bool(different)
        if options.soak:
            seen = soak(servers[0], small, setup)
            grown = growth(seen)
            lines = [f"{count:8} requests {memory / MB:8.1f} MB" for count, memory in seen]
            told = f"{grown.first / MB:.1f} MB at first, {grown.last / MB:.1f} at last, at most {grown.peak / MB:.1f}"
            return report(options, [*lines, f"{told}; {grown.per_thousand / MB:+.2f} MB a thousand requests"], seen)
        large = [large_page(list_pages([PAGES]), folder)] if options.large is None else list_pages(options.large)
        sizes = {"small": small, "large": large}
        measured = compare(servers, {size: pages for size, pages in sizes.items() if pages}, setup)
        head = f"{options.model}, {options.threads} threads, {options.rounds} rounds of {options.seconds:g} s"
        return report(options, [head, *rows(measured, PADDLEX if with_paddlex else None)], as_json(measured))


def report(options: argparse.Namespace, lines: Sequence[str], found: object) -> int:
    """Print, and write what was measured."""
    print("\n".join(lines))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
