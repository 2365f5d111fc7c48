"""Source ``mirror`` in a bucket: moto's server plays S3."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.object_store import lead_to, s3
from tests.registry.hub_cards import FILES, by_path, hub_card, listed, read
from tests.registry.mirror_tree import index_of, indexed, write_tree
from tests.registry.network.web_server import Reply, serving

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import Refused, SourceError, Unreachable
from ocrzoo_registry.index import schema as indexes
from ocrzoo_registry.index.records import listing
from ocrzoo_registry.mirror import backends
from ocrzoo_registry.mirror import client as mirror_client
from ocrzoo_registry.mirror.client import MirrorSource
from ocrzoo_registry.network import retry
from ocrzoo_registry.network.http import CONNECT_S, IDLE_S, Gone
from ocrzoo_registry.settings import Mirror, Settings
from ocrzoo_registry.zoo import Zoo

CARD = hub_card()
INDEX = index_of([indexed(CARD, FILES)])
PARAMS = "inference.pdiparams"
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of S3."""
    with s3() as address:
        yield address


@pytest.fixture(autouse=True)
def aws(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that lead every program of AWS there, and none of the user's."""
    lead_to(endpoint, tmp_path, monkeypatch)
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.01)


@pytest.fixture
def client() -> Any:
    import boto3

    return boto3.client("s3")


@pytest.fixture
def address(client: Any, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A bucket of its own with a mirror below a prefix."""
    name = f"models-{abs(hash(request.node.nodeid))}"
    client.create_bucket(Bucket=name)
    tree = write_tree(tmp_path / "tree", INDEX, FILES.values())
    for path in tree.rglob("*"):
        if path.is_file():
            client.upload_file(str(path), name, f"ocr/zoo/{path.relative_to(tree).as_posix()}")
    return f"s3://{name}/ocr/zoo"


def bucket_of(address: str) -> str:
    return address.split("/")[2]


def source_at(settings: Settings, address: str) -> MirrorSource:
    return MirrorSource(replace(settings, mirror=Mirror(address)))


def test_every_file_is_listed_and_read_from_an_offset(settings: Settings, address: str) -> None:
    source = source_at(settings, address)
    listing = listed(source, CARD)
    for path, content in FILES.items():
        for offset in (0, 10):
            assert read(source, listing, by_path(listing)[path], offset) == content[offset:]


def test_an_offset_past_the_end_gives_the_whole_object(settings: Settings, address: str) -> None:
    source = source_at(settings, address)
    listing = listed(source, CARD)
    with source.open(listing, by_path(listing)[PARAMS], 10**9) as opened:
        assert (opened.offset, opened.size) == (0, len(FILES[PARAMS]))
        assert b"".join(opened.chunks) == FILES[PARAMS]


def test_an_unchanged_index_is_not_sent_again(
    settings: Settings, address: str, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror_client, "FRESH_S", 0)
    source = source_at(settings, address)
    listed(source, CARD)
    before = source._known
    listed(source, CARD)
    assert before is not None
    assert source._known is not None
    assert source._known.index is before.index
    client.put_object(Bucket=bucket_of(address), Key="ocr/zoo/index.json", Body=index_of([]).to_bytes())
    assert source.list(CARD, "paddle") is None


def test_a_public_bucket_needs_no_credentials(
    settings: Settings, address: str, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.put_object_acl(Bucket=bucket_of(address), Key="ocr/zoo/index.json", ACL="public-read")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert {file.path for file in listed(source_at(settings, address), CARD).files} == set(FILES)


def test_check_reports_the_state(settings: Settings, address: str) -> None:
    health = source_at(settings, address).check()
    assert health.answer == f"models 1, with formats 1, from {address}"
    assert health.latency_s is not None


@pytest.mark.parametrize("missing", ["bucket", "prefix"])
def test_missing_objects_are_reported(settings: Settings, address: str, missing: str) -> None:
    elsewhere = "s3://no-such-bucket-0" if missing == "bucket" else f"s3://{bucket_of(address)}"
    with pytest.raises(Gone, match="not a mirror"):
        source_at(settings, elsewhere).list(CARD, "paddle")


def test_an_index_is_read_up_to_a_limit(settings: Settings, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "MAX_BYTES", 100)
    with pytest.raises(SourceError, match="larger than"):
        source_at(settings, address).list(CARD, "paddle")


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [(403, Refused, "credentials"), (503, Unreachable, "503|Service"), (400, SourceError, "400|Bad")],
)
def test_a_refused_bucket_is_reported(
    settings: Settings, status: int, error: type[Exception], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving({"/models/index.json": Reply(status)}) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        with pytest.raises(error, match=words):
            source_at(settings, "s3://models").list(CARD, "paddle")


def test_an_unreachable_bucket_fails_after_two_tries(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOWHERE)
    with pytest.raises(Unreachable, match="s3://models/") as caught:
        source_at(settings, "s3://models").list(CARD, "paddle")
    assert not caught.value.connected


def test_an_interrupted_body_is_retried(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    content = FILES[PARAMS]
    short = f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content[:1000]
    known = listing(INDEX.models[0], CARD, "a test")
    with serving({f"/models/{by_path(known)[PARAMS].reference}": Reply(raw=short)}) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        source = source_at(settings, "s3://models")
        with pytest.raises(Unreachable), source.open(known, by_path(known)[PARAMS]) as opened:
            b"".join(opened.chunks)


def test_without_boto3_one_line_says_what_to_install(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(SourceError, match=r"pip install 'ocrzoo\[s3\]'"):
        source_at(settings, "s3://models").list(CARD, "paddle")


def test_bucket_timeouts_equal_those_of_the_web() -> None:
    config = backends._new_client().meta.config
    assert (config.connect_timeout, config.read_timeout) == (CONNECT_S, IDLE_S)
    assert config.retries["total_max_attempts"] == 1


def test_the_resolver_resumes_from_a_bucket(settings: Settings, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each opening gives the next 100 kB, and then breaks off."""
    offsets: list[int] = []
    chunks = backends.BucketBackend._chunks

    def a_piece(place: backends.BucketBackend, path: str, body: Any, max_bytes: int | None = None) -> Iterator[bytes]:
        got = b"".join(chunks(place, path, body, max_bytes))
        if max_bytes is None and len(got) > 100_000:
            offsets.append(len(FILES[PARAMS]) - len(got))
            yield got[:100_000]
            raise Unreachable("broke off")
        yield got

    monkeypatch.setattr(backends.BucketBackend, "_chunks", a_piece)
    own = replace(settings, disabled_plugins=settings.disabled_plugins - {"core"}, sources=("mirror",))
    zoo = Zoo(replace(own, sources_exact=True, mirror=Mirror(address)))
    files = zoo.resolver.get(DownloadRequest(CARD, ["paddle"]))
    assert (files.folder / PARAMS).read_bytes() == FILES[PARAMS]
    assert offsets == [0, 100_000, 200_000]
