"""Compare what serves a mirror: ``python -m bench.mirror_serving [--rounds N] [--megabytes N] [--clients N]``.

nginx with the generated configuration and ``ocrzoo mirror serve`` send the same files on the loopback address, to one
client and to many at once, in a random order each round. The clients are threads of one process that read into
one piece of memory, and in other rounds hash as well, as a download does; all that arrives is counted, or compared.
Printed are MB a second (median, least, most), and the share of nginx's, round by round.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import os
import random
import statistics
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from tests.registry.mirror.made_mirrors import MadeMirror, card_of, sha256
from tests.registry.mirror.serving.web_servers import free_port, run_nginx, run_serve

NAME = "bench_det"
PIECE = 1 << 20


@dataclass(frozen=True)
class Load:
    """What is asked in one go."""

    clients: int
    hashing: bool

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.clients} at once, {'hashing' if self.hashing else 'reading only'}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--megabytes", type=int, default=50, help="of each of the eight files")
    parser.add_argument("--clients", type=int, default=32)
    options = parser.parse_args()
    files = {f"part_{number}": random.randbytes(options.megabytes * 1_000_000) for number in range(8)}
    digests = {name: sha256(content) for name, content in files.items()}
    loads = [Load(clients, hashing) for clients in (1, options.clients) for hashing in (False, True)]
    with TemporaryDirectory(prefix="ocrzoo-bench-") as name, ExitStack() as stack:
        port, folder = free_port(), Path(name)
        mirror = MadeMirror().add(
            card_of(NAME, "paddle", sources={"huggingface": {"paddle": {"repository": f"o/{NAME}"}}}), "paddle", files
        )
        root = mirror.lay(folder / "release", listen=f"127.0.0.1:{port}")
        servers = {
            "nginx": stack.enter_context(run_nginx(root / "nginx.conf", folder / "nginx", port)),
            "ocrzoo mirror serve": stack.enter_context(run_serve(root))[0],
        }
        print(f"8 files of {options.megabytes} MB, {os.cpu_count()} processors, {options.rounds} rounds")
        for load in loads:
            report(load, measure(load, servers, digests, options.megabytes, options.rounds))


def measure(
    load: Load, servers: Mapping[str, str], digests: Mapping[str, str], megabytes: int, rounds: int
) -> dict[str, list[float]]:
    """Give MB a second of each server, round by round; the first round does not count."""
    rates: dict[str, list[float]] = {name: [] for name in servers}
    for number in range(rounds + 1):
        for name in random.sample(list(servers), len(servers)):
            start = time.perf_counter()
            with ThreadPoolExecutor(load.clients) as pool:
                jobs = [pool.submit(pull, servers[name], load, digests, one) for one in range(max(load.clients, 8))]
                for job in jobs:
                    job.result()
            if number:
                rates[name].append(len(jobs) * megabytes / (time.perf_counter() - start))
    return rates


def pull(url: str, load: Load, digests: Mapping[str, str], number: int) -> None:
    """Fetch one file; ends the program where it is not what it should be."""
    path = f"part_{number % len(digests)}"
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)
    connection.request("GET", f"/o/{NAME}/resolve/main/{path}")
    answer = connection.getresponse()
    memory, digest, size = memoryview(bytearray(PIECE)), hashlib.sha256(), 0
    while count := answer.readinto(memory):
        size += count
        if load.hashing:
            digest.update(memory[:count])
    connection.close()
    if f"{size}" != answer.headers["Content-Length"] or (load.hashing and digest.hexdigest() != digests[path]):
        raise SystemExit(f"{url} sent something else")


def report(load: Load, rates: Mapping[str, list[float]]) -> None:
    """Print a table."""
    print(f"\n{load}\n{'':24}{'MB/s':>7}{'least':>7}{'most':>7}   share of nginx's (least-most)")
    for name, found in rates.items():
        shares = [mine / other for mine, other in zip(found, rates["nginx"], strict=True)]
        print(
            f"{name:24}{statistics.median(found):7.0f}{min(found):7.0f}{max(found):7.0f}"
            f"   {statistics.median(shares):.2f} ({min(shares):.2f}-{max(shares):.2f})"
        )


if __name__ == "__main__":
    main()
