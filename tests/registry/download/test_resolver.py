"""The resolver: which source is asked when, which bytes are believed, and what is told when nothing helped."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry.kit import WEIGHTS, MakeResolver, Shelf, offer_card, remote, sha256

from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.download import transfer
from ocrzoo_registry.download.events import DownloadEvents
from ocrzoo_registry.download.partial import PartialFile
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import ExitCode, IntegrityError, OfflineError, SourceError, StoreError, UsageError
from ocrzoo_registry.network import retry
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Listing, RemoteFile, Stream
from ocrzoo_registry.store.store import Store

CARD = offer_card()
ONNX = "inference.onnx"


def nothing_published(settings: Settings) -> bool:
    """Whether the store holds no model, and nothing lies around half done."""
    staging = Store(settings.home).private / "staging"
    public = [path.name for path in (settings.home / "official_models").iterdir() if path.name != ".ocrzoo"]
    return not public and not list(staging.glob("*"))


WRONG = {
    "sha256": replace(remote(ONNX, WEIGHTS), sha256="0" * 64),
    "too many bytes": replace(remote(ONNX, WEIGHTS), size=len(WEIGHTS) - 1),
    "too few bytes": replace(remote(ONNX, WEIGHTS), size=len(WEIGHTS) + 1),
}


@pytest.mark.parametrize("promise", WRONG.values(), ids=WRONG)
def test_wrong_bytes_are_an_integrity_error_and_nothing_is_published(
    settings: Settings, make_resolver: MakeResolver, promise: RemoteFile
) -> None:
    with pytest.raises(IntegrityError, match=r"seaside_det \(onnx\) was refused.*shelf: inference\.onnx: ") as caught:
        make_resolver(shelf=Shelf(promised=[promise])).get(DownloadRequest(CARD, ["onnx"]))
    assert caught.value.exit_code == ExitCode.INTEGRITY
    assert nothing_published(settings)


@pytest.mark.parametrize("promise", WRONG.values(), ids=WRONG)
def test_the_next_source_makes_good_for_wrong_bytes(make_resolver: MakeResolver, promise: RemoteFile) -> None:
    files = make_resolver(wrong=Shelf(promised=[promise]), right=Shelf()).get(DownloadRequest(CARD, ["onnx"]))
    assert files.manifest is not None
    assert files.manifest.source == "right"


@pytest.mark.parametrize("digest", [None, sha256(b"other weights")], ids=["unstated", "the wrong one"])
def test_the_digest_in_the_card_outranks_what_the_source_states(
    settings: Settings, make_resolver: MakeResolver, digest: str | None
) -> None:
    pin = {"path": ONNX, "sha256": sha256(WEIGHTS), "digest_origin": "the publisher"}
    card = offer_card(artifacts={"onnx": {"files": [pin]}})
    forged = Shelf({ONNX: b"other weights"}, promised=[RemoteFile(ONNX, sha256=digest)])
    with pytest.raises(IntegrityError, match="sha256"):
        make_resolver(shelf=forged).get(DownloadRequest(card, ["onnx"]))
    assert nothing_published(settings)


@pytest.mark.parametrize(("size", "limit"), [(25, 1 << 40), (None, 25)], ids=["stated size", "largest size"])
def test_an_endless_stream_is_cut_off(
    settings: Settings, make_resolver: MakeResolver, monkeypatch: pytest.MonkeyPatch, size: int | None, limit: int
) -> None:
    monkeypatch.setattr(transfer, "MAX_FILE_BYTES", limit)
    sent = itertools.count()

    class Endless(Shelf):
        @contextmanager
        def open(
            self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
        ) -> Iterator[Stream]:
            yield Stream(b"x" * 10 for _ in sent)

    with pytest.raises(IntegrityError, match="30 bytes instead of 25"):
        make_resolver(shelf=Endless(promised=[RemoteFile(ONNX, size)])).get(DownloadRequest(CARD, ["onnx"]))
    assert next(sent) == 3
    assert nothing_published(settings)


@pytest.mark.parametrize(
    "error",
    [
        SourceError("closed today"),
        IntegrityError("torn"),
        ConnectionResetError("reset by peer"),
        TimeoutError("too slow"),
        UsageError("cannot load 'a:b'"),
        ValueError("a bug in the plugin"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("when", ["list_error", "open_error"])
def test_whatever_a_source_raises_the_next_one_is_asked(
    make_resolver: MakeResolver, monkeypatch: pytest.MonkeyPatch, error: Exception, when: str
) -> None:
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.01)
    failing = Shelf()
    setattr(failing, when, error)
    files = make_resolver(failing=failing, right=Shelf()).get(DownloadRequest(CARD, ["onnx"]))
    assert files.manifest is not None
    assert files.manifest.source == "right"


def test_a_full_disk_ends_the_search(
    settings: Settings, make_resolver: MakeResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PartialFile, "write", full)
    second = Shelf()
    with pytest.raises(StoreError, match="No space left on device"):
        make_resolver(first=Shelf(), second=second).get(DownloadRequest(CARD, ["onnx"]))
    assert second.listed == []
    assert nothing_published(settings)


def test_the_error_describes_the_failed_sources(make_resolver: MakeResolver) -> None:
    closed = Shelf(list_error=SourceError("closed today"))
    torn = Shelf({"inference.yml": b"{}"})
    with pytest.raises(SourceError) as caught:
        make_resolver(empty=Shelf({}), closed=closed, torn=torn).get(DownloadRequest(CARD, ["onnx"]))
    message = str(caught.value)
    assert message.startswith("seaside_det (onnx) could not be downloaded: ")
    assert "2 sources tried" in message
    assert "closed: closed today" in message
    assert "torn: incomplete: shelf 1 has only inference.yml" in message
    assert "OCRZOO_MODEL_PATH" in message
    assert "\n" not in message
    assert caught.value.exit_code == ExitCode.SOURCE


@pytest.mark.parametrize("path", ["../x", "/tmp/x", "a/../../x", ".hidden", "a\\..\\x", "", "a//b", f"{ONNX}\n"])
def test_a_path_outside_the_models_folder_is_refused(
    settings: Settings, make_resolver: MakeResolver, path: str, tmp_path: Path
) -> None:
    evil = Shelf({ONNX: WEIGHTS, path: b"evil"})
    with pytest.raises(SourceError, match=r"shelf: lists a file under the path .* which is refused"):
        make_resolver(shelf=evil).get(DownloadRequest(CARD, ["onnx"]))
    assert path not in evil.opened
    assert not [found for found in tmp_path.rglob("*") if found.is_file() and found.read_bytes() == b"evil"]
    assert nothing_published(settings)


@pytest.mark.parametrize("paths", [[ONNX, ONNX], [ONNX, f"{ONNX}/x"], [ONNX, "ocrzoo.json"]], ids=str)
def test_a_listing_that_contradicts_itself_is_the_sources_fault(make_resolver: MakeResolver, paths: list[str]) -> None:
    muddled = Shelf(dict.fromkeys(paths, WEIGHTS), promised=[remote(path, WEIGHTS) for path in paths])
    fine = make_resolver(muddled=muddled, right=Shelf())
    files = fine.get(DownloadRequest(CARD, ["onnx"]))
    assert files.manifest is not None
    assert files.manifest.source == "right"
    assert fine.store.find("seaside_det", "onnx") is not None


def test_a_model_without_configuration_gets_one_from_its_card(make_resolver: MakeResolver, tmp_path: Path) -> None:
    charset = ["\u3000", "a", "龠 ", "a", "\u2028", "null"]
    (tmp_path / "chars.txt").write_text("\n".join(charset) + "\n", encoding="utf-8", newline="")
    card = offer_card(tmp_path, name="seaside_rec", task="text_recognition", charset="chars.txt")
    files = make_resolver(shelf=Shelf()).get(DownloadRequest(card, ["onnx"]))
    assert safe_yaml.load((files.folder / "inference.yml").read_bytes()) == {
        "Global": {"model_name": "seaside_rec"},
        "PostProcess": {"character_dict": charset},
    }
    assert files.manifest is not None
    assert {file.path: file.digest_origin for file in files.manifest.files} == {
        ONNX: "the shelf",
        "inference.yml": inference_yml.origin(card),
    }


def test_a_configuration_written_from_a_card_follows_the_card(make_resolver: MakeResolver) -> None:
    chosen = make_resolver(shelf=Shelf())
    for thresh in (0.3, 0.2):
        card = offer_card(inference={"predictor": "text_detection", "postprocess": {"thresh": thresh}})
        assert f"thresh: {thresh}" in (chosen.get(DownloadRequest(card, ["onnx"])).folder / "inference.yml").read_text()
    assert not (Store(chosen.store.root.parent).private / "quarantine").exists()


def test_an_outdated_model_that_cannot_be_updated_is_used(
    make_resolver: MakeResolver, caplog: pytest.LogCaptureFixture
) -> None:
    before = make_resolver(shelf=Shelf()).get(DownloadRequest(CARD, ["onnx"]))
    changed = offer_card(inference={"predictor": "text_detection", "postprocess": {"thresh": 0.2}})
    assert make_resolver(shelf=Shelf({})).get(DownloadRequest(changed, ["onnx"])).folder == before.folder
    assert "seaside_det is outdated and could not be updated" in caplog.text


def test_a_configuration_that_comes_with_the_weights_stays(make_resolver: MakeResolver) -> None:
    own = b"Global: {model_name: seaside_det}\nPostProcess: {thresh: 0.25}\n"
    files = make_resolver(shelf=Shelf({ONNX: WEIGHTS, "inference.yml": own})).get(DownloadRequest(CARD, ["onnx"]))
    assert (files.folder / "inference.yml").read_bytes() == own


def test_a_configuration_of_another_model_is_refused(settings: Settings, make_resolver: MakeResolver) -> None:
    other = b"Global: {model_name: other_det}\n"
    with pytest.raises(IntegrityError, match="holds other_det, not seaside_det"):
        make_resolver(shelf=Shelf({ONNX: WEIGHTS, "inference.yml": other})).get(DownloadRequest(CARD, ["onnx"]))
    assert nothing_published(settings)


def test_a_digest_that_no_source_states_is_trusted_on_first_use(make_resolver: MakeResolver) -> None:
    files = make_resolver(shelf=Shelf(promised=[RemoteFile(ONNX)])).get(DownloadRequest(CARD, ["onnx"]))
    assert files.manifest is not None
    assert (files.manifest.files[0].digest_origin, files.manifest.files[0].sha256) == ("first use", sha256(WEIGHTS))


def test_the_first_available_format_is_used(make_resolver: MakeResolver) -> None:
    both = offer_card(artifacts={kind: {"files": [{"path": "x"}]} for kind in ("paddle", "onnx")})
    shelf = Shelf()
    chosen = make_resolver(network=True, shelf=shelf)
    assert chosen.get(DownloadRequest(both, ["paddle", "onnx"])).file_format == "onnx"
    assert shelf.listed == ["seaside_det paddle", "seaside_det onnx"]
    shelf.listed.clear()
    assert chosen.get(DownloadRequest(both, ["paddle", "onnx"])).file_format == "onnx"
    assert shelf.listed == []


def test_an_unpublished_format_is_an_error(make_resolver: MakeResolver) -> None:
    with pytest.raises(SourceError, match="seaside_det: published as onnx, but paddle is needed"):
        make_resolver(shelf=Shelf()).get(DownloadRequest(CARD, ["paddle"]))


def test_offline_a_stored_model_needs_no_socket(
    settings: Settings, make_resolver: MakeResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = make_resolver(shelf=Shelf()).get(DownloadRequest(CARD, ["onnx"]))
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, lambda *_: pytest.fail("opened a socket"))
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("opened a socket"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("asked for an address"))
    for offline in (True, False):
        chosen = make_resolver(replace(settings, offline=offline), network=True, shelf=Shelf())
        assert chosen.get(DownloadRequest(CARD, ["onnx"])).folder == there.folder


def test_offline_a_source_that_needs_the_network_is_not_asked(settings: Settings, make_resolver: MakeResolver) -> None:
    hub = Shelf()
    with pytest.raises(OfflineError) as caught:
        make_resolver(replace(settings, offline=True), network=True, hub=hub).get(DownloadRequest(CARD, ["onnx"]))
    assert hub.listed == []
    message = str(caught.value)
    assert message.startswith("seaside_det (onnx) is not cached and offline mode is on")
    assert [one.outcome for one in caught.value.attempts] == ["offline"]
    assert "OCRZOO_OFFLINE" in message
    assert caught.value.exit_code == ExitCode.SOURCE


def test_online_a_source_that_needs_the_network_is_asked(make_resolver: MakeResolver) -> None:
    files = make_resolver(network=True, hub=Shelf()).get(DownloadRequest(CARD, ["onnx"]))
    assert (files.folder / ONNX).read_bytes() == WEIGHTS


def test_offline_a_local_source_is_asked(settings: Settings, make_resolver: MakeResolver) -> None:
    files = make_resolver(replace(settings, offline=True), shelf=Shelf()).get(DownloadRequest(CARD, ["onnx"]))
    assert (files.folder / ONNX).read_bytes() == WEIGHTS


def test_progress_is_shown_only_during_a_download(make_resolver: MakeResolver) -> None:
    shown: list[tuple[str, int | None, int]] = []
    came: list[int] = []

    @contextmanager
    def show(what: str, total: int | None, done: int) -> Iterator[Callable[[int], object]]:
        shown.append((what, total, done))
        yield came.append

    chosen = make_resolver(events=DownloadEvents(show), shelf=Shelf())
    chosen.get(DownloadRequest(CARD, ["onnx"]))
    chosen.get(DownloadRequest(CARD, ["onnx"]))
    assert shown == [("downloading seaside_det from shelf", len(WEIGHTS), 0)]
    assert sum(came) == len(WEIGHTS)
