"""Our resolver against the hubs' server: in this process or in one of its own, and what came of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from tests.hubs.kit import MODEL
from tests.hubs.server import TAR_SUFFIX, Hubs

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store.store import MANIFEST_NAME, ModelFiles
from ocrzoo_registry.zoo import Zoo

HUBS = ("huggingface", "aistudio", "modelscope", "bos")
SOURCES = (*HUBS, "mirror")
PARAMS = "inference.pdiparams"
PROCESS_S = 60.0
"""How long a process of its own may take."""
TOKENS = ("HF_TOKEN", "AISTUDIO_ACCESS_TOKEN", "MODELSCOPE_API_TOKEN", "OCRZOO_MIRROR_TOKEN")
PULL = """
import sys
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import OcrzooError
from ocrzoo_registry.zoo import Zoo
zoo = Zoo()
try:
    zoo.resolver.get(DownloadRequest(zoo.models.get(sys.argv[1]), ["paddle"]))
except OcrzooError as error:
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    sys.exit(error.exit_code)
"""
"""What a process of its own runs: it ends as the ``ocrzoo`` command would."""


def variables(home: Path, sources: Sequence[str], hubs: Hubs, **more: str) -> dict[str, str]:
    """Give the settings for pulling from these sources of the hubs, and from no other."""
    names = {"OCRZOO_HOME": str(home), "PADDLE_PDX_MODEL_SOURCE": f"{','.join(sources)},"}
    return {**hubs.environment(), "OCRZOO_MIRROR": hubs.mirror, **names, "HF_HOME": str(home / "no token"), **more}


def make_zoo(environment: Mapping[str, str]) -> Zoo:
    return Zoo(Settings.from_environment(environment))


@cache
def card(name: str = MODEL) -> ModelCard:
    return make_zoo({"OCRZOO_HOME": os.devnull}).models.get(name)


def pull(environment: Mapping[str, str], model: str = MODEL) -> ModelFiles:
    """Resolve a model in this process."""
    return make_zoo(environment).resolver.get(DownloadRequest(card(model), ["paddle"]))


def start(environment: Mapping[str, str], model: str = MODEL, code: str = PULL) -> subprocess.Popen[str]:
    """Resolve a model in a process that sees nothing but these settings."""
    whole = {"PATH": os.environ["PATH"], **environment}
    command = [sys.executable, "-c", code, model]
    return subprocess.Popen(command, env=whole, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end_of(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a process; gives its status, and what it printed to the error stream."""
    try:
        _output, errors = process.communicate(timeout=PROCESS_S)
    finally:
        process.kill()
    return process.returncode, errors


def asked_of(source: str) -> str:
    """Give the file that most of the bytes are in: the weights, or the archive with everything."""
    return f"{MODEL}{TAR_SUFFIX}" if source == "bos" else PARAMS


def size_of(source: str, hubs: Hubs) -> int:
    """Give the bytes of that file."""
    return len(hubs.tar(asked_of(source))) if source == "bos" else len(hubs.models[MODEL][PARAMS])


def folder_of(home: Path, model: str = MODEL) -> Path:
    return home / "official_models" / model


def contents_of(folder: Path) -> dict[str, bytes]:
    """Give a published model's files, the manifest apart."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST_NAME]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def parts_of(home: Path, model: str = MODEL) -> dict[str, bytes]:
    """Give what lies half done of a model's files."""
    parts = home / "official_models" / ".ocrzoo" / "parts" / model
    return {path.name: path.read_bytes() for path in parts.glob("*.part")}


def half_done(home: Path) -> list[Path]:
    """Give what is published or staged, if anything: a pull that failed leaves neither."""
    models = home / "official_models"
    return [path for path in models.glob("*") if path.name != ".ocrzoo"] + list(models.glob(".ocrzoo/staging/*"))


class Pulse:
    """Watches from the server's side how long nothing moves: no request, and no byte of a body."""

    _GLANCE_S = 0.05

    def __init__(self, hubs: Hubs) -> None:
        self.longest_s = 0.0
        self._hubs, self._over = hubs, Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        moved, state = time.monotonic(), self._state()
        over = False
        while not over:
            over = self._over.wait(self._GLANCE_S)
            now, new = time.monotonic(), self._state()
            self.longest_s = max(self.longest_s, now - moved)
            if new != state:
                moved, state = now, new

    def _state(self) -> tuple[int, int]:
        requests = list(self._hubs.requests)
        return len(requests), sum(request.sent for request in requests)
