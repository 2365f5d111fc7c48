"""The files of a catalog: what they say of cards, and that nothing of a card becomes markup."""

from __future__ import annotations

import hashlib
import re
import sys
from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.core.catalog.conftest import ZooOf
from tests.registry.kit import offer_card, tree

from ocrzoo.catalog.build import SITE, build
from ocrzoo.serving.page import FOLDER as PAGE
from ocrzoo.theme import FOLDER
from ocrzoo_registry.cards.loader import build_card
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.plugins.registrations import Origin
from ocrzoo_registry.zoo import Zoo

INJECTED = "</script><script>hacked=1</script><img src=x onerror=hacked=1>\"' onclick=hacked=1 x='"


class Elements(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def values(self, attribute: str) -> list[str]:
        return [str(attributes[attribute]) for _, attributes in self.found if attribute in attributes]


def words(page: Path) -> str:
    """The text of a page, without markup."""
    import html

    text = re.sub(r"<script>.*?</script>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def recognizer(folder: Path, charset: str, **changes: object) -> ModelCard:
    """A synthetic card of a recognition model whose charset has these entries, separated by spaces."""
    (folder / "own.txt").write_text("\n".join(charset.split(" ")), encoding="utf-8")
    data: dict[str, object] = {
        "name": "seaside_rec",
        "task": "text_recognition",
        "charset": "own.txt",
        "languages": ["en"],
    }
    data |= {"scripts": ["Latn"], "inference": {"predictor": "text_recognition"}}
    return offer_card(folder, **{**data, **changes})


class TestOfficialModels:
    """Every card has a page."""

    def test_all_are_listed_and_have_a_page(self, official: Path, zoo: Zoo) -> None:
        links = Elements(official / "index.html").values("href")
        for card in zoo.models:
            assert f"models/{card.name}.html" in links
            assert (official / "models" / f"{card.name}.html").is_file()

    def test_every_link_inside_leads_to_a_file(self, official: Path) -> None:
        for page in official.rglob("*.html"):
            for link in Elements(page).values("href"):
                if not link.startswith(("https://", "#")):
                    assert (page.parent / link.partition("#")[0]).is_file(), f"{page.name}: {link}"

    def test_nothing_is_loaded_from_elsewhere(self, official: Path) -> None:
        for page in official.rglob("*.html"):
            elements = Elements(page)
            assert elements.values("src") == []
            loaded = [a["href"] for tag, a in elements.found if tag == "link"]
            assert {Path(str(one)).name for one in loaded} == {"theme.css", "style.css", "icon.svg"}
        assert not any("url(" in style.read_text(encoding="utf-8") for style in official.glob("*.css"))

    def test_a_page_has_the_facts_of_the_card(self, official: Path) -> None:
        text = words(official / "models" / "PP-OCRv5_mobile_rec.html")
        for fact in (
            "16 MB",
            "Apache-2.0",
            "Japanese (ja) lacks 2 of 2311 letters",
            "81.29 %",
            "21.2",
            "Charset: 18383 entries",
            "5825fc7ebf84ae7a412be049820b4d86d77620f204a041697b0494669b1742c5",
            "ocrzoo ocr page.png --text_recognition_model_name PP-OCRv5_mobile_rec",
            'ocrzoo.create_model("PP-OCRv5_mobile_rec")',
            'ocrzoo.create_pipeline(text_recognition_model_name="PP-OCRv5_mobile_rec")',
        ):
            assert fact in text
        links = Elements(official / "models" / "PP-OCRv5_mobile_rec.html").values("href")
        assert "https://huggingface.co/PaddlePaddle/PP-OCRv5_mobile_rec_onnx" in links

    def test_the_matrix_says_which_letters_are_missing(self, official: Path) -> None:
        text = words(official / "languages.html")
        assert "latin_PP-OCRv3_mobile_rec: lacks 102 of 178 letters" in text
        assert "Danish (da) latin_PP-OCRv3_mobile_rec 2 of 58 Æ Ø" in text

    def test_figures_of_different_data_sets_share_no_chart(self, official: Path) -> None:
        page = (official / "accuracy.html").read_text(encoding="utf-8")
        chart = next(one for one in page.split("<article>") if "Weighted line accuracy" in one)
        assert set(re.findall(r'models/([^"]+)\.html', chart)) == {
            *("PP-OCRv5_mobile_rec", "PP-OCRv5_server_rec"),
            *("PP-OCRv6_tiny_rec", "PP-OCRv6_small_rec", "PP-OCRv6_medium_rec"),
        }

    def test_two_builds_are_the_same_bytes(self, official: Path, zoo: Zoo, tmp_path: Path) -> None:
        build(zoo, tmp_path / "again", samples=False)
        contents = [
            {path: content for path, (content, _) in tree(one).items()} for one in (official, tmp_path / "again")
        ]
        assert contents[0] == contents[1]


def test_the_catalog_and_the_server_have_one_theme() -> None:
    """What it names, a color or a font, neither style names again."""
    theme, *styles = (
        set(re.findall(r"(--[\w-]+):", path.read_text(encoding="utf-8")))
        for path in (FOLDER / "theme.css", SITE / "style.css", PAGE / "style.css")
    )
    assert len(theme) > 10
    assert [theme & style for style in styles] == [set(), set()]


class TestStrangers:
    """Cards of others are text, whatever they say."""

    @pytest.fixture
    def site(self, zoo_of: ZooOf, tmp_path: Path) -> Path:
        (tmp_path / "cards").mkdir()
        hostile = recognizer(
            tmp_path / "cards",
            f"a b {INJECTED.replace(' ', '_')} \x85",
            summary=INJECTED,
            license=INJECTED,
            version=INJECTED,
            tags=[INJECTED, "\x00\x1b[31m"],
            metrics=[
                {
                    "name": "accuracy",
                    "value": 1.0,
                    "unit": "ratio",
                    "dataset": INJECTED,
                    "source": "javascript:hacked=1",
                }
            ],
            latency=[{"device": "cpu", "mode": "normal", "ms": 1.0, "environment": INJECTED}],
            links={"homepage": "http://example.org/"},
            sources={"elsewhere": {"onnx": {"url": "javascript:hacked=1", INJECTED: [INJECTED, {INJECTED: 1}]}}},
        )
        build(zoo_of(hostile, origin=Origin(INJECTED, INJECTED, INJECTED)), tmp_path / "site", samples=False)
        return tmp_path / "site"

    def test_no_markup_comes_from_a_card(self, site: Path) -> None:
        for page in site.rglob("*.html"):
            elements = Elements(page)
            own = 1 if page.name in {"index.html", "languages.html"} else 0
            assert [tag for tag, _ in elements.found].count("script") == own
            assert "img" not in {tag for tag, _ in elements.found}
            assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)

    def test_only_https_is_linked(self, site: Path) -> None:
        page = site / "models" / "seaside_rec.html"
        links = Elements(page).values("href")
        assert all(re.match(r"https://|\.\./|#|[\w.]+\.html", link) for link in links)
        assert "http://example.org/" in words(page)
        assert "javascript:hacked=1" in words(page)

    def test_the_text_is_there_as_it_was_written(self, site: Path) -> None:
        assert INJECTED in words(site / "models" / "seaside_rec.html")

    def test_characters_that_html_forbids_are_replaced(self, site: Path) -> None:
        for page in site.rglob("*.html"):
            assert not re.search("[\0-\b\x0b\f\x0e-\x1f\x7f-\x9f]", page.read_text(encoding="utf-8"))

    def test_a_policy_names_the_only_script(self, site: Path) -> None:
        script = (SITE / "index.js").read_bytes()
        digest = b64encode(hashlib.sha256(script).digest()).decode()
        (policy,) = [one for one in Elements(site / "index.html").values("content") if "default-src" in one]
        assert f"script-src 'sha256-{digest}'" in policy
        (policy,) = [one for one in Elements(site / "accuracy.html").values("content") if "default-src" in one]
        assert "script-src 'none'" in policy


class TestOddCards:
    """What a card may lack or have too much of."""

    def test_a_minimal_card(self, zoo_of: ZooOf, tmp_path: Path) -> None:
        build(zoo_of(offer_card()), tmp_path / "site")
        text = words(tmp_path / "site" / "models" / "seaside_det.html")
        assert "Size not stated" in text
        assert "The card names none: folders and mirrors may have it." in text
        assert "--text_detection_model_name seaside_det" in text
        assert "seaside (ocrzoo-seaside 1.0)" in text

    def test_a_task_of_a_plugin(self, zoo_of: ZooOf, tmp_path: Path) -> None:
        card = offer_card(name="shells", task="shell_counting", inference={"predictor": "shells"})
        build(zoo_of(card), tmp_path / "site")
        text = words(tmp_path / "site" / "models" / "shells.html")
        assert "Shell counting" in text
        assert "ocrzoo models pull shells" in text
        assert "create_pipeline" not in text

    def test_a_deprecated_model_leads_to_its_successor(self, zoo_of: ZooOf, tmp_path: Path) -> None:
        old = offer_card(name="old_det", deprecated_by="seaside_det")
        build(zoo_of(old, offer_card()), tmp_path / "site")
        page = tmp_path / "site" / "models" / "old_det.html"
        assert "Deprecated. Use seaside_det instead." in words(page).replace(" instead .", " instead.")
        assert "seaside_det.html" in Elements(page).values("href")

    def test_a_charset_that_cannot_be_read(self, zoo_of: ZooOf, tmp_path: Path) -> None:
        card = recognizer(tmp_path, "a b")
        (tmp_path / "own.txt").write_bytes(b"\xff\xfe\xff")
        build(zoo_of(card), tmp_path / "site")
        text = words(tmp_path / "site" / "models" / "seaside_rec.html")
        assert "Its charset cannot be read" in text
        assert "English (en) charset unreadable" in text
        assert str(tmp_path) not in "".join(page.read_text(encoding="utf-8") for page in tmp_path.rglob("*.html"))

    def test_a_language_without_all_its_letters(self, zoo_of: ZooOf, tmp_path: Path) -> None:
        build(zoo_of(recognizer(tmp_path, "a b c", languages=["en"])), tmp_path / "site", samples=False)
        assert "English (en) lacks 49 of 52 letters" in words(tmp_path / "site" / "models" / "seaside_rec.html")

    def test_a_language_that_nobody_knows(self, zoo_of: ZooOf, tmp_path: Path) -> None:
        """A card may claim any tag that has the form of one: it costs no page."""
        report = build(zoo_of(recognizer(tmp_path, "a b", languages=["xx"])), tmp_path / "site", samples=False)
        assert "xx" not in report.unread_languages
        assert "xx letters not known" in words(tmp_path / "site" / "models" / "seaside_rec.html")

    def test_no_model_at_all(self, zoo_of: ZooOf, tmp_path: Path) -> None:
        report = build(zoo_of(), tmp_path / "site")
        assert (report.models, report.pages) == (0, 3)
        assert "No model has a published figure" in words(tmp_path / "site" / "accuracy.html")

    def test_every_official_card_as_data_is_a_card_again(self, official: Path, zoo: Zoo) -> None:
        import html
        import json

        page = (official / "models" / "UVDoc.html").read_text(encoding="utf-8")
        written = re.search(r"<pre[^>]*>(.*)</pre>", page, re.DOTALL)
        assert written is not None
        data = json.loads(html.unescape(written[1]))
        assert build_card(data, origin="the page") == zoo.models.get("UVDoc")


def test_without_jinja2_the_extra_is_named(zoo_of: ZooOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(UsageError, match=re.escape("pip install 'ocrzoo[catalog]'")):
        build(zoo_of(), tmp_path / "site")
    assert list(tmp_path.iterdir()) == []
