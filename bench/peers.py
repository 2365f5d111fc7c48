"""Compare ocrzoo with other programs: ``python -m bench.peers [--model MODEL] [--rounds N] [PAGES...]``.

Same pages and threads, and the same weights where a program takes them; every program in a process of its own, and in
an environment of its own: made by uv for the occasion, or named by ``--environment rapidocr=DIR``. In each round all
programs read all pages, one after the other, in a random order, so that a machine whose speed drifts treats them alike.
The first time does not count; with ``--fresh`` the rounds share the pages out and none is read twice, so that every
page brings new shapes.

Printed are milliseconds a page (median, least and most of the rounds), processor time, the engine's share, the peak of
memory, the time from nothing to the first page's text, how many times as fast as PaddleX on ONNX Runtime a program is
(the median of the rounds, the least, the most), the share of PaddleX's texts that it has too, and its character error
rate, spaces counted, where the truth of pages is known (those of ``bench.labelled_pages``; Tesseract reads English and
Chinese only: ``--language zh-Hans en``).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from threading import Timer
from typing import IO, Any

from bench.peer_figures import Measured, read_truth, table
from bench.peer_programs import MODELS, PROGRAMS, REFERENCE, Program, job, pythons, why_skipped
from record import list_pages

PAGES = Path(__file__).parents[1] / "tests" / "data" / "pages"
WORKER = Path(__file__).with_name("peers_worker.py")
CLOSING_TIMEOUT_S = 60
ANSWER_TIMEOUT_S = 1800


class Worker:
    """A program that runs."""

    def __init__(self, name: str, process: subprocess.Popen[str], errors: IO[str]) -> None:
        self.name = name
        self._process = process
        self._errors = errors

    def ask(self, question: object) -> dict[str, Any]:
        """Send a job or pages, and wait for the answer."""
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        to.write(json.dumps(question) + "\n")
        to.flush()
        watch = Timer(ANSWER_TIMEOUT_S, self._process.kill)
        watch.start()
        try:
            answer = back.readline()
        finally:
            watch.cancel()
        if not answer:
            status = self._process.wait(CLOSING_TIMEOUT_S)
            self._errors.seek(0)
            last = self._errors.read().strip().rpartition("\n")[2]
            raise SystemExit(f"{self.name} ended, exit status {status}: {last}")
        found: dict[str, Any] = json.loads(answer)
        return found


@contextmanager
def start(name: str, python: str) -> Iterator[Worker]:
    """Run a worker, and end it afterwards."""
    with TemporaryDirectory() as home, TemporaryFile("w+", encoding="utf-8") as errors:
        # PaddleX's own cache: nothing of the user's is read or written, and no host is asked which models it has.
        environ = {"PADDLE_PDX_CACHE_HOME": home, "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True"}
        process = subprocess.Popen(
            [python, "-X", "utf8", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            encoding="utf-8",
            env={**os.environ, **environ},
        )
        try:
            yield Worker(name, process, errors)
        finally:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            try:
                process.wait(CLOSING_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(CLOSING_TIMEOUT_S)
            process.stdout.close()


def compare(
    programs: Sequence[Program], options: argparse.Namespace, interpreters: Mapping[str, str], pages: Sequence[str]
) -> list[Measured]:
    """Run all programs, in turns."""
    jobs = {one.name: job(one, options.model, pages[:1], options.threads) for one in programs}
    measured = {one.name: Measured(one.name) for one in programs}
    for _ in range(options.cold):
        for one in random.sample(programs, len(programs)):
            begin = time.perf_counter()
            with start(one.name, interpreters[one.program]) as worker:
                worker.ask(jobs[one.name])
                measured[one.name].cold_s.append(time.perf_counter() - begin)
    with ExitStack() as stack:
        workers = [stack.enter_context(start(one.name, interpreters[one.program])) for one in programs]
        for one, worker in zip(programs, workers, strict=True):
            worker.ask(jobs[one.name])
            if not options.fresh:
                worker.ask(pages)
        for turn in range(options.rounds):
            read = pages[turn :: options.rounds] if options.fresh else pages
            for worker in random.sample(workers, len(workers)):
                measured[worker.name].add(read, worker.ask(read))
    return list(measured.values())


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", type=Path, default=[PAGES], help="folders of images, or images")
    parser.add_argument("--model", choices=MODELS, default=MODELS[0], help="detection and recognition of this name")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--cold", type=int, default=2, help="cold starts of each program")
    parser.add_argument("--fresh", action="store_true", help="read each page once")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--programs", help="names or their beginnings, separated by commas; PaddleX is always there")
    parser.add_argument("--environment", action="append", default=[], metavar="PROGRAM=DIR", help="may be repeated")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write what was measured as JSON")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    options = arguments(argv)
    given = {name: Path(place) for name, _, place in (one.partition("=") for one in options.environment)}
    wanted = tuple((options.programs or "").split(","))
    programs = []
    for one in PROGRAMS:
        if one.name != REFERENCE and not one.name.startswith(wanted):
            continue
        if reason := why_skipped(one, options.model):
            print(f"without {one.name}: it {reason}", file=sys.stderr)
        else:
            programs.append(one)
    pages = [str(page) for page in list_pages(options.pages)]
    with pythons(programs, given) as interpreters:
        measured = compare(programs, options, interpreters, pages)
    print(
        f"{options.model}, {len(pages)} pages {'read once' if options.fresh else 'seen before'}, "
        f"{options.threads} threads, {options.rounds} rounds, {options.cold} cold starts"
    )
    print("\n".join(table(measured, REFERENCE, read_truth(pages))))
    if options.output:
        options.output.write_text(json.dumps([asdict(one) for one in measured], ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
