"""Building a mirror while others read it, and builds that are killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.hubs.all_models import all_models, made_up
from tests.hubs.server import Hubs
from tests.registry.kit import offer_card

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.catalog import Catalog
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.mirror import build, verify
from ocrzoo_registry.mirror.build import BuildResult
from ocrzoo_registry.mirror.plan import RequestedModel
from ocrzoo_registry.mirror.release import MirrorFolder
from ocrzoo_registry.plugins.registrations import Origin, Registration
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

NAMES = ("PP-OCRv5_mobile_det", "PP-OCRv5_mobile_rec", "UVDoc")
DET = NAMES[0]
KILLS = 20
PROCESS_S = 60.0
BUILD = """
import os, signal, sys
limit, calls = int(sys.argv[1]), 0
CALLS = {"os.link", "os.rename", "os.symlink", "os.remove", "os.mkdir", "os.rmdir"}
def hook(event, arguments):
    global calls
    if event in CALLS:
        calls += 1
        if calls == limit:
            os.kill(os.getpid(), signal.SIGKILL)
from ocrzoo.cli import main
sys.addaudithook(hook)
code = main(["mirror", "build", *sys.argv[2:]])
print(calls)
sys.exit(code)
"""
"""Builds a mirror in a process of its own, and dies at its so-manieth change to a folder."""


@dataclass(frozen=True)
class Site:
    """A mirror, the hubs that it is built from, and how."""

    folder: MirrorFolder
    hubs: Hubs
    settings: Settings

    @property
    def zoo(self) -> Zoo:
        return Zoo(self.settings)

    def build(self, *names: str, zoo: Zoo | None = None, prune: bool = False) -> BuildResult:
        zoo = zoo or self.zoo
        resolver = build.resolver_of(zoo, self.folder)
        requested = build.requested_models(zoo, names or NAMES, ())
        return build.build(zoo, self.folder, resolver, lambda _here: requested, prune=prune)

    def change(self, state: int) -> None:
        """Let all models have other weights on the hubs."""
        for name in NAMES:
            self.hubs.models[name] = made_up(name, "paddle", f"{name} {state}", 20_000)

    def faults(self) -> list[str]:
        """What is wrong with what is served, if anything is served yet."""
        return verify.verify(self.folder, deep=True)[1] if self.folder.release() else []

    def start(self, limit: int = 0) -> subprocess.Popen[str]:
        """Build in a process of its own, which is killed at a certain call if there is a limit."""
        variables = {
            "PATH": os.environ["PATH"],
            **self.hubs.environment(),
            "OCRZOO_HOME": str(self.settings.home),
            "HF_HOME": str(self.settings.home / "no token"),
            "PADDLE_PDX_MODEL_SOURCE": "huggingface,aistudio",
        }
        command = [sys.executable, "-c", BUILD, str(limit), str(self.folder.root), *NAMES]
        return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def finish(self) -> tuple[int, float]:
        """Build in a process of its own; gives the number of calls, and seconds."""
        start = time.monotonic()
        process = self.start()
        output, errors = process.communicate(timeout=PROCESS_S)
        assert process.returncode == 0, errors
        assert self.faults() == []
        return int(output.split()[-1]), time.monotonic() - start


@pytest.fixture
def site(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    repositories = {f"{name}{suffix}" for name in NAMES for suffix in ("", "_onnx")}
    models = {name: files for name, files in all_models(settings_of_all(settings)).items() if name in repositories}
    with Hubs(models) as hubs:
        places = replace(
            settings_of_all(settings),
            environ=hubs.environment(),
            sources=("huggingface", "aistudio"),
            sources_exact=True,
        )
        yield Site(MirrorFolder(tmp_path / "mirror"), hubs, places)


def settings_of_all(settings: Settings) -> Settings:
    return replace(settings, disabled_plugins=frozenset())


def weights_of(root: Path) -> set[bytes]:
    """Read a model as a client does, which asks for its commit and then for the files of that."""
    repository = f"PaddlePaddle/{DET}"
    told = json.loads((root / "api" / "models" / repository / "revision" / "main").read_bytes())
    folder = root / repository / "resolve" / told["sha"]
    return {(folder / file["rfilename"]).read_bytes() for file in told["siblings"]}


def contents(files: Mapping[str, bytes]) -> set[bytes]:
    return {content for path, content in files.items() if path != "README.md"}


def test_readers_see_complete_states_through_twenty_updates(site: Site) -> None:
    site.build()
    states = [contents(site.hubs.models[DET])]
    seen: list[set[bytes]] = []
    over = Event()
    errors: list[Exception] = []

    def read() -> None:
        try:
            while not over.is_set():
                root = site.folder.current.resolve()  # as a server does for one request after the other
                seen.append(weights_of(root))
                time.sleep(0.002)  # the builder has to come to its turn in this process
        except (OSError, ValueError) as error:
            errors.append(error)

    reader = Thread(target=read)
    reader.start()
    for state in range(20):
        site.change(state)
        states.append(contents(site.hubs.models[DET]))
        assert site.build().published
    over.set()
    reader.join()
    assert errors == []
    order = [states.index(one) for one in seen]
    assert order == sorted(order)
    assert len(set(order)) > 1


def test_a_client_finishes_with_the_release_it_started_with(site: Site) -> None:
    site.build()
    told = json.loads((site.folder.current / f"api/models/PaddlePaddle/{DET}/revision/main").read_bytes())
    before = weights_of(site.folder.current)
    site.change(1)
    site.build()
    folder = site.folder.current / "PaddlePaddle" / DET / "resolve" / told["sha"]
    assert {path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.slow
def test_a_build_killed_at_random_keeps_the_release_and_resumes(site: Site) -> None:
    _calls, took = site.finish()
    chance = random.Random()
    moments = []
    for state in range(KILLS):
        site.change(state)
        before, wanted = weights_of(site.folder.current), contents(site.hubs.models[DET])
        process = site.start()
        moments.append(chance.uniform(0.15 * took, took))
        time.sleep(moments[-1])
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PROCESS_S)
        assert site.faults() == [], moments
        assert weights_of(site.folder.current) in (before, wanted), moments
        site.build()
        assert site.faults() == [], moments
        assert weights_of(site.folder.current) == wanted, moments


@pytest.mark.slow
def test_a_build_killed_between_two_disk_changes_keeps_the_release_and_resumes(site: Site) -> None:
    for start in ("first", "update"):
        site.change(-1)
        copy = replace(site, folder=MirrorFolder(site.folder.root.with_name(f"practice of the {start}")))
        copy.finish()
        site.change(-2)
        calls = copy.finish()[0] if start == "update" else 60
        for number in range(KILLS // 2):
            here = replace(site, folder=MirrorFolder(site.folder.root.with_name(f"{start} {number}")))
            if start == "update":
                here.build()
                site.change(number)
            process = here.start(limit=1 + int((calls - 2) * number / (KILLS // 2 - 1)))
            process.communicate(timeout=PROCESS_S)
            assert process.returncode == -signal.SIGKILL
            assert here.faults() == []
            here.build()
            assert here.faults() == []
            assert weights_of(here.folder.current) == contents(site.hubs.models[DET])
            assert len(list(here.folder.releases.iterdir())) <= 2
            assert not list(here.folder.root.glob(".current*"))


def test_downloads_of_a_killed_build_are_reused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("ocrzoo_registry.mirror.publish.publish", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            site.build()
    site.hubs.clear()
    site.build()
    assert site.hubs.asked("file") == []
    assert site.faults() == []


def test_unrequested_downloads_of_a_killed_build_are_discarded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("ocrzoo_registry.mirror.publish.publish", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            site.build()
        with pytest.raises(KeyboardInterrupt):
            site.build(DET)
    wanted = {content for name in (DET, f"{DET}_onnx") for content in contents(site.hubs.models[name])}
    assert {path.read_bytes() for path in site.folder.blobs.iterdir()} == wanted


def _interrupt(*_arguments: object) -> None:
    raise KeyboardInterrupt


def test_two_cards_with_conflicting_files_are_both_named(site: Site) -> None:
    zoo = site.zoo
    place = {"onnx": {"repository": "PaddlePaddle/shared"}}
    cards = [
        offer_card(name=name, sources={"huggingface": place} | ({"aistudio": {"onnx": own}}))
        for name, own in (("one", {"repository": "PaddleX/one"}), ("two", {"repository": "PaddleX/two"}))
    ]
    zoo.__dict__["models"] = Catalog([Registration(card, Origin("test", "test", "0")) for card in cards])
    for name in ("one", "two"):
        site.hubs.models[name] = {"inference.onnx": name.encode()}
    with pytest.raises(UsageError, match=r"PaddlePaddle/shared.*inference[.]onnx differs between one .* and two "):
        site.build("one", "two", zoo=replace_sources(zoo, "aistudio"))
    assert site.folder.release() is None


def replace_sources(zoo: Zoo, *sources: str) -> Zoo:
    other = Zoo(replace(zoo.settings, sources=sources, sources_exact=True))
    other.__dict__["models"] = zoo.models
    return other


def test_a_changed_card_changes_inference_yml(site: Site) -> None:
    zoo = replace_sources(site.zoo, "aistudio")
    place = {"aistudio": {"onnx": {"repository": "PaddleX/plain"}}}
    site.hubs.models["plain"] = {"inference.onnx": b"weights"}

    def offer(card: ModelCard) -> None:
        zoo.__dict__["models"] = Catalog([Registration(card, Origin("test", "test", "0"))])

    offer(offer_card(name="plain", sources=place))
    site.build("plain", zoo=zoo)
    first = site.folder.expect().index.models[0]
    site.hubs.clear()
    changed = {"predictor": "text_detection", "postprocess": {"name": "DBPostProcess", "thresh": 0.5}}
    offer(offer_card(name="plain", sources=place, inference=changed))
    assert site.build("plain", zoo=zoo).published
    second = site.folder.expect().index.models[0]
    assert [file.path for file in second.files] == ["inference.onnx", "inference.yml"]
    assert (first.files[0], first.revision != second.revision) == (second.files[0], True)
    assert b"thresh: 0.5" in (site.folder.blobs / second.files[1].sha256).read_bytes()
    assert site.hubs.asked("file") == []
    assert site.faults() == []


def test_third_party_copies_are_asked_last(settings: Settings) -> None:
    zoo = Zoo(settings_of_all(settings))
    folder = MirrorFolder(settings.home)
    assert build.resolver_of(zoo, folder).sources.names() == (
        *("directory", "cache", "oci", "huggingface", "aistudio", "modelscope", "bos", "wheel", "pip"),
    )
    named = Zoo(replace(zoo.settings, sources=("wheel",)))
    assert build.resolver_of(named, folder).sources.names()[0] == "wheel"
    exact = Zoo(replace(zoo.settings, sources=("pip", "bos")))
    assert build.resolver_of(exact, folder).sources.names() == ("pip", "bos")


def test_an_unpublished_format_is_requested_unless_lenient(site: Site) -> None:
    zoo = site.zoo
    assert [one.file_format for one in build.requested_models(zoo, [DET], ())] == ["onnx", "paddle"]
    name = next(card.name for card in zoo.models if set(card.artifacts) == {"paddle"})
    assert build.requested_models(zoo, [name], ("onnx",), lenient=True) == []
    assert build.requested_models(zoo, [name], ("onnx",)) == [RequestedModel(zoo.models.get(name), "onnx")]
