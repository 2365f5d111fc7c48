"""HTTP: what each answer means, and that no server can keep, flood or mislead us."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Event

import pytest
from tests.registry.network.web_server import Asked, Reply, WebServer, serving

from ocrzoo_registry.errors import Busy, Refused, SourceError, TooSlow, Unreachable
from ocrzoo_registry.network import http
from ocrzoo_registry.network.deadline import Deadline
from ocrzoo_registry.network.http import Gone, Web


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def server() -> Iterator[WebServer]:
    with serving() as server:
        yield server


def get(url: str, client: Web | None = None) -> bytes:
    client = client or Web()
    with client.get(url) as answer:
        return b"".join(client.chunks(answer))


def test_a_body_is_read_as_it_arrives(server: WebServer) -> None:
    server.answers["/a"] = Reply(body=b"x" * 3_000_000)
    assert get(f"{server.url}/a") == b"x" * 3_000_000
    assert server.asked[0].headers["accept-encoding"] == "identity"


MEANINGS = {
    400: SourceError,
    401: Refused,
    402: Refused,
    403: Refused,
    404: Gone,
    407: Refused,
    408: Busy,
    410: Gone,
    418: SourceError,
    425: Busy,
    429: Busy,
    451: Refused,
    500: Busy,
    501: SourceError,
    502: Busy,
    503: Busy,
    504: Busy,
    304: SourceError,
}


@pytest.mark.parametrize(("status", "kind"), MEANINGS.items())
def test_what_each_status_means(server: WebServer, status: int, kind: type[SourceError]) -> None:
    server.answers["/a"] = Reply(status)
    with pytest.raises(SourceError, match=f"^127.0.0.1:[0-9]+: HTTP {status}$") as caught:
        get(f"{server.url}/a")
    assert type(caught.value) is kind


def test_a_status_may_be_an_answer(server: WebServer) -> None:
    server.answers["/a"] = Reply(416)
    with Web().get(f"{server.url}/a", accept={416}) as answer:
        assert answer.status_code == 416


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), (None, None), ("soon", None), ("", None), ("-5", None)],
)
def test_the_time_to_come_back_is_read(server: WebServer, value: str | None, seconds: float | None) -> None:
    server.answers["/a"] = Reply(429, {} if value is None else {"Retry-After": value})
    with pytest.raises(Unreachable) as caught:
        get(f"{server.url}/a")
    assert caught.value.retry_after == seconds
    assert caught.value.connected


@pytest.mark.parametrize("value", ["9" * 400, "9" * 5000, "Fri, 31 Dec 99999 23:59:59 GMT", "\x80"])
def test_an_absurd_time_to_come_back_is_long_or_none(server: WebServer, value: str) -> None:
    server.answers["/a"] = Reply(429, {"Retry-After": value})
    with pytest.raises(Unreachable) as caught:
        get(f"{server.url}/a")
    assert caught.value.retry_after is None or caught.value.retry_after > 3600


def test_the_time_to_come_back_may_be_a_date(server: WebServer) -> None:
    for seconds in (60, -60):
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        server.answers["/a"] = Reply(503, {"Retry-After": date})
        with pytest.raises(Unreachable) as caught:
            get(f"{server.url}/a")
        assert caught.value.retry_after is not None
        assert max(0, seconds - 5) <= caught.value.retry_after <= max(0, seconds)


def test_a_refused_connection_is_unreachable(server: WebServer) -> None:
    with serving() as gone:
        url = gone.url
    with pytest.raises(Unreachable, match=r"^127.0.0.1:[0-9]+: .*refused") as caught:
        get(f"{url}/a")
    assert not caught.value.connected
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["", "a", "http://", "http:///x", "ftp://127.0.0.1/a", "http://[::1", "http://127.0.0.1:99999/", "http://\x00/"],
)
def test_an_address_that_cannot_be_is_an_error_and_not_tried_again(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        get(url)
    assert not isinstance(caught.value, Unreachable)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\nshort\r\n",
    ],
    ids=["length", "chunked", "no chunk"],
)
def test_a_body_that_breaks_off_is_unreachable_and_not_the_end(server: WebServer, raw: bytes) -> None:
    server.answers["/a"] = Reply(raw=raw)
    with pytest.raises(Unreachable, match=r"^127.0.0.1:[0-9]+: ") as caught:
        get(f"{server.url}/a")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("raw", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 2xx\r\n\r\n", b"\x00" * 100], ids=repr)
def test_what_speaks_no_http_is_unreachable(server: WebServer, raw: bytes) -> None:
    server.answers["/a"] = Reply(raw=raw)
    with pytest.raises(Unreachable):
        get(f"{server.url}/a")


@pytest.mark.parametrize("start", ["", "HTTP/1.1 ", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"])
def test_request_headers_never_appear_in_errors(server: WebServer, start: str) -> None:
    """A page for finding faults, or a proxy, may repeat the headers that it was sent."""
    server.answers["/a"] = lambda asked: Reply(raw=f"{start}{asked.headers['authorization']}\r\n{'x' * 9000}".encode())
    web = Web(server.url, {"Authorization": "Bearer hf_secret"})
    with pytest.raises(Unreachable) as caught, web.get(f"{server.url}/a") as answer:
        web.body(answer, max_bytes=100_000)
    assert "hf_secret" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_headers_that_drip_end_with_the_deadline(server: WebServer) -> None:
    server.answers["/a"] = Reply(raw=b"HTTP/1.1 200 OK\r\nX-Slow: ", endless=b"x")
    start = time.monotonic()
    with pytest.raises(TimeoutError, match="no answer within"):
        Deadline(0.2).run(lambda: get(f"{server.url}/a"))
    assert time.monotonic() - start < 2


def test_an_abandoned_call_sends_no_further_request(server: WebServer) -> None:
    abandoned, done = Event(), Event()
    errors: list[str] = []

    def call() -> None:
        assert abandoned.wait(10)
        try:
            get(f"{server.url}/a")
        except Unreachable as error:
            errors.append(str(error))
        done.set()

    with pytest.raises(TimeoutError):
        Deadline(0.05).run(call)
    abandoned.set()
    assert done.wait(5)
    assert "the time is up" in errors[0]


def test_a_silent_body_has_an_end(server: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "IDLE_S", 0.2)

    def stall(_asked: Asked) -> Reply:
        return Reply(headers={"Content-Length": "10"}, body=b"start", endless=b"")

    def hang(asked: Asked) -> Reply:
        server.closing.wait(30)
        return Reply()

    server.answers |= {"/body": stall, "/headers": hang}
    for path in ("/body", "/headers"):
        start = time.monotonic()
        with pytest.raises(Unreachable):
            get(server.url + path)
        assert time.monotonic() - start < 3


def test_a_small_answer_is_small(server: WebServer) -> None:
    server.answers |= {
        "/plain": Reply(body=b"{}"),
        "/gzip": Reply(headers={"Content-Encoding": "gzip"}, body=gzip.compress(b"{}")),
        "/large": Reply(body=b" " * (3 << 20)),
        "/bomb": Reply(headers={"Content-Encoding": "gzip"}, body=gzip.compress(bytes(50 << 20))),
    }
    client = Web()
    for path in ("/plain", "/gzip"):
        with client.get(server.url + path) as answer:
            assert client.body(answer, max_bytes=1 << 20) == b"{}"
    for path in ("/large", "/bomb"):
        with client.get(server.url + path) as answer, pytest.raises(SourceError, match="sends more than 2 MiB"):
            client.body(answer, max_bytes=2 << 20)


def test_a_small_answer_that_drips_is_too_slow(server: WebServer) -> None:
    server.answers["/a"] = Reply(raw=b"HTTP/1.1 200 OK\r\n\r\n", endless=b" ")
    client = Web()
    with client.get(f"{server.url}/a") as answer, pytest.raises(TooSlow, match="not complete after 0 s"):
        client.body(answer, max_bytes=1 << 20, total_s=0.2)


def test_nothing_is_taken_from_a_netrc_file(server: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    server.answers["/a"] = Reply()
    get(f"{server.url}/a")
    assert "authorization" not in server.asked[0].headers


def test_cookies_are_not_kept(server: WebServer) -> None:
    server.answers["/a"] = Reply(headers={"Set-Cookie": "who=you; Path=/"})
    client = Web(server.url)
    for _ in range(2):
        get(f"{server.url}/a", client)
    assert all("cookie" not in asked.headers for asked in server.asked)


def test_a_message_holds_no_password(server: WebServer) -> None:
    with pytest.raises(Gone) as caught:
        get(server.url.replace("http://", "http://me:secret@") + "/gone")
    assert "secret" not in str(caught.value)


def test_a_dead_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as gone:
        address = gone.url.removeprefix("http://")
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:secret@{address}")
    with pytest.raises(Unreachable, match=rf"^proxy {address}: Connection refused$"):
        get("https://hub.invalid/a")


def test_a_host_that_the_user_set_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as gone:
        url = gone.url
    monkeypatch.setenv("HF_ENDPOINT", url)
    with pytest.raises(Unreachable, match=r"^HF_ENDPOINT 127\.0\.0\.1:[0-9]+: Connection refused$"):
        get(f"{url}/a")
