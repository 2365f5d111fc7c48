"""Source ``mirror``: an index and blobs, in a folder or behind any web server."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.registry.hub_cards import FILES, NAME, by_path, hub_card, listed, read
from tests.registry.kit import offer_card, sha256
from tests.registry.mirror.serving.web_servers import free_port, run_nginx
from tests.registry.mirror_tree import index_of, indexed, write_tree
from tests.registry.network.web_server import Asked, Reply, WebServer, serving

from ocrzoo_registry.cards.inference_yml import WRITTEN_FROM_CARD
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import IntegrityError, OfflineError, Refused, SourceError, Unreachable, UsageError
from ocrzoo_registry.index import schema as indexes
from ocrzoo_registry.index.schema import Index
from ocrzoo_registry.mirror import backends
from ocrzoo_registry.mirror import client as module
from ocrzoo_registry.mirror.client import MirrorSource
from ocrzoo_registry.network import retry
from ocrzoo_registry.network.http import Gone
from ocrzoo_registry.settings import Mirror, Settings
from ocrzoo_registry.sources.base import Listing, RemoteFile, Stream
from ocrzoo_registry.zoo import Zoo

CARD = hub_card()
INDEX = index_of([indexed(CARD, FILES)])
PARAMS = "inference.pdiparams"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "mirror", INDEX, FILES.values())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    """A web server that answers as a test says."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.01)
    with serving() as server:
        yield server


@pytest.fixture
def plain(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Python's own file server: no ranges, no entity tags."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    monkeypatch.setenv("NO_PROXY", "*")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tree))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def leading_to(settings: Settings, address: str | Path, **more: object) -> Settings:
    return replace(settings, mirror=Mirror(str(address)), **more)  # type: ignore[arg-type]


@pytest.fixture
def zoo_at(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Zoo]:
    """A zoo with ocrzoo's own sources, of which only the mirror is asked."""

    def make(address: str | Path, **more: object) -> Zoo:
        own = replace(settings, disabled_plugins=settings.disabled_plugins - {"core"}, sources=("mirror",))
        return Zoo(leading_to(replace(own, sources_exact=True), address, **more))

    return make


class TestListing:
    def test_the_index_lists_the_files_of_a_model(self, settings: Settings, tree: Path) -> None:
        listing = listed(MirrorSource(leading_to(settings, tree)), CARD)
        assert listing.revision == INDEX.models[0].revision
        assert not listing.archive
        for path, content in FILES.items():
            file = by_path(listing)[path]
            assert (file.size, file.sha256, file.digest_origin) == (len(content), sha256(content), "stated by mirror")

    def test_an_unknown_model_or_format_is_not_listed(self, settings: Settings, tree: Path) -> None:
        source = MirrorSource(leading_to(settings, tree))
        assert source.list(offer_card(name="lakeside_det"), "onnx") is None
        both = offer_card(artifacts={kind: {"files": [{"path": "x"}]} for kind in ("paddle", "onnx")})
        assert source.list(both, "onnx") is None
        assert source.list(both, "paddle") is not None

    def test_files_that_the_model_does_not_need_are_left_out(self, settings: Settings, tmp_path: Path) -> None:
        index = index_of([indexed(CARD, {**FILES, "README.md": b"not needed"})])
        tree = write_tree(tmp_path / "more", index, FILES.values())
        assert set(by_path(listed(MirrorSource(leading_to(settings, tree)), CARD))) == set(FILES)

    def test_inference_yml_is_written_from_the_local_card(self, settings: Settings, tmp_path: Path) -> None:
        model = indexed(CARD, FILES)
        files = [
            file.model_copy(update={"digest_origin": f"{WRITTEN_FROM_CARD}, state 0"})
            if file.path == "inference.yml"
            else file
            for file in model.files
        ]
        index = index_of([model.model_copy(update={"files": tuple(files)})])
        tree = write_tree(tmp_path / "written", index, FILES.values())
        assert "inference.yml" not in by_path(listed(MirrorSource(leading_to(settings, tree)), CARD))

    def test_an_earlier_revision_serves_a_card_that_pins_it(self, settings: Settings, tmp_path: Path) -> None:
        new = {**FILES, PARAMS: b"new weights"}
        index = index_of([indexed(CARD, new)], [indexed(CARD, FILES)])
        source = MirrorSource(leading_to(settings, write_tree(tmp_path / "two", index, [])))
        pin = {"path": PARAMS, "sha256": sha256(FILES[PARAMS]), "digest_origin": "a lock file"}
        pinned = offer_card(artifacts={"paddle": {"files": [{"path": "inference.json"}, pin]}})
        assert listed(source, CARD).revision == index.models[0].revision
        assert listed(source, pinned).revision == index.earlier[0].revision

    def test_without_a_url_it_is_a_usage_error(self, settings: Settings) -> None:
        with pytest.raises(UsageError, match="OCRZOO_MIRROR"):
            MirrorSource(settings)


class TestFolders:
    """A tree that is served, a copy of one, or a mirror's own folder."""

    def test_the_folder_of_a_mirror_means_its_current_release(self, settings: Settings, tmp_path: Path) -> None:
        write_tree(tmp_path / "own" / "releases" / "1", INDEX, FILES.values())
        (tmp_path / "own" / "current").symlink_to("releases/1")
        source = MirrorSource(leading_to(settings, tmp_path / "own"))
        listing = listed(source, CARD)
        for path, content in FILES.items():
            assert read(source, listing, by_path(listing)[path], 10) == content[10:]

    def test_a_running_client_sees_a_new_release(
        self, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "FRESH_S", 0)
        own, new = tmp_path / "own", {**FILES, PARAMS: b"new weights"}
        write_tree(own / "releases" / "1", INDEX, FILES.values())
        write_tree(
            own / "releases" / "2", index_of([indexed(CARD, new)], INDEX.models), [*FILES.values(), *new.values()]
        )
        (own / "current").symlink_to("releases/1")
        source = MirrorSource(leading_to(settings, own))
        began = listed(source, CARD)
        (own / "next").symlink_to("releases/2")
        (own / "next").rename(own / "current")
        assert read(source, began, by_path(began)[PARAMS]) == FILES[PARAMS]
        after = listed(source, CARD)
        assert read(source, after, by_path(after)[PARAMS]) == b"new weights"

    def test_an_unchanged_index_is_not_read_again(
        self, settings: Settings, tree: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "FRESH_S", 0)
        parsed: list[bytes] = []

        def parse(content: bytes, *, origin: str) -> Index:
            parsed.append(content)
            return index_of([indexed(CARD, FILES)] if len(parsed) == 1 else [])

        monkeypatch.setattr(indexes, "parse", parse)
        source = MirrorSource(leading_to(settings, tree))
        for _ in range(3):
            listed(source, CARD)
        assert len(parsed) == 1
        write_tree(tree, index_of([]), [])
        assert source.list(CARD, "paddle") is None
        assert len(parsed) == 2

    def test_a_hanging_disk_times_out(self, settings: Settings, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        waiting = Event()
        monkeypatch.setattr(backends, "SILENCE_S", 0.1)
        monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.01)
        monkeypatch.setattr(backends.FolderBackend, "_read", lambda *_: waiting.wait(20))
        with pytest.raises(Unreachable, match="no answer"):
            MirrorSource(leading_to(settings, tree)).list(CARD, "paddle")
        waiting.set()

    @pytest.mark.parametrize("missing", ["", "not there"])
    def test_a_folder_without_an_index_is_not_a_mirror(self, settings: Settings, tmp_path: Path, missing: str) -> None:
        with pytest.raises(Gone, match="not a mirror"):
            MirrorSource(leading_to(settings, tmp_path / missing)).list(CARD, "paddle")

    def test_a_pipe_instead_of_the_index_is_not_read(self, settings: Settings, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "index.json")
        with pytest.raises(SourceError, match="a pipe or device"):
            MirrorSource(leading_to(settings, tmp_path)).list(CARD, "paddle")

    def test_a_pipe_instead_of_a_blob_is_not_read(self, settings: Settings, tree: Path) -> None:
        source = MirrorSource(leading_to(settings, tree))
        listing = listed(source, CARD)
        blob = tree / by_path(listing)[PARAMS].reference
        blob.unlink()
        os.mkfifo(blob)
        with pytest.raises(SourceError, match="a pipe or device"):
            read(source, listing, by_path(listing)[PARAMS])

    @pytest.mark.parametrize(
        "content", [b"", b"{}", b"[]", b"null", b'{"schema_version": 2, "made_by": "x"}', b"\xff\xfe", b"[" * 100_000]
    )
    def test_an_invalid_index_is_refused(self, settings: Settings, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "index.json").write_bytes(content)
        with pytest.raises(IntegrityError, match="not an index of models"):
            MirrorSource(leading_to(settings, tmp_path)).list(CARD, "paddle")

    def test_an_index_is_read_up_to_a_limit(
        self, settings: Settings, tree: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(indexes, "MAX_BYTES", 100)
        with pytest.raises(SourceError, match="larger than"):
            MirrorSource(leading_to(settings, tree)).list(CARD, "paddle")

    def test_a_path_outside_the_model_refuses_the_index(self, settings: Settings, tree: Path) -> None:
        text = (tree / "index.json").read_text().replace('"inference.json"', '"../inference.json"')
        (tree / "index.json").write_text(text)
        with pytest.raises(IntegrityError, match="not an index of models"):
            MirrorSource(leading_to(settings, tree)).list(CARD, "paddle")


class TestWebServers:
    def test_a_server_of_plain_files_is_enough(self, settings: Settings, plain: str) -> None:
        source = MirrorSource(leading_to(settings, plain))
        listing = listed(source, CARD)
        for path, content in FILES.items():
            with source.open(listing, by_path(listing)[path], 10) as opened:
                assert opened.offset == 0  # it knows no ranges
                assert opened.size == len(content)
                assert b"".join(opened.chunks) == content

    def test_plain_nginx_resumes_from_an_offset(self, settings: Settings, tree: Path, tmp_path: Path) -> None:
        port = free_port()
        server = f"server {{ listen 127.0.0.1:{port}; root {tree}; }}"
        (tmp_path / "nginx.conf").write_text(f"pid nginx.pid; events {{}} http {{ access_log off; {server} }}")
        with run_nginx(tmp_path / "nginx.conf", tmp_path / "nginx", port) as address:
            source = MirrorSource(leading_to(settings, address))
            listing = listed(source, CARD)
            for path, content in FILES.items():
                assert read(source, listing, by_path(listing)[path], 10) == content[10:]

    def test_an_index_is_requested_by_its_entity_tag(
        self, settings: Settings, server: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def answer(asked: Asked) -> Reply:
            if asked.headers.get("if-none-match") == '"one"':
                return Reply(304)
            return Reply(headers={"ETag": '"one"'}, body=INDEX.to_bytes())

        server.answers["/models/index.json"] = answer
        source = MirrorSource(leading_to(settings, f"{server.url}/models"))
        listed(source, CARD)
        listed(source, CARD)
        assert len(server.asked) == 1
        monkeypatch.setattr(module, "FRESH_S", 0)
        listed(source, CARD)
        assert [asked.headers.get("if-none-match") for asked in server.asked] == [None, '"one"']

    def test_the_token_is_not_sent_to_redirects(self, settings: Settings, server: WebServer) -> None:
        with serving({"/index.json": Reply(body=INDEX.to_bytes())}) as other:
            server.answers["/index.json"] = Reply(302, {"Location": f"{other.url}/index.json"})
            own = replace(settings, mirror=Mirror(server.url, "mirror_0123"))
            listed(MirrorSource(own), CARD)
            assert server.asked[0].headers["authorization"] == "Bearer mirror_0123"
            assert "authorization" not in other.asked[0].headers
            assert "mirror_0123" not in repr(own)

    @pytest.mark.parametrize(
        ("reply", "error", "words"),
        [
            (Reply(404), Gone, "not a mirror"),
            (Reply(403), Refused, "403"),
            (Reply(503), Unreachable, "503"),
            (Reply(body=b"<!DOCTYPE html>"), SourceError, "got a web page instead"),
            (Reply(body=b'{"schema'), IntegrityError, "not an index of models"),
        ],
    )
    def test_failures_of_a_server_are_reported(
        self, settings: Settings, server: WebServer, reply: Reply, error: type[Exception], words: str
    ) -> None:
        server.answers["/index.json"] = reply
        with pytest.raises(error, match=words):
            MirrorSource(leading_to(settings, server.url)).list(CARD, "paddle")

    def test_check_reports_the_state(self, settings: Settings, plain: str) -> None:
        health = MirrorSource(leading_to(settings, plain)).check()
        assert health.answer == f"models 1, with formats 1, from {plain}"
        assert health.latency_s is not None


class TestResolving:
    """Through the resolver, as any source."""

    @pytest.fixture
    def card(self) -> ModelCard:
        return CARD

    def test_a_model_comes_from_a_plain_server(self, zoo_at: Callable[..., Zoo], plain: str, card: ModelCard) -> None:
        files = zoo_at(plain).resolver.get(DownloadRequest(card, ["paddle"]))
        assert files.manifest is not None
        assert (files.manifest.source, files.manifest.revision) == ("mirror", INDEX.models[0].revision)
        assert {file.digest_origin for file in files.manifest.files} == {"stated by mirror"}
        for path, content in FILES.items():
            assert (files.folder / path).read_bytes() == content

    def test_a_folder_works_offline_and_a_server_does_not(
        self, zoo_at: Callable[..., Zoo], tree: Path, card: ModelCard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("opened a socket"))
        with pytest.raises(OfflineError, match="offline mode is on"):
            zoo_at("http://127.0.0.1:9", offline=True).resolver.get(DownloadRequest(card, ["paddle"]))
        assert zoo_at(tree, offline=True).resolver.get(DownloadRequest(card, ["paddle"])).folder.is_dir()

    @pytest.mark.parametrize("spoil", [lambda content: content[:-1], lambda content: b"?" + content[1:]])
    def test_bytes_without_the_expected_digest_are_refused(
        self, zoo_at: Callable[..., Zoo], tree: Path, card: ModelCard, spoil: Callable[[bytes], bytes]
    ) -> None:
        blob = tree / "blobs" / sha256(FILES[PARAMS])
        blob.write_bytes(spoil(FILES[PARAMS]))
        zoo = zoo_at(tree)
        with pytest.raises(IntegrityError, match=PARAMS):
            zoo.resolver.get(DownloadRequest(card, ["paddle"]))
        assert zoo.store.find(NAME, "paddle") is None

    def test_the_card_outranks_the_index(self, zoo_at: Callable[..., Zoo], tree: Path) -> None:
        pin = {"path": PARAMS, "sha256": "0" * 64, "digest_origin": "the card"}
        pinned = offer_card(artifacts={"paddle": {"files": [{"path": "inference.json"}, pin]}})
        with pytest.raises(IntegrityError, match=r"the card"):
            zoo_at(tree).resolver.get(DownloadRequest(pinned, ["paddle"]))

    def test_a_locked_revision_is_available_from_an_updated_mirror(
        self, zoo_at: Callable[..., Zoo], tree: Path, card: ModelCard, tmp_path: Path
    ) -> None:
        locked = zoo_at(tree).resolver.get(DownloadRequest(card, ["paddle"])).manifest
        assert locked is not None
        new = {**FILES, PARAMS: b"new weights"}
        write_tree(tree, index_of([indexed(CARD, new)], INDEX.models), new.values())
        elsewhere = Zoo(replace(zoo_at(tree).settings, home=tmp_path / "elsewhere"))
        files = elsewhere.resolver.get(DownloadRequest(card, [locked.format], locked))
        assert (files.folder / PARAMS).read_bytes() == FILES[PARAMS]
        write_tree(tree, index_of([indexed(CARD, new)]), [])
        nowhere = Zoo(replace(zoo_at(tree).settings, home=tmp_path / "nowhere"))
        with pytest.raises(IntegrityError, match="sha256 is"):
            nowhere.resolver.get(DownloadRequest(card, [locked.format], locked))

    def test_a_partial_download_is_resumed(
        self, zoo_at: Callable[..., Zoo], tree: Path, card: ModelCard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        zoo, content, offsets = zoo_at(tree), FILES[PARAMS], list[int]()
        opened = MirrorSource.open

        @contextmanager
        def breaking_off(
            source: MirrorSource, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
        ) -> Iterator[Stream]:
            if file.path == PARAMS:
                offsets.append(offset)
            with opened(source, listing, file, offset, validator) as all_of_it:
                if file.path == PARAMS and offset == 0:
                    yield Stream(_then_nothing(content[:1000]), 0, len(content))
                else:
                    yield all_of_it

        monkeypatch.setattr(MirrorSource, "open", breaking_off)
        with pytest.raises(SourceError, match="the disk was taken out"):
            zoo.resolver.get(DownloadRequest(card, ["paddle"]))
        assert (zoo_at(tree).resolver.get(DownloadRequest(card, ["paddle"])).folder / PARAMS).read_bytes() == content
        assert offsets == [0, 1000]


def _then_nothing(content: bytes) -> Iterator[bytes]:
    yield content
    raise SourceError("the disk was taken out")


class TestReach:
    """Who is asked, and which models count as within reach."""

    def test_a_configured_mirror_comes_before_the_hubs(self, zoo_at: Callable[..., Zoo]) -> None:
        zoo = zoo_at("/nowhere")
        settings = replace(zoo.settings, sources=(), sources_exact=False)
        names = list(Zoo(settings).source_order.names())
        assert names[:6] == ["directory", "wheel", "cache", "mirror", "oci", "huggingface"]
        without = list(Zoo(replace(settings, mirror=None)).source_order.names())
        assert without == [name for name in names if name != "mirror"]

    def test_asking_an_unset_mirror_is_a_usage_error(self, zoo_at: Callable[..., Zoo]) -> None:
        zoo = Zoo(replace(zoo_at("/nowhere").settings, mirror=None))
        with pytest.raises(UsageError, match="source 'mirror' needs OCRZOO_MIRROR"):
            zoo.source_order.names()

    def test_models_of_a_mirror_are_available_without_a_hub(
        self, zoo_at: Callable[..., Zoo], tree: Path, tmp_path: Path
    ) -> None:
        ours, theirs = offer_card(), offer_card(name="lakeside_det")
        assert zoo_at(tree, offline=True).is_available(ours)
        assert not zoo_at(tree, offline=True).is_available(theirs)
        assert not zoo_at(tmp_path / "gone").is_available(ours)
        assert not zoo_at("http://127.0.0.1:9", offline=True).is_available(ours)

    def test_a_card_with_a_hub_needs_no_request(self, zoo_at: Callable[..., Zoo], server: WebServer) -> None:
        settings = replace(zoo_at(server.url).settings, sources=("mirror", "huggingface"))
        assert Zoo(settings).is_available(hub_card())
        assert server.asked == []
