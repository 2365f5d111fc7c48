"""Let many workers start at the same moment against one mirror: ``python -m bench.stampede [--clients N]``.

Every client has a home of its own and runs what a worker runs: the resolver, the source ``mirror``, HTTP, verification
and the store. They are threads of a few processes, and begin together. The mirror is ``ocrzoo mirror serve``, and nginx
with the generated configuration. A third run starts processes that share one home. The models are small and made up,
and the homes are in memory where there is ``/dev/shm``, so what is measured is requests, not disks.

Printed are, for each run: clients that have their model with the right digests, what failed, requests and answers by
status as the mirror's log has them, bytes sent as a multiple of what all clients need, retries, seconds (median, 99th
percentile, all), and the mirror's most connections, memory and threads. ``--json FILE`` writes the same.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import psutil
from tests.registry.mirror.made_mirrors import MadeMirror, card_of, sha256
from tests.registry.mirror.serving.web_servers import free_port, run_nginx, run_serve

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.download.source_order import SourceOrder
from ocrzoo_registry.errors import OcrzooError
from ocrzoo_registry.mirror import client as mirror_client
from ocrzoo_registry.network import http, retry
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store.store import ModelFiles, Store
from ocrzoo_registry.zoo import Zoo

NAME = "bench_det"
FILES = {
    "inference.json": b'{"program": {}}\n' * 2500,
    "inference.pdiparams": os.urandom(160_000),
    "inference.yml": f"Global:\n  model_name: {NAME}\n".encode(),
}
SAMPLE_S = 0.05
SLOW = 10
"""The clients of a thousand machines share the processors of this one: their limits of time are so many times as long.
The mirror's are as they are, and so are tries and waits."""
MAX_ERROR, MAX_ERRORS = 300, 8
"""Characters of an error that are kept, and different ones that are printed."""


@dataclass(frozen=True)
class Outcome:
    """What became of one client."""

    seconds: float
    error: str = ""


@dataclass
class Watched:
    """What the mirror used at most."""

    connections: int = 0
    memory_mb: float = 0.0
    threads: int = 0


@dataclass
class Figures:
    """One run."""

    server: str
    clients: int
    succeeded: int
    errors: dict[str, int]
    requests: int
    statuses: dict[str, int]
    requests_per_client: float
    bytes_needed: int
    bytes_sent_over_needed: float
    retries: int
    seconds: float
    p50_s: float
    p99_s: float
    mirror: Watched = field(default_factory=Watched)

    def __str__(self) -> str:
        """Return it as lines."""
        return (
            f"{self.server}: {self.succeeded} of {self.clients} clients in {self.seconds:.1f} s "
            f"(median {self.p50_s:.1f}, 99th percentile {self.p99_s:.1f})\n"
            f"  {self.requests} requests, {self.requests_per_client:.1f} a client: {self.statuses}; "
            f"{self.bytes_sent_over_needed:.2f} times the bytes needed; {self.retries} retries\n"
            f"  the mirror at most: {self.mirror.connections} connections, {self.mirror.memory_mb:.0f} MB, "
            f"{self.mirror.threads} threads\n" + "".join(f"  {count} x {text}\n" for text, count in self.errors.items())
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=4, help="that the clients are threads of")
    parser.add_argument("--sharing", type=int, default=50, help="processes that share one home")
    parser.add_argument("--servers", default="serve,nginx")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = [stampede(server, options.clients, options.processes) for server in options.servers.split(",")]
    found.append(stampede("serve", options.sharing, options.sharing, share=True))
    for one in found:
        print(one)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n", encoding="utf-8")


def stampede(server: str, clients: int, processes: int, *, share: bool = False, most: int | None = None) -> Figures:
    """Start clients at once against ``serve`` or ``nginx``; ``share``: with one home for all.

    ``most`` are the transfers that ``serve`` has room for.
    """
    card = card_of(NAME, "paddle")
    memory = Path("/dev/shm")
    with TemporaryDirectory(prefix="ocrzoo-stampede-", dir=memory if memory.is_dir() else None) as name:
        folder = Path(name)
        mirror = MadeMirror().add(card, "paddle", FILES)
        with ExitStack() as stack:
            run = serving(mirror, folder, most) if server == "serve" else serving_by_nginx(mirror, folder)
            url, process, log = stack.enter_context(run)
            watched = stack.enter_context(watching(process))
            outcomes, retries, seconds = start(card, folder / "homes", url, clients, processes, share=share)
        answers = [line.split() for line in log.read_text(encoding="utf-8").splitlines()]
    sizes = {f"/{path}": size for path, size in served_sizes(mirror).items()}
    statuses = Counter(status for _, status in answers)
    sent = sum(sizes.get(path, 0) for path, status in answers if status == "200")
    downloads = 1 if share else clients
    needed = downloads * sum(sizes.values())
    times = [one.seconds for one in outcomes]
    return Figures(
        server=f"{server}{', one home' if share else ''}",
        clients=clients,
        succeeded=sum(not one.error for one in outcomes),
        errors=dict(Counter(one.error for one in outcomes if one.error).most_common(MAX_ERRORS)),
        requests=len(answers),
        statuses=dict(sorted(statuses.items())),
        requests_per_client=len(answers) / clients,
        bytes_needed=needed,
        bytes_sent_over_needed=sent / needed,
        retries=retries,
        seconds=seconds,
        p50_s=statistics.median(times),
        p99_s=statistics.quantiles(times, n=100)[98],
        mirror=watched,
    )


def served_sizes(mirror: MadeMirror) -> dict[str, int]:
    """Return the bytes of the index and of each blob by path."""
    blobs = {f"blobs/{digest}": len(content) for digest, content in mirror.blobs.items()}
    return {"index.json": len(mirror.index().to_bytes()), **blobs}


# The mirrors. A log has a line with path and status for each answer.


@contextmanager
def serving(mirror: MadeMirror, folder: Path, most: int | None) -> Iterator[tuple[str, psutil.Process, Path]]:
    """Run ``ocrzoo mirror serve``."""
    before = f"from ocrzoo_registry.mirror.serving import server; server.MAX_TRANSFERS = {most}" if most else ""
    log = folder / "answers.txt"
    root = mirror.lay(folder / "release")
    with run_serve(root, "--log", before=before) as (url, process):
        assert process.stderr is not None
        copier = threading.Thread(target=copy_answers, args=(process.stderr, log), daemon=True)
        copier.start()
        yield url, psutil.Process(process.pid), log
        process.terminate()
        process.wait(30)
        copier.join(30)


def copy_answers(lines: IO[str], log: Path) -> None:
    """Keep path and status of each line of the server's log."""
    with log.open("w", encoding="utf-8") as kept:
        for line in lines:
            if found := re.search(r'"GET (\S+) HTTP/1.1" (\d{3})', line):
                kept.write(f"{found[1]} {found[2]}\n")


@contextmanager
def serving_by_nginx(mirror: MadeMirror, folder: Path) -> Iterator[tuple[str, psutil.Process, Path]]:
    """Run nginx with the generated configuration, and a log of its answers."""
    port, log = free_port(), folder / "answers.txt"
    config = mirror.lay(folder / "release", listen=f"127.0.0.1:{port}") / "nginx.conf"
    text = config.read_text(encoding="utf-8")
    logged = text.replace("access_log off;", f"log_format answers '$uri $status'; access_log {log} answers;")
    assert logged != text
    config.write_text(logged, encoding="utf-8")
    with run_nginx(config, folder / "nginx", port) as url:
        (process,) = (one for one in psutil.Process().children() if one.name() == "nginx")
        yield url, process, log
        time.sleep(1)  # its log is complete


@contextmanager
def watching(process: psutil.Process) -> Iterator[Watched]:
    """Note what a process and its children use at most."""
    found, over = Watched(), threading.Event()
    processes = [process, *process.children()]
    idle = sum(one.num_fds() for one in processes)

    def watch() -> None:
        while not over.wait(SAMPLE_S):
            try:
                found.connections = max(found.connections, sum(one.num_fds() for one in processes) - idle)
                found.memory_mb = max(found.memory_mb, sum(one.memory_info().rss for one in processes) / 1e6)
                found.threads = max(found.threads, sum(one.num_threads() for one in processes))
            except psutil.Error:
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    yield found
    over.set()
    thread.join()


# The clients


def start(
    card: ModelCard, homes: Path, url: str, clients: int, processes: int, *, share: bool
) -> tuple[list[Outcome], int, float]:
    """Run all clients; gives what became of them, retries, and the seconds until the last has its model."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__, "ocrzoo.builtin", "ocrzoo_registry.mirror.client", "requests"])
    numbers = [list(range(clients))[part::processes] for part in range(processes)]
    barrier = context.Manager().Barrier(processes)
    with ProcessPoolExecutor(processes, context) as pool:
        jobs = [pool.submit(many, card, homes, url, part, barrier, share=share) for part in numbers]
        parts = [job.result() for job in jobs]
    began = min(part[0] for part in parts)
    ended = max(part[1] for part in parts)
    return [one for part in parts for one in part[2]], sum(part[3] for part in parts), ended - began


def many(
    card: ModelCard, homes: Path, url: str, numbers: Sequence[int], barrier: threading.Barrier, *, share: bool
) -> tuple[float, float, list[Outcome], int]:
    """Run some of the clients as threads of this process."""
    retries = Counted()
    give_time()
    log = logging.getLogger("ocrzoo")
    log.setLevel(logging.DEBUG)
    log.handlers[:], log.propagate = [retries], False
    os.environ["OCRZOO_MIRROR"] = url  # what the list of sources looks at
    zoo = Zoo(Settings.from_environment({**os.environ, "OCRZOO_HOME": str(homes)}))
    specs, together = zoo.sources, threading.Barrier(len(numbers) + 1)
    object.__setattr__(specs.get("mirror"), "list_timeout_s", SLOW * specs.get("mirror").list_timeout_s)

    def client(number: int) -> Outcome:
        home = homes / ("shared" if share else f"{number}")
        settings = replace(zoo.settings, home=home, sources=("mirror",), sources_exact=True)
        resolver = Resolver(SourceOrder(settings, specs), Store(home))
        together.wait()
        began = time.perf_counter()
        try:
            files = resolver.get(DownloadRequest(card, ["paddle"]))
            taken = time.perf_counter() - began
            error = "" if has_digests(files) else "other bytes than the mirror's"
        except OcrzooError as failed:
            taken = time.perf_counter() - began
            error = re.sub(r"127\.0\.0\.1:\d+|/\S+", "...", str(failed))[:MAX_ERROR]
        return Outcome(taken, error)

    with ThreadPoolExecutor(len(numbers)) as pool:
        jobs = [pool.submit(client, number) for number in numbers]
        barrier.wait()
        began = time.time()
        together.wait()
        outcomes = [job.result() for job in jobs]
    return began, time.time(), outcomes, retries.count


def give_time() -> None:
    """Make the limits of time of this process's clients longer."""
    for module, name in ((retry, "SILENCE_S"), (mirror_client, "SILENCE_S"), (http, "CONNECT_S"), (http, "IDLE_S")):
        setattr(module, name, SLOW * getattr(module, name))
    defaults = http.Web.body.__kwdefaults__
    assert defaults is not None
    defaults["total_s"] *= SLOW


def has_digests(files: ModelFiles) -> bool:
    """Whether the stored files are those of the manifest."""
    assert files.manifest is not None
    return len(files.manifest.files) == len(FILES) and all(
        sha256((files.folder / one.path).read_bytes()) == one.sha256 for one in files.manifest.files
    )


class Counted(logging.Handler):
    """Counts retries in the log."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count one."""
        self.count += "retrying in" in record.getMessage()


if __name__ == "__main__":
    main()
