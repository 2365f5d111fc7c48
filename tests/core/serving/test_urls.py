"""Files that requests name by URL: downloaded from allowed hosts and public addresses only."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from ocrzoo.serving.problems import Problem
from ocrzoo.serving.settings import ServerSettings
from ocrzoo.serving.urls import download


class Handler(BaseHTTPRequestHandler):
    """Serves a few odd answers."""

    seen: list[tuple[str, str]] = []  # noqa: RUF012  # emptied by the fixture

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Host"]))
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        self.send_response(404 if self.path == "/missing" else 200)
        self.end_headers()
        self.wfile.write(b"x" * (3000 if self.path == "/large" else 4))

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    Handler.seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def get(url: str, *hosts: str, **settings: Any) -> bytes:
    asked = download(ServerSettings(url_hosts=hosts, max_bytes=1000, **settings), url)
    with ThreadPoolExecutor(1) as pool:  # other tests of the process leave an event loop in its first thread
        return pool.submit(asyncio.run, asked).result()


def code(url: str, *hosts: str, **settings: Any) -> str:
    with pytest.raises(Problem) as raised:
        get(url, *hosts, **settings)
    assert "\n" not in raised.value.message
    return raised.value.code


def test_no_url_is_downloaded_by_default(port: int) -> None:
    assert code(f"http://127.0.0.1:{port}/") == "url_refused"
    assert Handler.seen == []


def test_an_allowed_host_is_asked_under_its_name(port: int) -> None:
    assert get(f"http://localhost:{port}/page", "localhost", private_urls=True) == b"xxxx"
    assert Handler.seen == [("/page", f"localhost:{port}")]


@pytest.mark.parametrize(
    ("host", "pattern"), [("files.example.org.evil.test", "*.example.org"), ("evil.test", "example.org")]
)
def test_other_hosts_are_refused(host: str, pattern: str) -> None:
    assert code(f"http://{host}/", pattern) == "url_refused"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "[::1]", "0.0.0.0", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254"),
        *("[fe80::1]", "[fd00::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "100.64.0.1", "2130706433", "0x7f.1"),
        *("127.1", "224.0.0.1", "[ff02::1]", "[2002:7f00:1::]", "[64:ff9b::7f00:1]"),
    ],
)
def test_addresses_that_are_not_public_are_refused(host: str) -> None:
    assert code(f"http://{host}:9/", "*") in {"url_refused", "url_failed"}


def test_a_redirect_is_checked_as_the_url_was(port: int) -> None:
    start = f"http://localhost:{port}/to/http://127.0.0.1:{port}/secret"
    assert code(start, "localhost", private_urls=True) == "url_refused"
    assert [path for path, _ in Handler.seen] == [f"/to/http://127.0.0.1:{port}/secret"]


def test_redirects_without_end_are_refused(port: int) -> None:
    assert code(f"http://localhost:{port}/to/" + "/to/" * 9 + "/end", "localhost", private_urls=True) == "url_failed"


def test_the_address_that_was_checked_is_the_one_that_is_asked(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that answers with a public address first, and with the own machine then."""
    answers = iter([[("93.184.216.34", 9)], [("127.0.0.1", port)]])

    def rebound(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in next(answers)]

    asked: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    monkeypatch.setattr("ocrzoo.serving.urls._get", _recording(asked))
    with pytest.raises(ConnectionError):
        get(f"http://rebound.example:{port}/", "rebound.example")
    assert asked == ["93.184.216.34"]


def _recording(asked: list[str]) -> Callable[..., Any]:
    def record(_url: str, _host: str, address: str) -> Any:
        asked.append(address)
        raise ConnectionError

    return record


@pytest.mark.parametrize(
    "url", ["ftp://localhost/", "http://user:secret@localhost/", "http:///x", "http://[::1", "http://localhost:99999/"]
)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    assert code(url, "*", private_urls=True) == "url_refused"


def test_errors_and_sizes_of_the_other_server_are_told(port: int) -> None:
    assert code(f"http://localhost:{port}/missing", "localhost", private_urls=True) == "url_failed"
    assert code(f"http://localhost:{port}/large", "localhost", private_urls=True) == "too_large"
    assert code("http://localhost:9/", "localhost", private_urls=True) == "url_failed"
