"""The page of ``ocrzoo review``, in Debian's Chromium, served by the command."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from tests.browser import NEEDS_CHROMIUM, OVERFLOW
from tests.core.review.kit import DOUBTFUL, decisions, recorded, reviewing, saved

pytestmark = [pytest.mark.slow, NEEDS_CHROMIUM]
READ = recorded()["rec_texts"]

Opener = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """Opens an address in a window of its own; afterwards, nothing may have gone wrong or been asked of others."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(url: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda one: None if one.url.startswith(url) else faults.append(f"asked: {one.url}"))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda one: (
                faults.append(one.text) if one.type in {"error", "warning"} and "net::ERR" not in one.text else None
            ),
        )
        page.goto(url)
        rows(page).first.wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "review"


@pytest.fixture
def page(opened: Opener, folder: Path, tmp_path: Path) -> Iterator[Page]:
    """The sample page in review."""
    with reviewing(saved(tmp_path), "--out", folder) as review:
        yield opened(review.url)


def rows(page: Page) -> Locator:
    return page.locator("#lines > li")


def fields(page: Page) -> Locator:
    return page.get_by_role("textbox")


def until_written(folder: Path, count: int) -> list[dict[str, Any]]:
    """Wait until so many decisions are in the file."""
    from tests.core.serving.running import until

    until(lambda: len(decisions(folder)) >= count)
    return decisions(folder)


def test_a_review_goes_on_after_the_process_was_killed(opened: Opener, folder: Path, tmp_path: Path) -> None:
    result = saved(tmp_path)
    with reviewing(result, "--out", folder) as review:
        page = opened(review.url)
        expect(rows(page)).to_have_count(9)
        expect(fields(page).first).to_be_focused()
        expect(fields(page).first).to_have_value(READ[DOUBTFUL])

        page.keyboard.press("Alt+1")  # takes an alternative
        expect(fields(page).nth(1)).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.type("Corrected by hand")
        page.keyboard.press("Enter")
        page.keyboard.press("Alt+n")
        page.keyboard.press("Enter")  # as it was read
        expect(fields(page).nth(4)).to_be_focused()
        until_written(folder, 4)
        review.kill()

    with reviewing(result, "--out", folder) as again:
        assert "9 lines, 4 of them decided" in again.said[-1]
        page = opened(again.url)
        expect(page.locator("#count")).to_have_text("4 of 9 lines")
        expect(fields(page).nth(4)).to_be_focused()
        verdicts = [rows(page).nth(number).get_attribute("data-verdict") for number in range(5)]
        assert verdicts == ["corrected", "corrected", "rejected", "accepted", "open"]
        expect(fields(page).first).to_have_value("<b>first</b> & other")
        expect(fields(page).nth(1)).to_have_value("Corrected by hand")
        expect(page.get_by_role("status")).to_have_text("4 of 9 lines were decided before.")
        for number in range(5, 10):
            page.keyboard.press("Enter")
            until_written(folder, number)
        expect(page.locator("#done")).to_contain_text(f"ocrzoo dataset build {folder} --out DATASET")
    assert len(decisions(folder)) == 9
    assert {one["line"] for one in decisions(folder)} == {*range(9)}


class TestDeciding:
    def test_alternatives_are_buttons_and_texts_are_no_html(self, page: Page, folder: Path) -> None:
        button = rows(page).first.get_by_role("button", name="Alternative 1")
        expect(button).to_contain_text("<b>first</b> & other")
        assert page.locator("#lines b").count() == 0
        button.click()
        (made,) = until_written(folder, 1)
        assert (made["text"], made["verdict"]) == ("<b>first</b> & other", "corrected")

    def test_doubtful_characters_are_marked(self, page: Page) -> None:
        expect(rows(page).first.locator("mark")).to_have_text(READ[DOUBTFUL][2])
        assert rows(page).nth(1).locator("mark").count() == 0

    def test_what_is_typed_replaces_the_first_doubtful_characters(self, page: Page, folder: Path) -> None:
        page.keyboard.type("XY")
        page.keyboard.press("Enter")
        read = READ[DOUBTFUL]
        assert until_written(folder, 1)[0]["text"] == f"{read[:2]}XY{read[3:]}"
        page.keyboard.type("!")  # without one, at the end
        page.keyboard.press("Enter")
        assert until_written(folder, 2)[1]["text"].endswith("!")

    def test_escape_restores_what_was_read(self, page: Page, folder: Path) -> None:
        fields(page).first.fill("Something else")
        page.keyboard.press("Escape")
        expect(fields(page).first).to_have_value(READ[DOUBTFUL])
        page.keyboard.press("Enter")
        assert until_written(folder, 1)[0]["verdict"] == "accepted"

    def test_a_line_that_is_emptied_has_no_text(self, page: Page, folder: Path) -> None:
        fields(page).first.fill("  ")
        page.keyboard.press("Enter")
        assert until_written(folder, 1)[0]["verdict"] == "rejected"
        expect(rows(page).first).to_have_attribute("data-verdict", "rejected")

    def test_undo_opens_the_last_line_again(self, page: Page, folder: Path) -> None:
        expect(page.get_by_role("button", name="Undo")).to_be_disabled()
        fields(page).first.fill("Wrong")
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        page.keyboard.press("Alt+z")
        expect(fields(page).nth(1)).to_be_focused()
        page.get_by_role("button", name="Undo").click()
        expect(fields(page).first).to_be_focused()
        expect(fields(page).first).to_have_value(READ[DOUBTFUL])
        expect(page.locator("#count")).to_have_text("0 of 9 lines")
        assert [one["verdict"] for one in until_written(folder, 4)] == ["corrected", "accepted", "undone", "undone"]

    def test_a_decided_line_may_be_decided_again(self, page: Page, folder: Path) -> None:
        page.keyboard.press("Enter")
        page.keyboard.press("Shift+Enter")
        expect(fields(page).first).to_be_focused()
        page.keyboard.press("Control+a")
        page.keyboard.type("Now right")
        page.keyboard.press("Enter")
        expect(fields(page).nth(1)).to_be_focused()
        assert [one["text"] for one in until_written(folder, 2)] == [READ[DOUBTFUL], "Now right"]
        expect(page.locator("#count")).to_have_text("1 of 9 lines")

    def test_lines_that_are_pasted_become_one(self, page: Page, folder: Path) -> None:
        fields(page).first.fill("two\n lines")
        page.keyboard.press("Enter")
        assert until_written(folder, 1)[0]["text"] == "two lines"

    def test_what_was_not_saved_is_said(self, page: Page, folder: Path) -> None:
        page.route("**/decisions", lambda route: route.abort())
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("Line 1 was not saved: the command does not answer")
        page.unroute("**/decisions")
        page.get_by_role("button", name="Try again").click()
        until_written(folder, 1)
        expect(page.get_by_role("alert")).to_be_empty()


class TestPictures:
    def test_each_line_has_its_picture_enlarged(self, page: Page) -> None:
        picture = rows(page).first.locator("img")
        expect(picture).to_have_js_property("complete", True)
        natural = picture.evaluate("(picture) => [picture.naturalWidth, picture.naturalHeight]")
        assert natural[0] > natural[1] > 10
        box = picture.bounding_box()
        assert box is not None
        assert box["height"] > natural[1]

    def test_directions(self, opened: Opener, folder: Path, tmp_path: Path) -> None:
        """Right-to-left text in its field; a column of letters as it is on the page, beside its field."""
        texts, quads = ["\u0633\u0644\u0627\u0645 (2026)", "\u5409\u66fe\u306f\u732b"], recorded()["rec_polys"]
        tall = [[900, 50], [930, 50], [930, 300], [900, 300]]
        keys: dict[str, Any] = {
            "rec_texts": texts,
            "rec_scores": [0.8, 0.9],
            "rec_polys": [quads[0], tall],
            "dt_polys": [quads[0], tall],
        }
        others: dict[str, Any] = dict.fromkeys(("rec_chars", "rec_alternatives", "reading_order"), ...)
        with reviewing(saved(tmp_path, **keys, **others), "--out", folder) as review:
            page = opened(review.url)
            expect(fields(page).first).to_have_attribute("dir", "rtl")
            expect(fields(page).nth(1)).to_have_attribute("dir", "auto")
            picture = rows(page).nth(1).locator("img").bounding_box()
            field = fields(page).nth(1).bounding_box()
            assert picture is not None
            assert field is not None
            assert picture["height"] > 2 * picture["width"]
            assert field["x"] > picture["x"]


def many(folder: Path, count: int) -> Path:
    """Return the result of a page with so many lines, two of which are as long as it is wide."""
    height = 24 * count
    sheet = np.full((height, 6_000, 3), 255, np.uint8)
    for number in range(count):
        cv2.putText(sheet, str(number), (4, 24 * number + 18), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0))
    cv2.imwrite(str(folder / "many.png"), sheet)
    quads = [
        [[0, 24 * number], [width, 24 * number], [width, 24 * number + 23], [0, 24 * number + 23]]
        for number in range(count)
        for width in [6_000 if number < 2 else 120]
    ]
    texts = ["a very long line " * 40 if number < 2 else f"line {number}" for number in range(count)]
    scores = [0.1 + 0.8 * number / count for number in range(count)]
    keys: dict[str, Any] = {
        "input_path": str(folder / "many.png"),
        "rec_texts": texts,
        "rec_scores": scores,
        "rec_polys": quads,
        "dt_polys": quads,
    }
    others: dict[str, Any] = dict.fromkeys(("rec_chars", "rec_alternatives", "reading_order"), ...)
    return saved(folder, file="many.json", **keys, **others)


def test_a_thousand_lines_with_long_ones(opened: Opener, folder: Path, tmp_path: Path) -> None:
    with reviewing(many(tmp_path, 1000), "--out", folder) as review:
        page = opened(review.url)
        expect(page.locator("#count")).to_have_text("0 of 1000 lines")
        assert not page.evaluate(OVERFLOW)
        assert rows(page).count() < 200
        long = rows(page).first.locator(".picture")
        assert long.evaluate("(box) => box.scrollWidth > box.clientWidth")
        for number in range(1, 61):  # further than what is laid out at first
            page.keyboard.press("Enter")
            expect(fields(page).nth(number)).to_be_focused()
        until_written(folder, 60)
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        expect(rows(page).nth(100)).to_be_attached()


class TestForEverybody:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize("width", [390, 1280])
    def test_axe(self, opened: Opener, folder: Path, tmp_path: Path, scheme: str, width: int) -> None:
        """Names, roles, contrast, sizes, landmarks and more: the rules of axe-core."""
        with reviewing(saved(tmp_path), "--out", folder) as review:
            page = opened(review.url, color_scheme=scheme, viewport={"width": width, "height": 800})
            axe = Axe()

            def violations() -> list[str]:
                found = axe.run(page).response["violations"]
                return [
                    f"{one['id']}: {node['html']}: {node['failureSummary']}" for one in found for node in one["nodes"]
                ]

            assert violations() == []
            page.keyboard.press("Enter")
            page.keyboard.press("Alt+n")
            page.route("**/decisions", lambda route: route.abort())
            page.keyboard.press("Enter")
            expect(page.get_by_role("alert")).to_contain_text("was not saved")
            assert violations() == []

    @pytest.mark.parametrize("width", [320, 768])
    def test_narrow(self, opened: Opener, folder: Path, tmp_path: Path, width: int) -> None:
        with reviewing(saved(tmp_path, "photograph.jpg"), "--out", folder) as review:
            page = opened(review.url, viewport={"width": width, "height": 700}, has_touch=True)
            assert not page.evaluate(OVERFLOW)
            page.keyboard.press("Enter")
            expect(fields(page).nth(1)).to_be_in_viewport()


def test_another_site_gets_nothing(opened: Opener, page: Page, folder: Path) -> None:
    """A page that guesses the port, and even knows the token, is refused by the server."""
    elsewhere = page.context.new_page()
    elsewhere.route(
        "http://elsewhere.example/", lambda route: route.fulfill(body="<p>elsewhere", content_type="text/html")
    )
    elsewhere.goto("http://elsewhere.example/")
    answered = elsewhere.evaluate(
        "(url) => fetch(url, {method: 'POST', mode: 'no-cors', body: JSON.stringify({line: 0, text: null})})"
        ".then(() => 'sent', (error) => String(error))",
        f"{page.url}decisions",
    )
    assert re.match("sent|TypeError", answered)
    assert decisions(folder) == []


def test_the_address_without_its_token_says_what_to_do(page: Page, browser: Browser) -> None:
    bare = browser.new_page()
    response = bare.goto(page.url.rsplit("/", 2)[0] + "/")
    assert response is not None
    assert response.status == 403
    expect(bare.locator("body")).to_contain_text("open the address that 'ocrzoo review' printed")
    bare.close()
