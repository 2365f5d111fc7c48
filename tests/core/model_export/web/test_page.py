"""What a visitor of the exported page sees and does, and what the page asks of whom."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.browser import CARRIED, OVERFLOW
from tests.core.model_export.web.conftest import READ_MS, SMALL, USER, Made, Opener, WithPassword, choose, read
from tests.registry.mirror.serving.web_servers import run_serve

from ocrzoo.cli import main

pytestmark = [pytest.mark.weights, pytest.mark.slow]

DATA = Path(__file__).parents[3] / "data" / "pages"
TINY, ROTATED, EMPTY = DATA / "tiny.png", DATA / "rotated.png", DATA / "no_text.png"
CANNOT_OPEN = "The browser cannot open this file: choose a PNG, JPEG, WebP, AVIF, GIF or BMP picture."
CHOSEN_AT_ONCE = """(carried) => {
    window.shown = [];
    const sheet = document.getElementById("sheet");
    const note = () => {
        const size = sheet.firstElementChild?.getAttribute("viewBox");
        if (size && size !== window.shown.at(-1)) window.shown.push(size);
    };
    new MutationObserver(note).observe(sheet, { childList: true });
    for (const dataTransfer of carried) {
        document.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
    }
}"""
"""Drops several pictures; ``shown`` has the sizes of those that the page then shows, in pixels."""


def done(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-state", "done", timeout=READ_MS)


def fails(page: Page, message: str) -> None:
    expect(page.get_by_role("alert")).to_have_text(message, timeout=READ_MS)


def lines(page: Page) -> list[str]:
    return page.locator("#lines .content").all_inner_texts()


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html']}: {node['failureSummary']}" for one in found for node in one["nodes"]]


class TestReading:
    def test_picture_and_text(self, reader: Page) -> None:
        found = read(reader, ROTATED)
        expect(reader.get_by_role("status")).to_contain_text(
            re.compile(r"^4 lines, read in [\d.]+ s by WebAssembly, \d")
        )
        assert lines(reader) == [found["rec_texts"][index] for index in found["reading_order"]]
        expect(reader.get_by_text(f"Read with {' and '.join(SMALL)}.")).to_be_visible()
        boxes = reader.locator("#sheet polygon")
        expect(boxes).to_have_count(4)
        boxes.nth(2).click()
        expect(reader.locator("#lines button").nth(2)).to_be_focused()
        reader.keyboard.press("Tab")
        expect(boxes.nth(3)).to_have_class("current")
        expect(reader.locator("polygon.current")).to_have_count(1)

    @pytest.mark.parametrize("way", ["drop", "paste"])
    def test_drop_and_paste(self, reader: Page, way: str) -> None:
        read(reader, EMPTY)
        carried = reader.evaluate_handle(CARRIED, [base64.b64encode(TINY.read_bytes()).decode(), TINY.name])
        if way == "drop":
            reader.locator("body").dispatch_event("dragover", {"dataTransfer": carried})
            expect(reader.get_by_text("Drop to read")).to_be_visible()
            reader.locator("body").dispatch_event("drop", {"dataTransfer": carried})
        else:
            reader.evaluate(
                "(clipboardData) => document.body.dispatchEvent("
                "new ClipboardEvent('paste', { clipboardData, bubbles: true }))",
                carried,
            )
        expect(reader.get_by_role("heading", level=1)).to_have_text(TINY.name)
        done(reader)
        expect(reader.get_by_text("Drop to read")).to_be_hidden()
        assert len(lines(reader)) == 1

    def test_of_two_pictures_chosen_at_once_the_second_is_read(self, reader: Page) -> None:
        """Also where the first one is opened later, as a large one is."""
        pixels = np.random.default_rng(0).integers(0, 256, (3000, 3000, 3), np.uint8)
        large = cv2.imencode(".png", pixels)[1].tobytes()
        read(reader, EMPTY)
        carried = [
            reader.evaluate_handle(CARRIED, [base64.b64encode(content).decode(), name])
            for content, name in ((large, "large.png"), (TINY.read_bytes(), TINY.name))
        ]
        reader.evaluate(CHOSEN_AT_ONCE, carried)
        expect(reader.get_by_role("heading", level=1)).to_have_text(TINY.name)
        done(reader)
        height, width = cv2.imread(str(TINY)).shape[:2]
        assert reader.evaluate("shown") == [f"0 0 {width} {height}"]
        assert len(lines(reader)) == 1

    def test_no_text(self, reader: Page) -> None:
        assert read(reader, EMPTY)["rec_texts"] == []
        expect(reader.get_by_text("No text was found in this picture.")).to_be_visible()

    def test_no_picture(self, reader: Page) -> None:
        """What was wrong is said in one line, and the next picture is read."""
        choose(reader, {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"})
        fails(reader, CANNOT_OPEN)
        read(reader, TINY)
        expect(reader.get_by_role("alert")).to_be_empty()

    def test_cancel(self, opened: Opener, site: str) -> None:
        page = opened(site)
        page.context.route("**/*.onnx", lambda route: None)  # never answered, so that reading cannot end before
        choose(page, ROTATED)
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("body")).to_have_attribute("data-state", "empty")
        expect(page.get_by_role("status")).to_have_text("Cancelled.")
        expect(page.get_by_role("button", name="Choose a picture")).to_be_focused()

    def test_without_headers(self, opened: Opener, plain: Callable[[Path], str], exported: Made) -> None:
        """Python's own server, as in the manual: one thread."""
        page = opened(plain(exported.folder))
        read(page, TINY)
        expect(page.get_by_role("status")).to_contain_text("by WebAssembly, 1 thread.")

    def test_behind_a_password(self, opened: Opener, plain: Callable[..., str], exported: Made) -> None:
        """The page's own server is given what the visitor has entered, for the weights too."""
        page = opened(plain(exported.folder, WithPassword), faulty=True, http_credentials=USER)
        assert len(read(page, TINY)["rec_texts"]) == 1

    def test_opened_as_a_file_it_says_what_is_needed(self, browser: Browser, exported: Made, site: str) -> None:
        """No browser starts its scripts then."""
        with browser.new_context() as context:
            page = context.new_page()
            page.goto((exported.folder / "index.html").as_uri())
            said = page.get_by_text("This page has not started. Opened as a file, it cannot: serve its folder")
            expect(said).to_be_visible()
            page.goto(site)
            expect(page.get_by_role("button", name="Choose a picture")).to_be_visible()
            expect(said).to_have_count(0)


class TestWeights:
    def test_they_are_kept(self, reader: Page) -> None:
        """Once a picture was read, nothing is asked for the next ones; a later visit asks for no weights."""
        read(reader, EMPTY)
        asked: list[str] = []
        reader.context.on("request", lambda request: asked.append(request.url))
        choose(reader, {"name": "torn.png", "mimeType": "image/png", "buffer": TINY.read_bytes()[:40]})
        fails(reader, CANNOT_OPEN)
        read(reader, TINY)
        assert [url for url in asked if not url.startswith("blob:")] == []
        reader.reload()
        read(reader, TINY)
        assert any(url.endswith(".wasm") for url in asked)
        assert [url for url in asked if url.endswith(".onnx")] == []

    def test_other_weights_are_refused(self, opened: Opener, plain: Callable[[Path], str], copied: Made) -> None:
        network = copied.folder / "models" / "rec" / "inference.onnx"
        network.write_bytes(network.read_bytes()[:-1] + b"?")
        address = plain(copied.folder)
        page = opened(address)
        choose(page, TINY)
        fails(
            page,
            f"{address}/models/rec/inference.onnx is not the expected file: its SHA-256 differs. "
            "Export the page again, or repair the mirror.",
        )

    def test_missing_weights(self, opened: Opener, plain: Callable[[Path], str], copied: Made) -> None:
        (copied.folder / "models" / "det" / "inference.onnx").unlink()
        address = plain(copied.folder)
        page = opened(address, faulty=True)
        choose(page, TINY)
        fails(
            page,
            f"{address}/models/det/inference.onnx could not be loaded: HTTP status 404.",
        )

    def test_of_a_mirror(
        self, opened: Opener, make: Callable[..., Made], isolated: Callable[..., Any], tmp_path: Path
    ) -> None:
        """Across origins: the folder has no weights, and the mirror's are asked for by their digest."""
        assert main(["mirror", "build", str(tmp_path / "mirror"), *SMALL, "--formats", "onnx"]) == 0
        with (
            run_serve(tmp_path / "mirror") as (mirror, _),
            isolated((made := make(*SMALL, mirror=mirror)).folder) as site,
        ):
            assert not (made.folder / "models").exists()
            page = opened(site, mirror=mirror.rstrip("/"))
            asked: list[str] = []
            page.context.on("request", lambda request: asked.append(request.url))
            read(page, TINY)
            digests = [
                one["weights"]["sha256"]
                for one in json.loads((made.folder / "reader.json").read_text())["models"].values()
            ]
            assert [url for url in asked if url.startswith(mirror)] == [
                f"{mirror.rstrip('/')}/blobs/{one}" for one in digests
            ]


class TestPolicy:
    @pytest.mark.parametrize("where", ["the page", "its worker"])
    def test_nothing_can_be_sent(
        self, opened: Opener, site: str, plain: Callable[[Path], str], tmp_path: Path, where: str
    ) -> None:
        """The browser refuses to connect elsewhere, whatever script asks for it."""
        other = plain(tmp_path)
        page = opened(site, faulty=True)
        send = f"fetch('{other}/', {{mode: 'no-cors'}}).then(() => 'sent', () => 'refused')"
        if where == "its worker":
            read(page, TINY)
            worker = page.workers[0]  # the others are its threads
            assert worker.url.startswith("blob:")
            assert worker.evaluate(send) == "refused"
        else:
            assert page.evaluate(send) == "refused"


class TestAccessibility:
    def test_axe(self, reader: Page) -> None:
        """Names, roles, contrast, sizes, landmarks and more: the rules of axe-core."""
        read(reader, ROTATED)
        reader.locator("#lines button").first.focus()
        assert violations(reader) == []
        reader.emulate_media(color_scheme="dark")
        assert violations(reader) == []
        reader.set_viewport_size({"width": 320, "height": 640})
        assert violations(reader) == []
        assert not reader.evaluate(OVERFLOW)
        reader.emulate_media(color_scheme="light")
        reader.set_viewport_size({"width": 1280, "height": 800})

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_before_a_picture(self, opened: Opener, site: str, scheme: str) -> None:
        page = opened(site, color_scheme=scheme, viewport={"width": 320, "height": 640})
        assert violations(page) == []
        assert not page.evaluate(OVERFLOW)

    def test_keyboard(self, opened: Opener, site: str) -> None:
        page = opened(site)
        page.on("filechooser", lambda chooser: None)  # from the start: else it is told too late of a key
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Choose a picture")).to_be_focused()
        with page.expect_file_chooser(timeout=60_000):
            page.keyboard.press("Enter")
