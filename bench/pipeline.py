"""Compare whole pipelines with PaddleX 3.7.2 and RapidOCR: ``python -m bench.pipeline [--rounds N] [PAGES_DIR]``.

Same weights, pages and number of threads. Every program runs in a process of its own; in each round all of them read
all pages, one after the other, in a random order, so that a machine whose speed drifts treats them alike. Printed
are milliseconds a page, the engine's own share, the time from nothing to the first page's result, the peak of memory,
and how many times as fast as PaddleX on ONNX Runtime each is, round by round.

PaddleX runs in an environment of its own, made by uv for the occasion, or named by ``--environment``. RapidOCR is
compared if ``--rapidocr`` names an environment with ``rapidocr``, ``onnxruntime``, ``openvino`` and ``pyyaml``.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "parity"))
from record import environment, model_folder

from ocrzoo.pipelines.config import default_ocr

PAGES = Path(__file__).parents[1] / "tests" / "data" / "pages"
WORKER = Path(__file__).with_name("pipeline_worker.py")
REFERENCE = "paddlex onnxruntime"
PROGRAMS = (
    *(REFERENCE, "ocrzoo onnxruntime", "ocrzoo openvino", "ocrzoo openvino:bf16"),
    *("paddlex paddle", "ocrzoo paddle"),
)
"""Program and engine, and the precision where it is not the default."""
RAPIDOCR = ("rapidocr onnxruntime", "rapidocr openvino")
COLD_RUNS = 3


@dataclass
class Program:
    """A running program and what was measured of it."""

    name: str
    process: subprocess.Popen[str]
    measured: list[dict[str, float]] = field(default_factory=list)
    cold_s: list[float] = field(default_factory=list)

    def ask(self, line: str) -> dict[str, float]:
        """Send a line and wait for the answer."""
        to, back = _pipes(self.process)
        to.write(line + "\n")
        to.flush()
        answer = back.readline()
        if not answer:
            raise SystemExit(f"{self.name} ended: exit status {self.process.wait(10)}")
        found: dict[str, float] = json.loads(answer)
        return found

    def all(self, key: str) -> list[float]:
        """Return one figure of each round."""
        return [one[key] for one in self.measured]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="?", type=Path, default=PAGES)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--model", default="PP-OCRv4_mobile", help="detection and recognition of this name")
    parser.add_argument("--environment", type=Path, metavar="DIR", help="a virtual environment with PaddleX in it")
    parser.add_argument("--rapidocr", type=Path, metavar="DIR", help="a virtual environment with RapidOCR in it")
    options = parser.parse_args()
    pages = sorted(str(path) for path in options.pages.iterdir() if path.suffix.lower() in {".png", ".jpg"})
    names = [name for name in PROGRAMS if "paddle" not in name.split()[1] or options.model == "PP-OCRv4_mobile"]
    names += RAPIDOCR if options.rapidocr else ()
    with environment(options.environment) as python, ExitStack() as stack:
        jobs = {name: job(name, options, pages) for name in names}
        pythons = {name: str(python) if name.startswith("paddlex") else sys.executable for name in names}
        pythons |= {name: str(options.rapidocr / "bin" / "python") for name in names if name in RAPIDOCR}
        cold = {name: [cold_start(pythons[name], jobs[name]) for _ in range(COLD_RUNS)] for name in names}
        programs = [stack.enter_context(start(name, pythons[name], jobs[name])) for name in names]
        for program in programs:
            program.cold_s = cold[program.name]
            program.ask("all pages once, which does not count")
        for _ in range(options.rounds):
            for program in random.sample(programs, len(programs)):
                program.measured.append(program.ask("again"))
    print(
        f"{options.model}, {len(pages)} pages, {options.threads} threads, {options.rounds} rounds, "
        f"{COLD_RUNS} cold starts"
    )
    print("\n".join(table(programs)))


def job(name: str, options: argparse.Namespace, pages: Sequence[str]) -> dict[str, Any]:
    """Return the job of a program."""
    program, engine = name.split()
    config = default_ocr()
    config.update(use_doc_preprocessor=False, use_textline_orientation=False)
    for module, task in (("TextDetection", "det"), ("TextRecognition", "rec")):
        model = f"{options.model}_{task}"
        folder = model_folder(model, "paddle" if engine == "paddle" else "onnx")
        config["SubModules"][module].update(model_name=model, model_dir=str(folder))
    return {"program": program, "engine": engine, "config": config, "threads": options.threads, "pages": pages}


@contextmanager
def start(name: str, python: str, task: Mapping[str, Any]) -> Iterator[Program]:
    """Run a program until it has read its first page, and end it afterwards."""
    with TemporaryDirectory() as home:
        # Its own cache: nothing of the user's is read or written, and no host is asked which models it has.
        environ = {"PADDLE_PDX_CACHE_HOME": home, "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True"}
        process = subprocess.Popen(
            [python, str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **environ},
        )
        program = Program(name, process)
        try:
            program.ask(json.dumps(task))
            yield program
        finally:
            _pipes(process)[0].close()
            process.wait(60)


def cold_start(python: str, task: Mapping[str, Any]) -> float:
    """Return the seconds from nothing to the result of the first page."""
    begin = time.perf_counter()
    with start("cold", python, task):
        return time.perf_counter() - begin


def table(programs: Sequence[Program]) -> Iterator[str]:
    """Lay the figures out, a row a program."""
    (reference,) = (program for program in programs if program.name == REFERENCE)
    headings = ("ms/page", "least", "most", "engine", "lines", "cold s", "peak MB")
    widths = (8, 7, 7, 8, 7, 8, 9)
    cells = (f"{heading:>{width}}" for heading, width in zip(headings, widths, strict=True))
    yield f"{'':22}{''.join(cells)}   times as fast (least-most)"
    for program in programs:
        ms = program.all("ms")
        ratios = [theirs / ours for theirs, ours in zip(reference.all("ms"), ms, strict=True)]
        share = statistics.median(program.all("engine_ms")) / statistics.median(ms)
        yield (
            f"{program.name:22}{statistics.median(ms):8.0f}{min(ms):7.0f}{max(ms):7.0f}{share:8.0%}"
            f"{program.all('lines')[-1]:7.0f}{statistics.median(program.cold_s):8.2f}{program.all('peak_mb')[-1]:9.0f}"
            f"   {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        )


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


if __name__ == "__main__":
    main()
