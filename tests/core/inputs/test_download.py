"""Downloads of pages, from a real server on this machine: bounded in time, size and redirects."""

from __future__ import annotations

import io
import socket
import threading
import time
import traceback
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import quote, unquote

import cv2
import numpy as np
import PIL.Image
import pytest
from fpdf import FPDF

from ocrzoo.inputs import Page, download, iter_pages, pages
from ocrzoo.pipelines.executor import run_pages
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
    authorizations: ClassVar[list[str | None]] = []
    """The header of each request for the private page."""

    def do_GET(self) -> None:
        path = unquote(self.path.partition("?")[0])
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

    def answer_private(self) -> None:
        """The page, for those who say who they are."""
        self.authorizations.append(self.headers.get("Authorization"))
        if self.headers.get("Authorization") != "Basic " + b64encode("ann:p/ä".encode()).decode():
            self.send_error(401)
        else:
            self.answer_page()

    def answer_to(self) -> None:
        """A redirect to the URL in the query, sent as UTF-8."""
        self.send_response(302)
        self.send_header("Location", unquote(self.path.partition("?")[2]).encode().decode("latin-1"))
        self.end_headers()

    def answer_leak(self) -> None:
        """A redirect to somebody else's user and password."""
        self.send_response(302)
        self.send_header("Location", unquote(self.path.partition("?")[2]).replace("//", "//bob:Secret@"))
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
    Handler.authorizations.clear()
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
        download.download(url)
    message = str(caught.value)
    assert message.startswith(f"{url}: ")
    assert message.count(url) == 1
    assert "\n" not in message
    return message.removeprefix(f"{url}: ")


@pytest.mark.parametrize(
    "path",
    [
        *("/page.png", "/page", "/page.png?width=2.5&name=/a.jpg", "/hop/3"),
        *("/page/a b.png", "/page/100 %.png", "/page/%C3%A4%20b.png", "/page/ä/日本.png?q=ü ß", "/page?q=a b&r=%"),
    ],
)
def test_a_page_by_its_address(server: str, path: str) -> None:
    (page,) = pages(server + path)
    assert page.input_path == server + path
    np.testing.assert_array_equal(page.read(), PICTURE)


def test_an_address_is_asked_once_when_its_first_page_is_asked_for(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    fetch = download.download

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
    assert download.download(f"{server}/hop/{http.MAX_REDIRECTS - 1}") == CONTENT
    assert "redirects" in the_error(f"{server}/hop/{http.MAX_REDIRECTS}")
    assert "redirects" in the_error(f"{server}/loop")


def test_an_answer_larger_than_the_limit(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "DOWNLOAD_MAX_BYTES", len(CONTENT))
    assert download.download(f"{server}/page.png") == CONTENT
    monkeypatch.setattr(download, "DOWNLOAD_MAX_BYTES", len(CONTENT) - 1)
    assert the_error(f"{server}/page.png").endswith("sends more than 0 MiB")


def test_an_answer_cut_short(server: str) -> None:
    the_error(f"{server}/cut")


@pytest.mark.parametrize("path", ["/silent", "/stall"])
def test_a_server_that_falls_silent(server: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "IDLE_S", 0.2)
    the_error(server + path)


def test_a_server_that_never_gets_done(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, and the whole does not."""
    monkeypatch.setattr(download, "DOWNLOAD_TIMEOUT_S", 0.3)
    assert " after 0 s" in the_error(f"{server}/drip")
    assert len(Handler.dripped) < DRIPS


def test_an_unreachable_server() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    the_error(f"http://127.0.0.1:{port}/page.png")


@pytest.mark.parametrize("url", ["http://", "http://[", "https://127.0.0.1:port/x.png"])
def test_an_invalid_url(url: str) -> None:
    assert the_error(url).startswith("not a valid URL")


@pytest.mark.parametrize("location", ["/page/a b.png", "/page/ä.png", "/page/100%.png", "page/日 本.png?q=ü"])
def test_a_redirect_to_a_url_that_has_to_be_escaped(server: str, location: str) -> None:
    assert download.download(f"{server}/to?{quote(location)}") == CONTENT


@pytest.mark.parametrize(
    "location",
    [
        "ftp://host/a b.png",
        "mailto:ann@host",
        "http://a b/",
        "http://[",
        "\\\\host\\a",
        "http://127.0.0.1:9/a b.png",
        "/to?/to",
    ],
)
def test_a_redirect_to_what_cannot_be_read(server: str, location: str) -> None:
    """Each error has a chain of causes that ends."""
    url = f"{server}/to?{quote(location)}"
    (page,) = pages(url)
    (failed,) = failures([page])
    assert failed.startswith(f"{url}: ")


def failures(found: list[Page]) -> list[str]:
    """Run pages that cannot be read, as pipelines do."""
    errors: list[InputError] = []
    assert not list(run_pages(iter(found), [lambda _source, image: image], errors.append))
    return [str(error) for error in errors]


class TestPasswords:
    """``http://user:password@host/``."""

    def test_is_sent_to_its_own_server(self, server: str) -> None:
        url = server.replace("http://", "http://ann:p%2Fä@")
        assert download.download(f"{url}/private/a b.png") == CONTENT
        assert download.download(f"{url}/to?{quote('/private')}") == CONTENT

    def test_is_not_sent_to_another(self, server: str) -> None:
        """The same machine under another name."""
        url = server.replace("http://", "http://ann:p%2Fä@").replace("127.0.0.1", "localhost")
        with pytest.raises(InputError, match="HTTP 401"):
            download.download(f"{url}/to?{quote(f'{server}/private')}")
        assert Handler.authorizations == [None]

    def test_of_a_redirect_is_not_sent(self, server: str) -> None:
        with pytest.raises(InputError, match="HTTP 401"):
            download.download(f"{server}/to?{quote(server.replace('//', '//ann:p%2Fä@') + '/private')}")
        assert Handler.authorizations == [None]

    @pytest.mark.parametrize(
        "path", ["/private.png", "/page", "/leak?ftp://", "/leak?http://[", "/leak?http://x y", "/\\"]
    )
    def test_is_in_no_result_and_no_message(self, server: str, path: str, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(0)
        for url in (
            server.replace("//", "//ann:Secret@"),
            server.replace("//", "//ann:Secret/Secret@"),
            "ftp://a:Secret@b",
        ):
            (page,) = pages(url + path)
            assert "Secret" not in repr((page.input_path, page.stem))
            if path != "/page" or "/Secret" in url or url.startswith("ftp"):
                with pytest.raises(InputError) as caught:
                    page.read()
                assert "Secret" not in "".join(traceback.format_exception(caught.value))
        assert "Secret" not in caplog.text


@pytest.mark.parametrize("switch", ["OCRZOO_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_no_socket_is_opened(server: str, switch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(switch, "1")
    monkeypatch.setattr(socket, "socket", pytest.fail)
    monkeypatch.setattr(socket, "create_connection", pytest.fail)
    monkeypatch.setattr(socket, "getaddrinfo", pytest.fail)
    assert "offline mode" in the_error(f"{server}/page.png")


def test_headers_without_end_are_bounded_too(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "DOWNLOAD_TIMEOUT_S", 0.3)
    assert the_error(f"{server}/headers").startswith("incomplete after")


def test_the_body_of_a_redirect_is_not_read(server: str) -> None:
    assert download.download(f"{server}/heavy") == CONTENT


def test_a_redirect_leads_to_http_only(server: str) -> None:
    assert the_error(f"{server}/elsewhere").endswith("redirects to 'file:///etc/hostname'")


def test_a_silent_name_server_costs_the_time_of_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "ANSWER_TIMEOUT_S", 0.3)
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: time.sleep(5))
    started = time.monotonic()
    with pytest.raises(InputError, match="no answer within 0 s"):
        download.download("http://page.example/page.png")
    assert time.monotonic() - started < 3
