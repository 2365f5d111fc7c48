"""Source ``bos``: one archive a model, described by the headers of its store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from tests.hubs.contents import tar_of
from tests.hubs.faults import Fault
from tests.hubs.server import Hubs
from tests.registry.hub_cards import FILES, FOLDER, NAME, OTHERS, hub_card, listed, read
from tests.registry.kit import MakeResolver
from tests.registry.network.web_server import Reply, WebServer, serving

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import IntegrityError, Refused, Unreachable
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.bos import BosSource

CARD = hub_card()
TAR = tar_of(NAME, {**FILES, **OTHERS})
MD5 = hashlib.md5(TAR, usedforsecurity=False).hexdigest()
AT_STORE = hub_card(bos="https://x.bj.bcebos.com/x.tar")


@pytest.fixture
def source(to_hubs: Settings) -> BosSource:
    return BosSource(to_hubs)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    monkeypatch.setenv("NO_PROXY", "*")
    with serving() as server:
        yield server


def at(settings: Settings, server: WebServer) -> BosSource:
    """Return the source with the server in the store's place, as the user's setting says."""
    return BosSource(Settings(home=settings.home, environ={"OCRZOO_BOS_ENDPOINT": server.url}))


def test_the_archive_is_listed_with_what_the_store_states(source: BosSource, hubs: Hubs) -> None:
    listing = listed(source, CARD)
    [file] = listing.files
    assert listing.archive
    assert listing.revision == MD5  # its entity tag, without the quotes
    assert (file.size, file.md5, file.sha256) == (len(TAR), MD5, None)
    assert file.digest_origin == "stated by bos, of the archive"
    assert file.reference == f"{hubs.url}/{FOLDER}/{NAME}_infer.tar"
    assert [asked.method for asked in hubs.requests] == ["HEAD"]


def test_the_archive_is_read_from_an_offset(source: BosSource) -> None:
    listing = listed(source, CARD)
    for offset in (0, 1000):
        assert read(source, listing, listing.files[0], offset) == TAR[offset:]


def test_a_store_that_states_no_digest_vouches_for_nothing(source: BosSource, hubs: Hubs) -> None:
    hubs.bos_md5 = False
    [file] = listed(source, CARD).files
    assert (file.md5, file.sha256, file.size) == (None, None, len(TAR))


@pytest.mark.parametrize(
    ("headers", "md5", "sha256"),
    [
        ({"X-Linked-Etag": '"' + "ab" * 32 + '"'}, None, "ab" * 32),
        ({"X-Linked-Etag": "ab" * 20}, None, None),
        ({"Content-MD5": "not base64!"}, None, None),
        ({"Content-MD5": "YWJj"}, None, None),
        ({"Content-MD5": "AAECAwQFBgcICQoLDA0ODw=="}, "000102030405060708090a0b0c0d0e0f", None),
    ],
    ids=str,
)
def test_only_a_digest_that_is_one_is_taken(
    settings: Settings, server: WebServer, headers: dict[str, str], md5: str | None, sha256: str | None
) -> None:
    server.answers["/x.tar"] = Reply(headers=headers)
    [file] = listed(at(settings, server), AT_STORE).files
    assert (file.md5, file.sha256) == (md5, sha256)


@pytest.mark.parametrize(
    ("headers", "revision"),
    [
        ({"ETag": '"abc"', "Last-Modified": "today"}, "abc"),
        ({"Last-Modified": "today"}, "today"),
        ({"Content-Length": "5"}, "5 bytes"),
        ({"ETag": "x" * 1000}, "x" * 200),
    ],
    ids=lambda value: str(value)[:30],
)
def test_the_revision_is_what_tells_one_state_from_the_next(
    settings: Settings, server: WebServer, headers: dict[str, str], revision: str
) -> None:
    server.answers["/x.tar"] = Reply(headers=headers)
    assert listed(at(settings, server), AT_STORE).revision == revision


@pytest.mark.parametrize("length", ["-5", "x", "9" * 30, "1_0", "٣"])
def test_a_length_that_is_none_is_not_believed(settings: Settings, server: WebServer, length: str) -> None:
    line = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"
    server.answers["/x.tar"] = Reply(raw=line.encode("utf-8"))
    listing = at(settings, server).list(AT_STORE, "paddle")
    assert listing is None or listing.files[0].size is None


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://paddle-model-ecology.bj.bcebos.com/a/b.tar", "{endpoint}/a/b.tar"),
        ("https://other.bcebos.com/a/b.tar", "{endpoint}/a/b.tar"),
        ("https://X.BJ.BCEBOS.COM:8443/a/b.tar", "{endpoint}/a/b.tar"),
        ("https://bcebos.com.evil.example/a/b.tar", "https://bcebos.com.evil.example/a/b.tar"),
        ("https://evilbcebos.com/a/b.tar", "https://evilbcebos.com/a/b.tar"),
        ("https://example.org/bcebos.com/b.tar?x=1", "https://example.org/bcebos.com/b.tar?x=1"),
    ],
)
def test_the_endpoint_stands_in_for_the_stores_own_hosts_only(settings: Settings, url: str, address: str) -> None:
    endpoint = "http://mirror.example/bos"
    source = BosSource(Settings(home=settings.home, environ={"OCRZOO_BOS_ENDPOINT": endpoint}))
    assert source._address(url) == address.format(endpoint=endpoint)


def test_a_refusal_is_told_as_one(source: BosSource, hubs: Hubs) -> None:
    hubs.inject(Fault("status", what="list", status=403))
    with pytest.raises(Refused):
        source.list(CARD, "paddle")


def test_a_busy_store_is_asked_again_and_then_given_up(source: BosSource, hubs: Hubs) -> None:
    hubs.inject(Fault("status", what="list", status=503))
    assert listed(source, CARD).files[0].md5 == MD5
    hubs.inject(Fault("status", what="list", status=503, times=None))
    with pytest.raises(Unreachable):
        source.list(CARD, "paddle")


def test_what_is_in_the_archive_gets_into_the_store(source: BosSource, make_resolver: MakeResolver) -> None:
    files = make_resolver(network=True, bos=source).get(DownloadRequest(CARD, ["paddle"]))
    assert {path.name: path.read_bytes() for path in files.folder.iterdir() if path.name in FILES} == FILES
    assert sorted(path.name for path in files.folder.iterdir()) == sorted([*FILES, "ocrzoo.json"])
    assert files.manifest is not None
    assert {file.digest_origin for file in files.manifest.files} == {"stated by bos, of the archive"}


def test_an_archive_with_other_bytes_is_refused(source: BosSource, hubs: Hubs, make_resolver: MakeResolver) -> None:
    hubs.inject(Fault("corrupt", source="bos", at=600, times=None))
    with pytest.raises(IntegrityError, match=f"md5 is [0-9a-f]{{32}}, not {MD5}"):
        make_resolver(network=True, bos=source).get(DownloadRequest(CARD, ["paddle"]))
