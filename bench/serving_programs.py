"""The servers that ``bench.serving`` compares: how they start, what they use, and the load that locust puts on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
import yaml
from bench.peer_programs import PROGRAMS, REFERENCE, job
from tests.registry.mirror.serving.web_servers import free_port

OURS = "ocrzoo"
LOAD = Path(__file__).with_name("serving_load.py")
READY_S = 300
STOP_S = 60
LOAD_TIMEOUT_S = 3600
SAMPLE_S = 1.0


@dataclass(frozen=True)
class Point:
    """What is asked of a server in one go."""

    pages: str
    """``small`` or ``large``."""
    images: bool
    """Whether answers have pictures."""
    clients: int

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.pages}, images {'on' if self.images else 'off'}, {self.clients} clients"


@dataclass(frozen=True)
class Use:
    """What the processes of a server used."""

    cpu_s: float
    voluntary: int
    """Switches to another thread because one waited."""
    involuntary: int
    """Switches because its time was over."""


class Running:
    """A server that runs."""

    def __init__(self, name: str, url: str, process: psutil.Process) -> None:
        self.name = name
        self.url = url
        self._process = process

    def processes(self) -> list[psutil.Process]:
        """Return all its processes."""
        return [self._process, *self._process.children(recursive=True)]

    def memory(self) -> int:
        """Return the bytes of all its processes; what they share is counted once."""
        return sum(_of(one, lambda one: int(one.memory_full_info().pss), 0) for one in self.processes())

    def use(self) -> Use:
        """Return what its processes and their threads used so far; of threads that ended, only the processor time."""
        found = self.processes()
        times = [_of(one, lambda one: sum(one.cpu_times()[:2]), 0.0) for one in found]
        threads = [thread.id for one in found for thread in _of(one, psutil.Process.threads, [])]
        switches = [counted for number in threads if (counted := _switches(number)) is not None]
        return Use(sum(times), sum(each[0] for each in switches), sum(each[1] for each in switches))

    @contextmanager
    def watched(self) -> Iterator[list[int]]:
        """Give a list that its memory is added to, every second."""
        seen, stop = [self.memory()], Event()

        def watch() -> None:
            while not stop.wait(SAMPLE_S):
                seen.append(self.memory())

        thread = Thread(target=watch)
        thread.start()
        try:
            yield seen
        finally:
            stop.set()
            thread.join()


def configuration(model: str, threads: int, program: str) -> dict[str, Any]:
    """Return the pipeline that a server gets: detection and recognition of this name, on so many threads."""
    (reference,) = (one for one in PROGRAMS if one.name == REFERENCE)
    config: dict[str, Any] = job(reference, model, (), threads)["config"]
    if program != OURS:  # ours has an option for it
        config["engine_config"] = {"intra_op_num_threads": threads}
        return config
    for module in config["SubModules"].values():  # the same weights by name: what is known of them counts
        module["model_dir"] = None
    return config


def command(program: str, python: str, config: Path, port: int, threads: int, options: Sequence[str]) -> list[str]:
    """Return what starts a server."""
    where = ["--pipeline", str(config), "--host", "127.0.0.1", "--port", str(port)]
    if program == OURS:
        return [python, "-m", "ocrzoo", "serve", *where, "--threads", str(threads), *options]
    # Isolated (-I): a PYTHONPATH of ours must not reach into its environment.
    return [python, "-I", "-m", "paddlex", "--serve", *where, "--engine", "onnxruntime", "--device", "cpu"]


@contextmanager
def serve(
    program: str, python: str, folder: Path, model: str, threads: int, options: Sequence[str] = ()
) -> Iterator[Running]:
    """Run a server on loopback, and end it afterwards."""
    config = folder / f"{program}.yaml"
    config.write_text(yaml.safe_dump(configuration(model, threads, program), allow_unicode=True), encoding="utf-8")
    port = free_port()
    # PaddleX's own cache: nothing of the user's is read or written, and no host is asked for anything.
    own = {"PADDLE_PDX_CACHE_HOME": str(folder), "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True", **_font(folder)}
    environ = {**os.environ, **({} if program == OURS else own)}
    with run(program, command(program, python, config, port, threads, options), port, folder, environ) as running:
        yield running


@contextmanager
def run(
    name: str, command: Sequence[str], port: int, folder: Path, environ: Mapping[str, str], path: str = "/health"
) -> Iterator[Running]:
    """Run a server until it is no longer needed; ``path`` answers with 200 once it is ready."""
    log = folder / f"{name}.log"
    with log.open("wb") as told:
        process = subprocess.Popen(command, stdout=told, stderr=told, env=environ)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url + ("/readyz" if name == OURS else path), process, log)
        yield Running(name, url, psutil.Process(process.pid))
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_S)


def load(  # all that a load is
    python: str, url: str, asked: Mapping[str, Any], folder: Path, clients: int, seconds: float
) -> Iterator[int]:
    """Put load on a server; yields the number of answers after every hundred. The file ``output`` has the requests."""
    described = folder / "load.json"
    described.write_text(json.dumps(asked), encoding="utf-8")
    options = ["--headless", "--only-summary", "--loglevel", "ERROR", "--stop-timeout", str(LOAD_TIMEOUT_S)]
    size = ["-u", str(clients), "-r", str(clients), "-t", f"{max(1, round(seconds))}s", "--host", url]
    with subprocess.Popen(
        [python, "-m", "locust", "-f", str(LOAD), *options, *size],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "BENCH_LOAD": str(described)},
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip().isdecimal():
                yield int(line)
    if process.returncode:
        raise SystemExit(f"locust ended, exit status {process.returncode}")


def requests_of(asked: Mapping[str, Any]) -> list[tuple[float, float, int]]:
    """Return the requests of a load: when each ended, the seconds that it took, and its status."""
    return [tuple(one) for one in json.loads(Path(asked["output"]).read_text(encoding="utf-8"))]


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    import requests

    end = time.monotonic() + READY_S
    while time.monotonic() < end and process.poll() is None:
        try:
            if requests.get(url, timeout=5).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    told = log.read_text("utf-8", "replace")[-3000:]
    raise SystemExit(f"{url} is not ready, exit status {process.poll()}: {told}")


def _font(folder: Path) -> dict[str, str]:
    """The font with which PaddleX draws, which it would download."""
    from PIL import ImageFont

    font = folder / "font.ttf"
    made = ImageFont.load_default(16)
    assert isinstance(made, ImageFont.FreeTypeFont)
    font.write_bytes(made.font_bytes)
    return {"PADDLE_PDX_LOCAL_FONT_FILE_PATH": str(font)}


def _of(process: psutil.Process, figure: Callable[[psutil.Process], Any], none: Any) -> Any:
    """A figure of a process, or ``none`` if it ended."""
    try:
        return figure(process)
    except psutil.Error:
        return none


def _switches(thread: int) -> tuple[int, int] | None:
    return _of(psutil.Process(thread), lambda one: tuple(one.num_ctx_switches()), None) if _exists(thread) else None


def _exists(thread: int) -> bool:
    return Path(f"/proc/{thread}").exists() or sys.platform != "linux"
