"""Run by test_store.py in a process of its own: forks children that resolve a model, and tells what became of them.

``crash FOLDER`` kills a child at its first file-system call, another at its second, and so on until one gets
through, and prints a JSON line for each. ``together FOLDER`` lets eight resolve the same model at once.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from ocrzoo_registry.cards.loader import build_card
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.download.source_order import SourceOrder
from ocrzoo_registry.plugins.registrations import Origin, Registration, Registrations
from ocrzoo_registry.plugins.specs import SourceSpec
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Listing, RemoteFile, Stream
from ocrzoo_registry.store.store import Store

CHUNKS = [b"first ", b"second ", b"third"]
CALLS = {"open", "os.mkdir", "os.rename", "os.rmdir", "os.remove", "shutil.rmtree", "chunk"}
CARD = {
    "name": "seaside_det",
    "family": "seaside",
    "task": "text_detection",
    "version": "1",
    "summary": "Finds text on beach signs.",
    "license": "Apache-2.0",
    "artifacts": {"onnx": {"files": [{"path": "inference.onnx"}]}},
    "inference": {"predictor": "text_detection"},
}


class Shelf:
    """A source that writes down each fetch."""

    def __init__(self, settings: Settings) -> None:
        self.diary = settings.home.parent / "fetches"

    def list(self, card: ModelCard, file_format: str) -> Listing:
        return Listing("1", (RemoteFile("inference.onnx", sum(map(len, CHUNKS))),))

    @contextmanager
    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> Iterator[Stream]:
        with self.diary.open("a") as diary:
            diary.write("fetched\n")
        yield Stream(self._chunks())

    def _chunks(self) -> Iterator[bytes]:
        for chunk in CHUNKS:
            sys.audit("chunk")
            yield chunk


def resolve(home: Path) -> None:
    spec = SourceSpec("shelf", "__main__:Shelf", rank=1)
    sources = Registrations("source", [Registration(spec, Origin("test", "test", "0"))], lambda one: one.name)
    card = build_card(CARD, origin="test")
    Resolver(SourceOrder(Settings(home=home), sources), Store(home)).get(DownloadRequest(card, ["onnx"]))


def die_at(number: int) -> None:
    """Let this process die, as if by a power cut, at its so-manieth call."""
    calls = count(1)

    def hook(event: str, _arguments: tuple[object, ...]) -> None:
        if event in CALLS and next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def crash(folder: Path) -> None:
    resolve(folder / "practice" / "home")  # what is imported late is imported now
    broken = folder / "broken"
    shutil.copytree(folder / "practice", broken)
    (broken / "home" / "official_models" / "seaside_det_onnx" / "inference.onnx").write_bytes(b"tampered")
    for start in ("empty", "broken"):
        for number in count(1):
            home = folder / f"{start}{number}" / "home"
            if start == "broken":
                shutil.copytree(broken, home.parent)
            home.mkdir(parents=True, exist_ok=True)
            child = os.fork()
            if child == 0:
                die_at(number)
                resolve(home)
                os._exit(0)
            done = os.waitpid(child, 0)[1] == 0
            model = home / "official_models" / "seaside_det_onnx"
            found = Store(home).find("seaside_det", "onnx") is not None
            right = found and (model / "inference.onnx").read_bytes() == b"".join(CHUNKS)
            there = model.exists()
            tampered = any(path.read_bytes() == b"tampered" for path in home.rglob("inference.onnx"))
            resolve(home)
            again = Store(home).find("seaside_det", "onnx") is not None
            line = {"start": start, "call": number, "done": done, "there": there, "found": found, "right": right}
            print(json.dumps(line | {"tampered": tampered, "again": again}), flush=True)
            if done:
                break


def together(folder: Path) -> None:
    ready, go = os.pipe()
    children = []
    for _ in range(8):
        child = os.fork()
        if child == 0:
            os.close(go)
            os.read(ready, 1)  # returns when the parent closes its end
            resolve(folder / "home")
            os._exit(0)
        children.append(child)
    os.close(go)
    print(json.dumps([os.waitpid(child, 0)[1] for child in children]))


if __name__ == "__main__":
    {"crash": crash, "together": together}[sys.argv[1]](Path(sys.argv[2]))
