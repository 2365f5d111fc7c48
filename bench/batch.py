"""Many small pages in a batch: ``python -m bench.batch [--pages N] [--nodes N] [--kill_every S]``.

The same pages are read by the plain pipeline in one process, by ``ocrzoo batch`` on this machine, by ``ocrzoo batch``
on a Ray cluster of one node that has as many cores, and by one of several nodes of which one is killed at random now
and then, and replaced. Printed are seconds and pages a second, the overhead against the plain pipeline, whether each
page has exactly one row and its row is what the plain pipeline found, and the resident memory of drivers and workers
over time. ``--rounds`` repeats the first three in turn, every other time in reverse. With ``--cores N``, all that reads
is held to the first N cores of the machine, so that Ray's own processes may have others.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import psutil
from tests.cluster.nodes import killing, nodes

from ocrzoo.batch.items import MOST_ROWS

MODELS = {"text_detection_model_name": "PP-OCRv6_tiny_det", "text_recognition_model_name": "PP-OCRv6_tiny_rec"}
STAGES = ("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation")
WORDS = ("ledger", "window", "copper", "garden", "thirty", "letter", "signal", "margin", "harbor", "orange")
SAMPLE_S = 2.0
PLAIN = """
import json, sys, time
from pathlib import Path
import ocrzoo
from ocrzoo.pipelines.receipts import digest, plain_result
folder, options = sys.argv[1], json.loads(sys.argv[2])
pipeline = ocrzoo.create_pipeline("OCR", **options)
pipeline.load()
begun = first = time.monotonic()
found = {}
for page in pipeline.predict(folder):
    found[Path(page["input_path"]).name] = digest(plain_result(page))
    if len(found) == FIRST:
        first = time.monotonic()
end = time.monotonic()
rate = max(len(found) - FIRST, 0) / (end - first)
print(json.dumps({"seconds": end - begun, "rate": rate, "found": found}))
"""


@dataclass
class Run:
    """What a way of reading took."""

    name: str
    seconds: float
    found: dict[str, str]
    rows: int
    rate: float
    """Pages a second after the first 256: without the start of processes, and what is loaded and compiled then."""
    memory: list[tuple[float, float]] = field(default_factory=list)
    """Seconds, and the MB of the largest process."""


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--long", type=int, default=None, help="pages of the comparison; by default all")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--nodes", type=int, default=3, help="0: none is killed, only the comparison is made")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)), help="those of the comparison")
    parser.add_argument("--kill_every", type=float, default=90.0, help="seconds, on the average")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(argv)
    with TemporaryDirectory(prefix="ocrzoo-bench-") as folder:
        pages, part = Path(folder, "pages"), Path(folder, "part")
        write_pages(pages, arguments.pages)
        write_pages(part, arguments.long or arguments.pages)
        cores = arguments.cores
        compared: dict[str, list[Run]] = {}
        with nodes(1, cpus=cores) as one:
            for number in range(arguments.rounds):
                for run in _in_turn(part, Path(folder), number, one.address, cores):
                    compared.setdefault(run.name, []).append(run)
                    print(f"{run.name}: {_speed(run)}", flush=True)
        _compare(compared)
        if not arguments.nodes:
            return
        reference = compared["plain"][0] if arguments.long in (None, arguments.pages) else plain(pages, cores)
        killed: list[float] = []
        with nodes(arguments.nodes) as several, killing(several, arguments.kill_every, arguments.seed, killed):
            run = batch("batch, nodes killed", pages, Path(folder, "killed"), several.address)
        print(f"{run.name}: {_speed(run)}; {len(killed)} nodes killed of {arguments.nodes} at a time")
        print(f"{run.rows} rows for {len(reference.found)} pages, {len(run.found)} different")
        print(f"equal to the plain pipeline: {run.found == reference.found}")
        for one_run in (*(runs[-1] for runs in compared.values()), run):
            print(f"memory of {one_run.name}: {_memory(one_run)}")


def _in_turn(pages: Path, folder: Path, number: int, address: str, cores: int) -> Iterator[Run]:
    ways = (
        partial(plain, pages, cores),
        partial(batch, "batch", pages, folder / f"here{number}", None, cores),
        partial(batch, "batch, Ray", pages, folder / f"ray{number}", address, cores),
    )
    for way in ways if number % 2 == 0 else reversed(ways):  # a machine that slows down slows all
        yield way()


def write_pages(folder: Path, count: int) -> None:
    """Write small pages, each with a line of its own."""
    folder.mkdir()
    for number in range(count):
        chosen = random.Random(number)
        image = np.full((48, 320, 3), 255, np.uint8)
        text = f"{chosen.choice(WORDS)} {chosen.choice(WORDS)} {number}"
        cv2.putText(image, text, (10, 32), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (0, 0, 0), 1, cv2.LINE_AA)
        cv2.imwrite(str(folder / f"page{number:06}.png"), image)


def plain(folder: Path, cores: int) -> Run:
    """Read a folder with the pipeline, held to the first ``cores``."""
    options = json.dumps({**MODELS, **dict.fromkeys(STAGES, False), "threads": cores})
    command = [*_on_cores(cores), sys.executable, "-c", f"FIRST = {MOST_ROWS}{PLAIN}", str(folder), options]
    with _watched() as memory:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    data = json.loads(done.stdout)
    return Run("plain", data["seconds"], data["found"], len(data["found"]), data["rate"], memory)


def batch(name: str, folder: Path, dest: Path, address: str | None = None, cores: int | None = None) -> Run:
    """Read a folder with ``ocrzoo batch``, held to the first ``cores``."""
    from pyarrow import parquet

    command = [] if address or cores is None else _on_cores(cores)
    command += [sys.executable, "-m", "ocrzoo", "batch", str(folder), "--out", str(dest), "--json"]
    command += [word for option, model in MODELS.items() for word in (f"--{option}", model)]
    command += ["--address", address] if address else []
    begun = time.monotonic()
    with _watched(cores if address else None) as memory:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - begun
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-3000:]}")
    table = parquet.read_table(dest / "results", columns=["input", "result_sha256"])
    rows: list[dict[str, Any]] = table.to_pylist()
    return Run(name, seconds, {row["input"]: row["result_sha256"] for row in rows}, len(rows), _rate(dest), memory)


def _rate(dest: Path) -> float:
    """Pages a second after the first file of results, by when each was written."""
    from pyarrow import parquet

    files = sorted((path.stat().st_mtime, path) for path in (dest / "results").rglob("*.parquet"))
    pages = sum(parquet.read_metadata(path).num_rows for _, path in files[1:])
    return pages / (files[-1][0] - files[0][0]) if pages else 0.0


def _on_cores(count: int) -> list[str]:
    return ["taskset", "--cpu-list", f"0-{count - 1}"]


def _hold(processes: Sequence[psutil.Process], cores: int) -> None:
    """Hold Ray's actors to the first cores."""
    for one in processes:
        with suppress(psutil.Error, OSError):  # it has ended, or a thread of it
            if "MapWorker" in " ".join(one.cmdline()):
                for thread in one.threads():
                    os.sched_setaffinity(thread.id, range(cores))


@contextmanager
def _watched(cores: int | None = None) -> Iterator[list[tuple[float, float]]]:
    """Sample the memory of the largest process that reads or drives; hold Ray's actors to the first ``cores``."""
    found: list[tuple[float, float]] = []
    stopped = threading.Event()
    begun = time.monotonic()

    def sample() -> None:
        while not stopped.wait(SAMPLE_S):
            processes = psutil.Process().children(recursive=True)
            largest = max(map(_resident, processes), default=0.0)
            if cores is not None and cores < len(os.sched_getaffinity(0)):
                _hold(processes, cores)
            found.append((time.monotonic() - begun, largest))

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        stopped.set()
        thread.join()


def _resident(process: psutil.Process) -> float:
    try:
        line = " ".join(process.cmdline())
        reads = "ocrzoo batch" in line or "MapWorker" in line or PLAIN[:20] in line
        return float(process.memory_info().rss / 1e6) if reads else 0.0
    except psutil.Error:
        return 0.0


def _compare(compared: dict[str, list[Run]]) -> None:
    for name, runs in compared.items():
        rates = [base.rate / run.rate for run, base in zip(runs, compared["plain"], strict=True)]
        ratios = [run.seconds / base.seconds for run, base in zip(runs, compared["plain"], strict=True)]
        equal = all(run.found == base.found for run, base in zip(runs, compared["plain"], strict=True))
        spread = f"{min(ratios):.3f} to {max(ratios):.3f}"
        print(
            f"{name}: {statistics.median(ratios):.3f} times the plain pipeline ({spread}), "
            f"{statistics.median(rates):.3f} once it reads ({min(rates):.3f} to {max(rates):.3f}), equal: {equal}",
            flush=True,
        )


def _speed(run: Run) -> str:
    return f"{len(run.found)} pages in {run.seconds:.1f} s, {run.rate:.1f} a second once it reads"


def _memory(run: Run) -> str:
    tenth = max(1, len(run.memory) // 10)
    parts = [run.memory[start : start + tenth] for start in range(0, len(run.memory), tenth)]
    return (
        " ".join(f"{max(size for _, size in part):.0f}" for part in parts)
        + " MB (largest process, by tenths of the run)"
    )


if __name__ == "__main__":
    main()
