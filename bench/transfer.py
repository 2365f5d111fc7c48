"""Compare what fetches a model: ``python -m bench.transfer [--rounds N] [--megabytes N] [--processes N]``.

All download the same files from one server on the loopback address, in a random order each round, so that a
machine whose speed drifts treats them alike. Printed are seconds (median, least, most), and how much faster ours is,
round by round. Imports are made, and model cards read, before; ``--processes`` adds rounds in which each runs in a
process of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import logging
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.transfer_server import serve
from tests.hubs.kit import DOWNLOADS, MODEL, QUIET_AISTUDIO
from tests.hubs.pulling import PARAMS, PULL

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.download.source_order import SourceOrder
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store.store import Store
from ocrzoo_registry.zoo import Zoo

OURS, REFERENCE, WRITTEN = "ocrzoo", "requests + sha256", "requests + sha256, on the disk"
PIECE = 1 << 20
WARM_CALLS = 1000
WARM = f"""
import statistics, sys, time
sockets = []
sys.addaudithook(lambda event, _: sockets.append(event) if event.startswith("socket.") else None)
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.zoo import Zoo
zoo = Zoo()
card = zoo.models.get({MODEL!r})
times = []
for _ in range({WARM_CALLS}):
    start = time.perf_counter()
    zoo.resolver.get(DownloadRequest(card, ["paddle"]))
    times.append(1000 * (time.perf_counter() - start))
clients = {{"requests", "urllib3", "huggingface_hub", "modelscope", "aistudio_sdk", "http.client"}} & sys.modules.keys()
print(f"ocrzoo, a model that is here: {{statistics.median(times):.3f}} ms (least {{min(times):.3f}}, the first "
      f"{{times[0]:.1f}}); sockets: {{len(sockets)}}; imported clients: {{', '.join(clients) or 'none'}}")
"""
"""Resolves what is here, and counts sockets."""

Fetch = Callable[[Path], object]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--processes", type=int, default=0, help="rounds with a process each")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="ocrzoo-bench-") as name:
        work = Path(name)
        model = write_model(work / "model", options.megabytes)
        with serve(model, work) as (url, what):
            print(f"{options.megabytes} MB from {what} on the loopback address, {os.cpu_count()} processors")
            environment = surroundings(url, work)
            os.environ |= environment
            compare("in one process, imports made before", fetches(url), work, options.rounds, model)
            if options.processes:
                compare("processes, with all imports", processes(environment), work, options.processes, model)
            home = work / "warm"
            ours(home)
        subprocess.run([sys.executable, "-c", WARM], env={**os.environ, "OCRZOO_HOME": str(home)}, check=True)


def write_model(folder: Path, megabytes: int) -> Path:
    """Write a model's files, the weights at random."""
    folder.mkdir()
    (folder / "inference.yml").write_text(f"Global:\n  model_name: {MODEL}\n")
    (folder / "inference.json").write_text("{}\n")
    with (folder / PARAMS).open("wb") as file:
        for _ in range(megabytes):
            file.write(random.randbytes(1_000_000))
    return folder


def surroundings(url: str, work: Path) -> dict[str, str]:
    """Give the variables that lead all clients to the server, and the hubs' own clients to no other place."""
    endpoints = ("HF_ENDPOINT", "PADDLE_PDX_HUGGING_FACE_ENDPOINT", "MODELSCOPE_ENDPOINT", "STUDIO_GIT_HOST")
    quiet = ("HF_HUB_DISABLE_XET", "HF_HUB_DISABLE_TELEMETRY", "HF_HUB_DISABLE_PROGRESS_BARS", "TQDM_DISABLE")
    names = {"HOME": str(work), "HF_HOME": str(work / "hf"), "NO_PROXY": "*", "PADDLE_PDX_MODEL_SOURCE": "huggingface,"}
    return {**dict.fromkeys(endpoints, url), **dict.fromkeys(quiet, "1"), **names, "MODELSCOPE_LOG_LEVEL": "40"}


@cache
def zoo() -> Zoo:
    """Give the zoo, with all cards read: that belongs to the start of a process, as imports do."""
    made = Zoo(Settings.from_environment())
    _ = made.models, made.sources
    return made


def ours(home: Path) -> None:
    """Fetch the model as the library does: listed, hashed, synced and published."""
    order = SourceOrder(replace(zoo().settings, home=home), zoo().sources)
    Resolver(order, Store(home)).get(DownloadRequest(zoo().models.get(MODEL), ["paddle"]))


def fetches(url: str) -> dict[str, Fetch]:
    """Give what is compared, imported: each puts the model below a folder that is not there yet."""
    import huggingface_hub
    import modelscope

    exec(QUIET_AISTUDIO)
    target = f"{url}/PaddlePaddle/{MODEL}/resolve/main/{PARAMS}"
    aistudio = import_module("aistudio_sdk.snapshot_download").snapshot_download
    logging.disable()
    return {
        OURS: ours,
        REFERENCE: lambda _folder: receive(target),
        WRITTEN: lambda folder: receive(target, folder),
        "huggingface-hub": lambda folder: huggingface_hub.snapshot_download(f"PaddlePaddle/{MODEL}", local_dir=folder),
        "modelscope": lambda folder: modelscope.snapshot_download(f"PaddlePaddle/{MODEL}", local_dir=str(folder)),
        "aistudio-sdk": lambda folder: aistudio(repo_id=f"PaddleX/{MODEL}", local_dir=str(folder)),
    }


def receive(url: str, folder: Path | None = None) -> str:
    """Fetch one file in the plainest way, and hash it; with a folder, write and sync it too."""
    import requests

    digest = hashlib.sha256()
    if folder is not None:
        folder.mkdir()
    with (
        requests.get(url, stream=True, timeout=10) as answer,
        open(folder / PARAMS if folder else os.devnull, "wb") as file,
    ):
        for piece in answer.iter_content(PIECE):
            digest.update(piece)
            if folder is not None:
                file.write(piece)
        if folder is not None:
            file.flush()
            os.fsync(file.fileno())
    return digest.hexdigest()


def processes(environment: Mapping[str, str]) -> dict[str, Fetch]:
    """Give the same as whole processes."""

    def run(code: str, folder: Path) -> None:
        setup = f"{MODEL=}\nmodel, revision, folder = MODEL, None, {str(folder)!r}\n"
        variables = {**os.environ, **environment, "OCRZOO_HOME": str(folder)}
        subprocess.run([sys.executable, "-c", setup + code, MODEL], env=variables, check=True, capture_output=True)

    names = {"huggingface": "huggingface-hub", "modelscope": "modelscope", "aistudio": "aistudio-sdk"}
    clients = {client: code if client != "aistudio" else QUIET_AISTUDIO + code for client, code in DOWNLOADS.items()}
    codes = {OURS: PULL, **{names[client]: code for client, code in clients.items()}}
    return {name: lambda folder, code=code: run(code, folder) for name, code in codes.items()}  # type: ignore[misc]


def compare(title: str, fetches: Mapping[str, Fetch], work: Path, rounds: int, model: Path) -> None:
    """Measure in rounds, of which the first does not count, and print."""
    times: dict[str, list[float]] = {name: [] for name in fetches}
    for number in range(rounds + 1):
        for name in random.sample(list(fetches), len(fetches)):
            folder = work / "fetched"
            os.sync()
            start = time.perf_counter()
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):  # the clients' progress bars
                fetches[name](folder)
            taken = time.perf_counter() - start
            check(name, folder, model)
            shutil.rmtree(folder, ignore_errors=True)
            if number:
                times[name].append(taken)
    megabytes = (model / PARAMS).stat().st_size / 1e6
    print(f"\n{title}, {rounds} rounds")
    print(f"{'':32}{'s':>7}{'least':>7}{'most':>7}{'MB/s':>7}   {OURS} is so many times as fast (least-most)")
    for name, seconds in sorted(times.items(), key=lambda item: statistics.median(item[1])):
        median, least, most = statistics.median(seconds), min(seconds), max(seconds)
        ratios = [other / mine for mine, other in zip(times[OURS], seconds, strict=True)]
        print(
            f"{name:32}{median:7.3f}{least:7.3f}{most:7.3f}{megabytes / median:7.0f}   "
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}), "
            f"by the least times {least / min(times[OURS]):.2f}"
        )


def check(name: str, folder: Path, model: Path) -> None:
    """Refuse to compare what does not deliver."""
    if name == REFERENCE:
        return
    (found,) = list(folder.rglob(PARAMS))
    if found.stat().st_size != (model / PARAMS).stat().st_size:
        raise SystemExit(f"{name} did not deliver")


if __name__ == "__main__":
    main()
