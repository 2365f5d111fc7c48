"""What the hubs have in common: answers that are checked, and files that are opened at an offset."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import TypeAdapter
from tests.hubs.faults import Fault
from tests.hubs.server import Hubs
from tests.registry.hub_cards import FILES, by_path, hub_card, listed, read
from tests.registry.network.web_server import Reply, WebServer, serving

from ocrzoo_registry.cards.fields import is_commit
from ocrzoo_registry.errors import SourceError, Unreachable
from ocrzoo_registry.network import retry
from ocrzoo_registry.network.http import Gone
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources import hub
from ocrzoo_registry.sources.aistudio import AIStudioSource
from ocrzoo_registry.sources.base import Listing, RemoteFile, Source
from ocrzoo_registry.sources.bos import BosSource
from ocrzoo_registry.sources.hub import HubSource, in_path
from ocrzoo_registry.sources.huggingface import HuggingFaceSource
from ocrzoo_registry.sources.modelscope import ModelScopeSource

KINDS: dict[str, type[HuggingFaceSource | AIStudioSource | ModelScopeSource | BosSource]] = {
    "huggingface": HuggingFaceSource,
    "aistudio": AIStudioSource,
    "modelscope": ModelScopeSource,
    "bos": BosSource,
}
WEIGHTS = FILES["inference.pdiparams"]
NUMBERS = TypeAdapter(list[int])
EMPTY = Listing("1", ())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.01)
    with serving() as server:
        yield server


def source_of(server: WebServer) -> HubSource:
    return HubSource(server.url)


def locate(server: WebServer) -> RemoteFile:
    return RemoteFile("inference.onnx", reference=f"{server.url}/file")


@pytest.fixture(params=["huggingface", "aistudio", "modelscope"])
def placed(request: pytest.FixtureRequest, to_hubs: Settings) -> tuple[Source, Listing, RemoteFile]:
    """A hub, what it lists of the model, and the file with the weights."""
    source = KINDS[request.param](to_hubs)
    listing = listed(source, hub_card())
    return source, listing, by_path(listing)["inference.pdiparams"]


@pytest.mark.parametrize("offset", [0, 1, 1000, len(WEIGHTS) - 1])
def test_a_file_is_read_from_an_offset(placed: tuple[Source, Listing, RemoteFile], offset: int) -> None:
    assert read(*placed, offset) == WEIGHTS[offset:]


def test_the_opening_says_how_large_the_file_is(placed: tuple[Source, Listing, RemoteFile]) -> None:
    source, listing, file = placed
    for offset in (0, 5):
        with source.open(listing, file, offset) as opened:
            assert (opened.offset, opened.size) == (offset, len(WEIGHTS))


def test_the_validator_ties_a_range_to_a_state(placed: tuple[Source, Listing, RemoteFile], hubs: Hubs) -> None:
    source, listing, file = placed
    with source.open(listing, file) as opened:
        validator = opened.validator
    assert validator is not None
    assert read(source, listing, file, 7, validator) == WEIGHTS[7:]
    assert hubs.asked("file")[-1].headers["if-range"] == validator
    with source.open(listing, file, 7, '"of another state"') as opened:
        assert opened.offset == 0
        assert b"".join(opened.chunks) == WEIGHTS


def test_an_offset_behind_the_end_begins_anew(placed: tuple[Source, Listing, RemoteFile], hubs: Hubs) -> None:
    source, listing, file = placed
    with source.open(listing, file, len(WEIGHTS) + 5) as opened:
        assert opened.offset == 0
        assert b"".join(opened.chunks) == WEIGHTS
    assert [asked.status for asked in hubs.asked("file")] == [416, 200]


def test_a_hub_without_ranges_begins_anew(placed: tuple[Source, Listing, RemoteFile], hubs: Hubs) -> None:
    source, listing, file = placed
    hubs.inject(Fault("no_range"))
    with source.open(listing, file, 5) as opened:
        assert opened.offset == 0


def test_a_range_elsewhere_is_told_as_it_is(placed: tuple[Source, Listing, RemoteFile], hubs: Hubs) -> None:
    source, listing, file = placed
    hubs.inject(Fault("wrong_range"))
    with source.open(listing, file, 5) as opened:
        assert opened.offset == 4


@pytest.mark.parametrize("stated", ["", "bytes */5", "bytes x-5/6", "lines 1-2/3", "bytes 1-2"])
def test_a_range_that_says_nothing_is_an_error(server: WebServer, stated: str) -> None:
    server.answers["/file"] = Reply(206, {"Content-Range": stated}, b"x")
    with pytest.raises(SourceError, match="invalid Content-Range"), source_of(server).open(EMPTY, locate(server), 1):
        pytest.fail("opened")


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "aws-chunked"])
def test_a_file_that_comes_packed_is_refused(server: WebServer, coding: str) -> None:
    server.answers["/file"] = Reply(200, {"Content-Encoding": coding}, b"x")
    with pytest.raises(SourceError, match=f"encoding {coding}"), source_of(server).open(EMPTY, locate(server)):
        pytest.fail("opened")


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"ETag": '"strong"'}, '"strong"'),
        ({"ETag": 'W/"weak"', "Last-Modified": "Tue, 24 Nov 2026 00:00:00 GMT"}, None),
        ({"ETag": "naked"}, None),
        ({"ETag": '"' + "x" * 300 + '"'}, None),
        ({"Last-Modified": "Tue, 24 Nov 2026 00:00:00 GMT"}, "Tue, 24 Nov 2026 00:00:00 GMT"),
        ({}, None),
    ],
    ids=str,
)
def test_only_what_if_range_understands_is_a_validator(
    server: WebServer, headers: dict[str, str], validator: str | None
) -> None:
    server.answers["/file"] = Reply(200, headers, b"x")
    with source_of(server).open(EMPTY, locate(server)) as opened:
        assert opened.validator == validator


def test_a_file_of_unstated_size_has_none(server: WebServer) -> None:
    server.answers["/file"] = Reply(raw=b"HTTP/1.1 200 OK\r\n\r\nabc")
    with source_of(server).open(EMPTY, locate(server)) as opened:
        assert opened.size is None
        assert b"".join(opened.chunks) == b"abc"


def test_an_answer_is_checked_against_its_kind(server: WebServer) -> None:
    server.answers["/a"] = Reply(headers={"X-Test": "1"}, body=b"[1, 2]")
    answer, headers = source_of(server).ask(f"{server.url}/a", NUMBERS)
    assert (answer, headers["x-test"]) == ([1, 2], "1")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'["a"]', b"null", b"\xff", b"[1e400]", b"[" * 100_000, b'{"a":' * 10_000],
    ids=lambda body: repr(body[:10]),
)
def test_another_answer_is_an_error_in_one_line(server: WebServer, body: bytes) -> None:
    server.answers["/a"] = Reply(body=body)
    with pytest.raises(SourceError, match=r"http://.*/a: invalid answer") as caught:
        source_of(server).ask(f"{server.url}/a", NUMBERS)
    assert not isinstance(caught.value, Unreachable)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) <= 300


def test_a_web_page_is_told_to_be_one(server: WebServer) -> None:
    server.answers["/a"] = Reply(body=b"\n<html>\n</html>")
    with pytest.raises(SourceError, match="got a web page instead"):
        source_of(server).ask(f"{server.url}/a", NUMBERS)


def test_an_answer_without_end_is_cut_off(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "MAX_ANSWER_BYTES", 1 << 20)
    server.answers["/a"] = Reply(raw=b"HTTP/1.1 200 OK\r\n\r\n", endless=b" " * 500_000)
    with pytest.raises(SourceError, match="sends more than 1 MiB"):
        source_of(server).ask(f"{server.url}/a", NUMBERS)


def test_a_question_is_asked_again_where_that_helps(server: WebServer) -> None:
    replies = [Reply(503), Reply(429, {"Retry-After": "0"}), Reply(body=b"[3]")]
    server.answers["/a"] = lambda _asked: replies.pop(0)
    assert source_of(server).ask(f"{server.url}/a", NUMBERS)[0] == [3]
    with pytest.raises(Gone):
        source_of(server).ask(f"{server.url}/gone", NUMBERS)
    assert [asked.path for asked in server.asked].count("/gone") == 1


@pytest.mark.parametrize("name", KINDS)
def test_a_hub_says_how_it_is(to_hubs: Settings, hubs: Hubs, name: str) -> None:
    health = KINDS[name](to_hubs).check()
    assert health.answer == f"HTTP 200 from {hubs.url}"
    assert health.reachable
    assert health.latency_s is not None
    assert 0 < health.latency_s < 5
    hubs.inject(Fault("status", what="check", status=503))
    assert KINDS[name](to_hubs).check().answer.startswith("HTTP 503")


@pytest.mark.parametrize("name", KINDS)
def test_a_hub_that_is_not_there_says_so(to_hubs: Settings, hubs: Hubs, name: str) -> None:
    hubs.close()
    with pytest.raises(Unreachable):
        KINDS[name](to_hubs).check()


@pytest.mark.parametrize("name", KINDS)
def test_a_card_that_is_not_on_a_hub_costs_no_question(to_hubs: Settings, hubs: Hubs, name: str) -> None:
    assert KINDS[name](to_hubs).list(hub_card(), "onnx") is None
    assert hubs.requests == []


@pytest.mark.parametrize("name", KINDS)
def test_a_model_that_is_not_on_a_hub_is_none(to_hubs: Settings, hubs: Hubs, name: str) -> None:
    hubs.models.clear()
    assert KINDS[name](to_hubs).list(hub_card(), "paddle") is None


def test_names_are_written_into_addresses() -> None:
    assert in_path("a b/c?d#é") == "a%20b/c%3Fd%23%C3%A9"
    assert is_commit("0123456789abcdef0123456789abcdef01234567")
    assert not is_commit("main")
    assert not is_commit("0" * 40 + "\n")
