"""A font that is lacking is fetched where that is allowed: like a model, and without ever stopping a drawing."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.core.visualize.made_fonts import font_of, make

from ocrzoo.visualize.drawing import draw
from ocrzoo.visualize.fonts import book, download
from ocrzoo.visualize.fonts.book import FontBook, font_book
from ocrzoo.visualize.fonts.download import download_font
from ocrzoo.visualize.fonts.files import Face
from ocrzoo_registry.download import transfer
from ocrzoo_registry.errors import IntegrityError, SourceError
from ocrzoo_registry.network import retry
from ocrzoo_registry.settings import Settings

THAI = "สวัสดี"
PLACE = "/paddlex/PaddleX3.0/fonts/"


@dataclass
class Store:
    """An object store on this machine."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cut_at: int | None = None
    """Bytes after which each answer breaks off."""
    silent: threading.Event | None = None
    """Answers wait for it."""
    endpoint: str = ""


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Stands where ``OCRZOO_BOS_ENDPOINT`` says, with the Thai font in it."""
    content = io.BytesIO()
    font_of(THAI).save(content)
    kept = Store({f"{PLACE}th.ttf": content.getvalue()})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kept.asked.append(self.path)
            if kept.silent:
                kept.silent.wait(20)
            body = kept.files.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write((body or b"")[: kept.cut_at])

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    kept.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("OCRZOO_BOS_ENDPOINT", kept.endpoint)
    yield kept
    if kept.silent:
        kept.silent.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own on a system without fonts, where fetching is allowed."""
    monkeypatch.setattr(book, "system_folders", lambda: ())
    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OCRZOO_FETCH_FONTS", "1")
    return tmp_path / "home"


def draw_thai() -> NDArray[np.uint8]:
    page = np.full((60, 200, 3), 255, np.uint8)
    quad = np.array([[5, 5], [195, 5], [195, 55], [5, 55]], np.int16)
    return np.asarray(draw(page, [quad], [THAI]))[:, 200:]


class TestFetched:
    """Into the home, where PaddleX keeps them."""

    def test_what_is_lacking_is_fetched_once(self, store: Store, own_home: Path) -> None:
        for _ in range(3):
            draw_thai()
        assert store.asked == [f"{PLACE}th.ttf"]
        assert (own_home / "fonts" / "th.ttf").read_bytes() == store.files[f"{PLACE}th.ttf"]
        assert [path.name for path in (own_home / "fonts").iterdir()] == ["th.ttf"]

    def test_it_is_drawn_with(self, store: Store, own_home: Path) -> None:
        fetched = draw_thai()
        make(own_home / "fonts" / "th.ttf", THAI)
        book._font_book.cache_clear()
        np.testing.assert_array_equal(fetched, draw_thai())

    def test_a_broken_one_in_the_home_is_replaced(self, store: Store, own_home: Path) -> None:
        """PaddleX leaves half a font where its download breaks off."""
        path = Path(make(own_home / "fonts" / "th.ttf", THAI))
        path.write_bytes(path.read_bytes()[:-50])
        page = font_book().for_texts([THAI])
        assert page.of_script("ส") == Face(str(path))
        assert path.read_bytes() == store.files[f"{PLACE}th.ttf"]

    def test_by_several_at_a_time(self, store: Store, own_home: Path) -> None:
        with ThreadPoolExecutor(4) as pool:
            pictures = list(pool.map(lambda _: draw_thai(), range(4)))
        assert len(store.asked) == 1
        for picture in pictures:
            np.testing.assert_array_equal(picture, pictures[0])


class TestNotAsked:
    """Nothing is asked for that is not wanted."""

    @pytest.mark.parametrize("variable", ["OCRZOO_OFFLINE", "OCRZOO_FETCH_FONTS"])
    def test_without_leave(self, variable: str, store: Store, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(variable, "1" if variable == "OCRZOO_OFFLINE" else "")
        monkeypatch.setattr(socket, "socket", None)
        draw_thai()
        assert store.asked == []

    def test_where_nothing_is_lacking(self, store: Store, own_home: Path) -> None:
        make(own_home / "fonts" / "mine.ttf", THAI)
        draw_thai()
        font_book().for_texts(["abc", "", "\ue000"])
        assert store.asked == []

    def test_where_paddlex_has_none(self, store: Store, own_home: Path) -> None:
        font_book().for_texts(["გამარჯობა", "𐌰", "☎"])
        assert store.asked == []


class TestFailing:
    """Marks are drawn, one line says why, and nothing is left behind."""

    def check(self, store: Store, home: Path, caplog: pytest.LogCaptureFixture, said: str) -> None:
        assert (draw_thai() < 100).any()
        draw_thai()
        failed, lacking = (record.getMessage() for record in caplog.records)
        assert failed.startswith("font th.ttf could not be downloaded: ")
        assert said in failed
        assert "Thai" in lacking
        assert [path for path in home.rglob("*") if path.is_file()] == []

    def test_absent(self, store: Store, own_home: Path, caplog: pytest.LogCaptureFixture) -> None:
        store.files.clear()
        self.check(store, own_home, caplog, "HTTP 404")
        assert len(store.asked) == 1

    def test_no_font(self, store: Store, own_home: Path, caplog: pytest.LogCaptureFixture) -> None:
        store.files[f"{PLACE}th.ttf"] = b"<html>Please log in"
        self.check(store, own_home, caplog, "not a font")
        assert len(store.asked) == 1

    def test_too_large(
        self, store: Store, own_home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(download, "MAX_FONT_BYTES", 100)
        self.check(store, own_home, caplog, "more than")

    def test_broken_off(self, store: Store, own_home: Path, caplog: pytest.LogCaptureFixture) -> None:
        store.cut_at = 0
        self.check(store, own_home, caplog, "was interrupted")

    def test_an_unreachable_source(
        self, store: Store, own_home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            monkeypatch.setenv("OCRZOO_BOS_ENDPOINT", f"http://127.0.0.1:{free.getsockname()[1]}")
        self.check(store, own_home, caplog, "127.0.0.1")

    def test_a_silent_source_is_waited_for_once(
        self, store: Store, own_home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """However many fonts are lacking; the wait is that for a model's file."""
        for module in (transfer, retry):
            monkeypatch.setattr(module, "SILENCE_S", 1.0)
        store.silent = threading.Event()
        font_book().for_texts([THAI, "你好", "नमस्ते", "안녕"])
        assert len(store.asked) == 1
        assert len(caplog.records) == 2

    def test_a_home_that_cannot_be_written(
        self, store: Store, own_home: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        own_home.write_text("a file where the folder should be")
        assert (draw_thai() < 100).any()
        assert "could not be written" in caplog.records[0].getMessage()


def test_errors_have_their_kinds(store: Store, tmp_path: Path) -> None:
    settings = Settings.from_environment({"OCRZOO_BOS_ENDPOINT": store.endpoint, "OCRZOO_HOME": str(tmp_path)})
    with pytest.raises(SourceError, match="404"):
        download_font("no.ttf", settings)
    store.files[f"{PLACE}th.ttf"] = b"no font"
    with pytest.raises(IntegrityError, match=r"th\.ttf"):
        download_font("th.ttf", settings)


def test_a_book_without_downloads_requests_nothing(tmp_path: Path) -> None:
    assert FontBook(None, [(str(tmp_path),)]).for_texts([THAI]).any(THAI) is None
