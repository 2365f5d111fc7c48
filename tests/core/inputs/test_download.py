"""Downloads of pages, from a real server on this machine: bounded in time, size and redirects."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import cv2
import numpy as np
import PIL.Image
import pytest
from fpdf import FPDF

from ocrzoo.inputs import iter_pages, pages
from ocrzoo_registry.errors import InputError
from ocrzoo_registry.network import http

PICTURE = np.random.default_rng(6).integers(0, 256, (20, 30, 3), dtype=np.uint8)
CONTENT = cv2.imencode(".png", PICTURE)[1].tobytes()


def sheets() -> bytes:
    """A PDF of two pages."""
    file = FPDF()
    file.add_page()
    file.add_page()
    return bytes(file.output())


def scan() -> bytes:
    """A TIFF of two pages."""
    content = io.BytesIO()
    page = PIL.Image.fromarray(PICTURE)
    page.save(content, "TIFF", save_all=True, append_images=[page])
    return content.getvalue()


DRIPS = 60
"""After so many bytes, 0.05 s apart, a dripping answer ends: a test that fails does so soon."""


class Handler(BaseHTTPRequestHandler):
    """Answers by path."""

    over = threading.Event()
    """Set when the test is over, so that stalled answers end."""
    dripped: ClassVar[list[str]] = []
    """The bytes that dripped so far."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        with suppress(BrokenPipeError, ConnectionResetError):
            getattr(self, f"answer_{path.strip('/').partition('.')[0].partition('/')[0]}", self.answer_missing)()

    def answer_page(self) -> None:
        self.begin(200, len(CONTENT))
        self.wfile.write(CONTENT)

    def answer_sheets(self) -> None:
        self.begin(200, len(sheets()))
        self.wfile.write(sheets())

    def answer_scan(self) -> None:
        self.begin(200, len(scan()))
        self.wfile.write(scan())

    def answer_text(self) -> None:
        self.begin(200, 5)
        self.wfile.write(b"hello")

    def answer_missing(self) -> None:
        self.send_error(404)

    def answer_hop(self) -> None:
        """``/hop/3`` leads to ``/hop/2``, ..., ``/hop/0`` to the page."""
        left = int(self.path.rsplit("/", 1)[1])
        self.send_response(302)
        self.send_header("Location", f"/hop/{left - 1}" if left else "/page.png")
        self.end_headers()

    def answer_heavy(self) -> None:
        """A redirect with a body that a client would have to read whole."""
        self.send_response(302)
        self.send_header("Location", "/page.png")
        self.send_header("Content-Length", str(1 << 40))
        self.end_headers()
        while not self.over.is_set():
            self.wfile.write(b"x" * 65536)

    def answer_elsewhere(self) -> None:
        self.send_response(302)
        self.send_header("Location", "file:///etc/hostname")
        self.end_headers()

    def answer_headers(self) -> None:
        """Headers that never end."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(DRIPS):
            if self.over.wait(0.05):
                return
            self.wfile.write(b"X")

    def answer_loop(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/loop")
        self.end_headers()

    def answer_cut(self) -> None:
        self.begin(200, len(CONTENT))
        self.wfile.write(CONTENT[:100])

    def answer_silent(self) -> None:
        self.over.wait(30)

    def answer_stall(self) -> None:
        self.begin(200, len(CONTENT))
        self.wfile.write(CONTENT[:100])
        self.wfile.flush()
        self.over.wait(30)

    def answer_drip(self) -> None:
        self.begin(200, DRIPS)
        for _ in range(DRIPS):
            self.dripped.append("x")
            self.wfile.write(b"x")
            self.wfile.flush()
            if self.over.wait(0.05):
                return

    def begin(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server of this test's own."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    over = threading.Event()
    Handler.dripped.clear()
    handler = type("OwnHandler", (Handler,), {"over": over})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        over.set()
        made.shutdown()
        thread.join()


def the_error(url: str) -> str:
    with pytest.raises(InputError) as caught:
        iter_pages.download(url)
    message = str(caught.value)
    assert message.startswith(f"{url}: ")
    assert message.count(url) == 1
    assert "\n" not in message
    return message.removeprefix(f"{url}: ")


@pytest.mark.parametrize("path", ["/page.png", "/page", "/page.png?width=2.5&name=/a.jpg", "/hop/3"])
def test_a_page_by_its_address(server: str, path: str) -> None:
    (page,) = pages(server + path)
    assert page.input_path == server + path
    np.testing.assert_array_equal(page.read(), PICTURE)


def test_an_address_is_asked_once_when_its_first_page_is_asked_for(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    fetch = iter_pages.download

    def note(url: str) -> bytes:
        asked.append(url)
        return fetch(url)

    monkeypatch.setattr(iter_pages, "download", note)
    found = pages([f"{server}/page.png", f"{server}/next"])
    assert asked == []
    page = next(found)
    assert asked == [f"{server}/page.png"]
    assert page.read().shape == page.read().shape
    assert asked == [f"{server}/page.png"]


@pytest.mark.parametrize("path", ["/sheets.pdf", "/sheets", "/sheets?id=7", "/scan.tif", "/scan?x=.png"])
def test_an_address_of_several_pages(server: str, path: str) -> None:
    found = list(pages(server + path))
    assert [(page.input_path, page.page_index) for page in found] == [(server + path, 0), (server + path, 1)]
    assert [page.read().shape[2] for page in found] == [3, 3]


def test_an_address_that_fails_is_one_page_and_the_others_go_on(server: str) -> None:
    missing, page = pages([f"{server}/nothing.pdf", f"{server}/page.png"])
    with pytest.raises(InputError, match=rf"^{server}/nothing\.pdf: .*HTTP 404$"):
        missing.read()
    np.testing.assert_array_equal(page.read(), PICTURE)


def test_a_download_that_is_not_an_image_names_its_url(server: str) -> None:
    (page,) = pages(f"{server}/text")
    with pytest.raises(InputError, match=rf"^{server}/text: not an image but a text file"):
        page.read()


def test_an_error_of_the_server(server: str) -> None:
    assert the_error(f"{server}/nothing.png").endswith("HTTP 404")


def test_five_redirects_are_followed_and_no_more(server: str) -> None:
    assert iter_pages.download(f"{server}/hop/{http.MAX_REDIRECTS - 1}") == CONTENT
    assert "redirects" in the_error(f"{server}/hop/{http.MAX_REDIRECTS}")
    assert "redirects" in the_error(f"{server}/loop")


def test_an_answer_larger_than_the_limit(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iter_pages, "DOWNLOAD_MAX_BYTES", len(CONTENT))
    assert iter_pages.download(f"{server}/page.png") == CONTENT
    monkeypatch.setattr(iter_pages, "DOWNLOAD_MAX_BYTES", len(CONTENT) - 1)
    assert the_error(f"{server}/page.png").endswith("sends more than 0 MiB")


def test_an_answer_cut_short(server: str) -> None:
    the_error(f"{server}/cut")


@pytest.mark.parametrize("path", ["/silent", "/stall"])
def test_a_server_that_falls_silent(server: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "IDLE_S", 0.2)
    the_error(server + path)


def test_a_server_that_never_gets_done(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, and the whole does not."""
    monkeypatch.setattr(iter_pages, "DOWNLOAD_TIMEOUT_S", 0.3)
    assert " after 0 s" in the_error(f"{server}/drip")
    assert len(Handler.dripped) < DRIPS


def test_an_unreachable_server() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    the_error(f"http://127.0.0.1:{port}/page.png")


@pytest.mark.parametrize("url", ["http://", "http://[", "https://127.0.0.1:port/x.png"])
def test_an_invalid_url(url: str) -> None:
    with pytest.raises(InputError):
        iter_pages.download(url)


@pytest.mark.parametrize("switch", ["OCRZOO_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_no_socket_is_opened(server: str, switch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(switch, "1")
    monkeypatch.setattr(socket, "socket", pytest.fail)
    monkeypatch.setattr(socket, "create_connection", pytest.fail)
    monkeypatch.setattr(socket, "getaddrinfo", pytest.fail)
    assert "offline mode" in the_error(f"{server}/page.png")


def test_headers_without_end_are_bounded_too(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iter_pages, "DOWNLOAD_TIMEOUT_S", 0.3)
    assert the_error(f"{server}/headers").startswith("incomplete after")


def test_the_body_of_a_redirect_is_not_read(server: str) -> None:
    assert iter_pages.download(f"{server}/heavy") == CONTENT


def test_a_redirect_leads_to_http_only(server: str) -> None:
    assert the_error(f"{server}/elsewhere").endswith("redirects to 'file:///etc/hostname'")


def test_a_silent_name_server_costs_the_time_of_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iter_pages, "ANSWER_TIMEOUT_S", 0.3)
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: time.sleep(5))
    started = time.monotonic()
    with pytest.raises(InputError, match="no answer within 0 s"):
        iter_pages.download("http://page.example/page.png")
    assert time.monotonic() - started < 3
