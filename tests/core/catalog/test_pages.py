"""The pages in Debian's Chromium, opened as files: search, filters, order, links to a view, print, accessibility."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.browser import NEEDS_CHROMIUM, OVERFLOW
from tests.core.catalog.conftest import ZooOf
from tests.core.catalog.test_build import INJECTED, recognizer
from tests.registry.kit import offer_card
from tests.thorough import cases

from ocrzoo.catalog.build import build
from ocrzoo_registry.zoo import Zoo

pytestmark = [pytest.mark.slow, NEEDS_CHROMIUM]

PAGES = (
    "index.html",
    "languages.html",
    "languages.html#view=models",
    "accuracy.html",
    "models/PP-OCRv5_mobile_rec.html",
    "models/latin_PP-OCRv3_mobile_rec.html",
    "models/UVDoc.html",
)
ALWAYS = ("index.html", "models/PP-OCRv5_mobile_rec.html")
FEW = ("PP-OCRv5_mobile_rec", "PP-OCRv5_server_rec", "latin_PP-OCRv3_mobile_rec", "ta_PP-OCRv3_mobile_rec", "UVDoc")
Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def few(zoo_of: ZooOf, zoo: Zoo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog of a few models: the rules of accessibility take minutes for the whole one."""
    folder = tmp_path_factory.mktemp("few") / "site"
    cards = [zoo.models.get(name) for name in FEW]
    build(zoo_of(*cards, offer_card(name="old_det", deprecated_by="UVDoc")), folder, samples=False)
    return folder


@pytest.fixture
def opened(official: Path, browser: Browser) -> Iterator[Opener]:
    """Opens a page of a folder; afterwards, nothing but files of it may have been asked for, or gone wrong."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_page(name: str, folder: Path = official, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        own = (folder.as_uri() + "/", "data:")
        page.on("request", lambda asked: None if asked.url.startswith(own) else faults.append(f"asked: {asked.url}"))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text))
        page.goto(f"{folder.as_uri()}/{name}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def listed(page: Page) -> list[str]:
    """The names of the models that the index shows."""
    return page.locator("#models tbody th a").all_inner_texts()


def violations(page: Page, **options: Any) -> list[str]:
    """The rules of accessibility that a page breaks, and where."""
    found = Axe().run(page, options={"preload": False, **options}).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


class TestIndex:
    """Finding a model."""

    def test_search_takes_parts_of_words_in_any_order(self, opened: Opener) -> None:
        page = opened("index.html")
        page.get_by_label("Search").fill("MOBILE korean")
        assert listed(page) == ["korean_PP-OCRv3_mobile_rec", "korean_PP-OCRv5_mobile_rec"]
        expect(page.get_by_role("status")).to_have_text("2 of 49 models")

    def test_search_finds_languages_without_their_accents(self, opened: Opener) -> None:
        page = opened("index.html")
        page.get_by_label("Search").fill("maori pp-ocrv5")
        assert listed(page) == ["latin_PP-OCRv5_mobile_rec"]

    def test_filters_are_combined(self, opened: Opener) -> None:
        page = opened("index.html")
        page.get_by_label("Task").select_option("text_detection")
        page.get_by_label("Family").select_option("ppocrv4")
        assert listed(page) == ["PP-OCRv4_mobile_det", "PP-OCRv4_server_det"]
        page.get_by_label("At most, MB").fill("4.7")
        assert listed(page) == ["PP-OCRv4_mobile_det"]

    def test_a_language_is_matched_by_claims(self, opened: Opener) -> None:
        page = opened("index.html")
        page.get_by_label("Language").select_option(label="Thai (th)")
        assert listed(page) == ["th_PP-OCRv5_mobile_rec"]

    def test_nothing_found_is_said(self, opened: Opener) -> None:
        page = opened("index.html")
        page.get_by_label("Search").fill("no such model")
        expect(page.get_by_role("status")).to_contain_text("nothing matches")

    def test_order_by_size_and_back(self, opened: Opener) -> None:
        page = opened("index.html")
        page.get_by_role("button", name="MB").click()
        sizes = [float(text) for text in page.locator("#models tbody td:nth-child(4)").all_inner_texts() if text]
        assert sizes == sorted(sizes)
        expect(page.locator("th[data-key=size]")).to_have_attribute("aria-sort", "ascending")
        page.get_by_role("button", name="MB").click()
        falling = page.locator("#models tbody td:nth-child(4)").all_inner_texts()
        known = [float(text) for text in falling if text]
        assert known == sizes[::-1]
        assert falling[len(known) :] == [""] * (len(falling) - len(known)), "what is not known comes last"

    def test_a_view_can_be_linked(self, opened: Opener) -> None:
        page = opened("index.html")
        page.get_by_label("Search").fill("mobile")
        page.get_by_label("Script").select_option("Cyrl")
        page.get_by_role("button", name="Model", exact=True).click()
        page.get_by_role("button", name="Model", exact=True).click()
        address = page.url
        assert address.endswith("#q=mobile&script=Cyrl&sort=-name")
        other = opened(address.rpartition("/")[2])
        assert listed(other) == listed(page)
        assert other.get_by_label("Search").input_value() == "mobile"
        assert listed(other)[0] == "eslav_PP-OCRv5_mobile_rec"

    def test_a_fragment_of_a_stranger_is_only_text(self, opened: Opener) -> None:
        page = opened("index.html#task=%3Cimg%20src=x%20onerror=hacked=1%3E&sort=constructor&size=x&q=")
        assert len(listed(page)) == 49
        assert page.get_by_label("Task").input_value() == ""

    def test_reset_shows_all_again(self, opened: Opener) -> None:
        page = opened("index.html#q=korean&sort=size")
        page.get_by_role("button", name="Reset").click()
        expect(page.get_by_role("status")).to_have_text("49 models")
        assert "#" not in page.url

    def test_by_keyboard_alone(self, opened: Opener) -> None:
        page = opened("index.html")
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type("UVDoc")
        assert listed(page) == ["UVDoc"]
        page.locator("#models tbody a").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("UVDoc")

    def test_without_scripts_all_models_are_there(self, opened: Opener) -> None:
        page = opened("index.html", java_script_enabled=False)
        assert len(listed(page)) == 49
        expect(page.get_by_label("Search")).to_be_hidden()

    def test_many_models_are_shown_in_parts(self, opened: Opener, zoo_of: ZooOf, tmp_path: Path) -> None:
        build(zoo_of(*(offer_card(name=f"shell_{number}") for number in range(450))), tmp_path / "site")
        page = opened("index.html", tmp_path / "site")
        assert len(listed(page)) == 200
        page.get_by_role("button", name="Show all 450").click()
        assert listed(page)[-1] == "shell_449"
        expect(page.get_by_text("shell_449")).to_be_visible()
        page = opened("index.html", tmp_path / "site", java_script_enabled=False)
        expect(page.get_by_text("shell_449")).to_be_visible()


class TestLanguages:
    """The matrix."""

    def test_columns_of_models(self, opened: Opener) -> None:
        page = opened("languages.html")
        expect(page.get_by_role("region", name="Languages by family of models")).to_be_visible()
        page.get_by_label("Columns").select_option("Models")
        expect(page.get_by_role("region", name="Languages by family of models")).to_be_hidden()
        page.get_by_label("Search").fill("vietnamese")
        row = page.locator("#models tbody tr:visible")
        expect(row).to_have_count(1)
        expect(row.locator("td.partial").first).to_contain_text("letters")
        assert page.url.endswith("#q=vietnamese&view=models")

    def test_only_where_letters_are_missing(self, opened: Opener) -> None:
        page = opened("languages.html#missing=1")
        shown = page.locator("#families tbody tr:visible")
        assert 0 < shown.count() < 109
        assert shown.count() == page.locator("#families tbody tr:visible:has(.partial, .none)").count()

    def test_a_language_leads_to_its_models(self, opened: Opener) -> None:
        page = opened("languages.html")
        page.locator("#families").get_by_role("link", name="Tamil").click()
        expect(page.get_by_role("status")).to_have_text("2 of 49 models")


@pytest.mark.thorough
class TestEveryPage:
    """What all pages have in common."""

    @pytest.mark.parametrize("name", cases([*PAGES, "models/old_det.html"], *ALWAYS))
    def test_no_barriers(self, opened: Opener, few: Path, name: str) -> None:
        page = opened(name, few)
        for fold in page.locator("details").all():
            fold.evaluate("fold => fold.open = !fold.querySelector('.charset')")
        page.evaluate("document.querySelectorAll('.matrix tbody tr:nth-child(n + 12)').forEach(row => row.remove())")
        assert violations(page) == []
        page.emulate_media(color_scheme="dark")
        assert violations(page, runOnly=["color-contrast"]) == []

    @pytest.mark.parametrize("name", cases(PAGES, *ALWAYS))
    def test_narrow_screens_do_not_scroll_sideways(self, opened: Opener, name: str) -> None:
        page = opened(name, viewport={"width": 360, "height": 640})
        assert not page.evaluate(OVERFLOW)

    @pytest.mark.parametrize("name", ["index.html", "languages.html", "models/PP-OCRv5_mobile_rec.html"])
    def test_print(self, opened: Opener, name: str, tmp_path: Path) -> None:
        page = opened(name, color_scheme="dark")
        page.pdf(path=tmp_path / "page.pdf", format="A4", print_background=True)
        with pypdfium2.PdfDocument(tmp_path / "page.pdf") as document:
            text = "\n".join(one.get_textpage().get_text_range() for one in document)
            first = document[0].render().to_numpy()
        assert page.get_by_role("heading", level=1).inner_text() in text
        assert "Search" not in text
        assert first.mean() > 200, "ink on white paper, in dark mode too"

    def test_a_chart_has_a_name_a_description_and_a_table(self, opened: Opener) -> None:
        page = opened("accuracy.html")
        chart = page.get_by_role("img", name="Weighted line accuracy, % against size, MB")
        expect(chart).to_be_visible()
        page.get_by_text("The figures as a table").first.click()
        expect(page.get_by_role("row", name="PP-OCRv6_medium_rec").first).to_be_visible()
        for circle in page.locator("svg").first.locator("circle").all():
            assert 0 < float(circle.get_attribute("cx") or 0) < 440

    def test_scripts_in_cards_do_not_run(self, opened: Opener, zoo_of: ZooOf, tmp_path: Path) -> None:
        card = recognizer(tmp_path, INJECTED.replace(" ", "_"), summary=INJECTED, license=INJECTED, tags=[INJECTED])
        build(zoo_of(card), tmp_path / "site", samples=False)
        for name in ("index.html", "languages.html", "accuracy.html", "models/seaside_rec.html"):
            page = opened(name, tmp_path / "site")
            assert page.evaluate("typeof hacked") == "undefined"
            assert page.locator("img").count() == 0
