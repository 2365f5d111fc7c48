"""Selection of models by language, and the reasons."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from tests.registry.kit import MakeResolver, Shelf, SitePackages, offer_card
from tests.registry.readers import Readers, letters_of, zoo_of

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import AmbiguousLanguage, ExitCode, UnknownLanguage, UsageError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo, select_models

DEFAULT = "PP-OCRv5_mobile_rec"
"""The OCR pipeline's."""


@pytest.fixture
def readers(tmp_path: Path) -> Readers:
    return Readers(tmp_path)


def chosen(zoo: Zoo, lang: str, default: str = "none") -> str:
    (reader,) = select_models(lang, zoo=zoo, default=default).require()
    return reader.name


class TestOfSeveral:
    """The preference among models that qualify."""

    def test_the_default_is_taken_where_it_claims_and_covers(self, settings: Settings, readers: Readers) -> None:
        better = readers.make("better", "en", "el", accuracy={"en": 99.0})
        zoo = zoo_of(settings, readers.make("default", "en", letters=letters_of("en", "el")), better)
        assert chosen(zoo, "en", "default") == "default"
        assert chosen(zoo, "el", "default") == "better"

    def test_the_default_is_passed_over_where_it_lacks_letters(self, settings: Settings, readers: Readers) -> None:
        zoo = zoo_of(settings, readers.make("default", "de", letters=letters_of("en")), readers.make("other", "de"))
        assert chosen(zoo, "de", "default") == "other"

    def test_the_highest_accuracy_for_that_very_language_wins(self, settings: Settings, readers: Readers) -> None:
        greek = readers.make("good_at_greek", "el", "ru", accuracy={"el": 90.0, "ru": 10.0})
        russian = readers.make("good_at_russian", "el", "ru", accuracy={"el": 10.0, "ru": 90.0})
        zoo = zoo_of(settings, greek, russian, readers.make("silent", "el", "ru"))
        assert chosen(zoo, "el") == "good_at_greek"
        assert chosen(zoo, "ru") == "good_at_russian"

    def test_a_newer_release_comes_before_a_figure_of_an_older_one(self, settings: Settings, readers: Readers) -> None:
        old = readers.make("old", "el", version="PP-OCRv9", accuracy={"el": 99.0})
        assert chosen(zoo_of(settings, old, readers.make("new", "el", version="PP-OCRv10")), "el") == "new"

    def test_weights_at_hand_come_before_a_higher_accuracy(self, settings: Settings, readers: Readers) -> None:
        bundled = {"directory": {"onnx": {"path": "weights"}}}
        far, near = readers.make("far", "el", accuracy={"el": 99.0}), readers.make("near", "el", sources=bundled)
        assert chosen(zoo_of(settings, far, near), "el") == "near"

    def test_installed_models_are_available(
        self, settings: Settings, readers: Readers, make_resolver: MakeResolver
    ) -> None:
        near = readers.make("near", "el")
        make_resolver(shelf=Shelf()).get(DownloadRequest(near, ["onnx"]))
        zoo = zoo_of(settings, readers.make("far", "el", accuracy={"el": 99.0}), near)
        assert chosen(zoo, "el") == "near"
        found = select_models("el", zoo=zoo, default="", installed=True)
        assert found.selected_model is not None
        assert found.selected_model.name == "near"
        assert found.explain(found.candidates[1]) == "far is not installed"

    def test_only_recognition_models_are_asked(self, settings: Settings, readers: Readers) -> None:
        zoo = zoo_of(settings, offer_card(name="detector", languages=["el"]), readers.make("reader", "el"))
        assert chosen(zoo, "el", "detector") == "reader"

    def test_a_claim_comes_before_letters_alone(self, settings: Settings, readers: Readers) -> None:
        newer = readers.make("newer", "de", version="9", letters=letters_of("de", "en"))
        found = select_models(
            "en", zoo=zoo_of(settings, newer, readers.make("claims", "en")), default="", include_unclaimed=True
        )
        assert [one.name for one in found.candidates] == ["claims", "newer"]
        assert found.explain(found.candidates[1]) == "newer does not claim English (en), and has all its 52 letters"

    def test_the_reason_of_the_selected_model(self, settings: Settings, readers: Readers) -> None:
        zoo = zoo_of(settings, readers.make("a", "el", size_mb=5.0), readers.make("b", "el", size_mb=6.0))
        assert select_models("el", zoo=zoo, default="").reason == (
            "a claims Greek (el) and has all its 69 letters; the next, b, is larger (6 MB) than a (5 MB)"
        )


class TestWithoutAClaim:
    """Letters that no publisher vouches for."""

    def test_a_model_that_was_taught_the_letters_is_named_with_a_warning(
        self, settings: Settings, readers: Readers, caplog: pytest.LogCaptureFixture
    ) -> None:
        zoo = zoo_of(settings, readers.make("latin", "en", "de"))
        with caplog.at_level(logging.WARNING, logger="ocrzoo"):
            assert chosen(zoo, "de-CH") == "latin"
            assert caplog.messages == []
            assert chosen(zoo, "gsw") == "latin"
        (told,) = caplog.messages
        assert told.startswith("latin does not claim Swiss German (gsw), but has all its 58 letters, and all occur in")

    def test_a_model_that_has_the_letters_by_chance_is_not(self, settings: Settings, readers: Readers) -> None:
        found = select_models(
            "fr", zoo=zoo_of(settings, readers.make("zh", "en", letters=letters_of("fr"))), default="zh"
        )
        assert found.selected_model is None
        assert (
            "zh has all its 84 letters, but claims neither French (fr) nor a language with À"
            in found.reason.replace("the closest, zh,", "zh")
        )

    def test_ch_gets_a_note(self, settings: Settings, readers: Readers, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING, logger="ocrzoo"):
            assert chosen(zoo_of(settings, readers.make("reader", "zh-Hans")), "ch") == "reader"
        assert caplog.messages == ["'ch' means Chinese, as in PaddleOCR; use 'ch-Latn' for Chamorro"]


class TestFilters:
    """What a model must be."""

    def test_a_size_and_a_tier(self, settings: Settings, readers: Readers) -> None:
        large = readers.make("large", "el", size_mb=80.0, tier="server", accuracy={"el": 99.0})
        zoo = zoo_of(settings, large, readers.make("small", "el", size_mb=8.0, tier="mobile"))
        for terms, name in (({}, "large"), ({"tier": "mobile"}, "small"), ({"max_size_mb": 10.0}, "small")):
            winner = select_models("el", zoo=zoo, default="", **terms).selected_model
            assert winner is not None
            assert winner.name == name
        found = select_models("el", zoo=zoo, default="", max_size_mb=1)
        assert found.selected_model is None
        assert "the closest, large, has 80 MB, and 1 MB are allowed" in found.reason

    def test_a_lower_share_of_letters(self, settings: Settings, readers: Readers) -> None:
        zoo = zoo_of(settings, readers.make("reader", "de", letters=letters_of("en")))
        assert select_models("de", zoo=zoo, default="").selected_model is None
        assert select_models("de", zoo=zoo, default="", min_coverage=0.8).selected_model is not None

    def test_a_task_without_models_is_an_error(self, settings: Settings, readers: Readers) -> None:
        with pytest.raises(UsageError, match="no model has the task 'text_detection'"):
            select_models("el", zoo=zoo_of(settings, readers.make("reader", "el")), task="text_detection")

    def test_a_misspelled_task_gets_a_suggestion(self, settings: Settings, readers: Readers) -> None:
        with pytest.raises(
            UsageError, match=r"no model has the task 'text_recogniton' \(did you mean text_recognition\?\)"
        ):
            select_models("el", zoo=zoo_of(settings, readers.make("reader", "el")), task="text_recogniton")


class TestSeveralLanguages:
    """One model for all of them, or the fewest."""

    def test_one_model_that_reads_all(self, settings: Settings, readers: Readers) -> None:
        zoo = zoo_of(settings, readers.make("ru", "ru"), readers.make("both", "ru", "en"), readers.make("en", "en"))
        assert chosen(zoo, "ru,en") == "both"
        assert select_models(["en", "ru"], zoo=zoo, default="").minimal_set[0].name == "both"

    def test_the_fewest_that_do_together(self, settings: Settings, readers: Readers) -> None:
        zoo = zoo_of(settings, *(readers.make(name, *name.split("_")) for name in ("ru", "ko", "ru_en", "el", "en")))
        found = select_models("ru,ko,en", zoo=zoo, default="")
        assert found.selected_model is None
        assert found.reason == (
            "no single model reads Russian (ru), Korean (ko), English (en): "
            "the smallest set is ru_en for Russian (ru), English (en) and ko for Korean (ko)"
        )
        readers_of_all = select_models("ru,ko,en", zoo=zoo, default="").require()
        assert [(one.name, [e.language.tag for e in one.support]) for one in readers_of_all] == [
            ("ru_en", ["ru", "en"]),
            ("ko", ["ko"]),
        ]

    def test_the_model_for_most_scripts_comes_first_then_that_for_the_language_named_first(
        self, settings: Settings, readers: Readers
    ) -> None:
        zoo = zoo_of(settings, *(readers.make(name, *name.split("_")) for name in ("ru", "ko_en", "el")))
        assert [one.name for one in select_models("el,ru,ko,en", zoo=zoo, default="").selected_models] == [
            "ko_en",
            "el",
            "ru",
        ]

    def test_an_unsupported_language_selects_no_models(self, settings: Settings, readers: Readers) -> None:
        zoo = zoo_of(settings, readers.make("ru", "ru"), readers.make("ko", "ko"))
        assert select_models("ru,ko,lad", zoo=zoo, default="").selected_models == ()
        with pytest.raises(UnknownLanguage, match="no model reads Ladino"):
            chosen(zoo, "ru,ko,lad")

    def test_of_the_fewest_the_default_is_one(self, settings: Settings, readers: Readers) -> None:
        zoo = zoo_of(settings, readers.make("newer", "zh-Hans", version="9"), readers.make("d", "zh-Hans", version="1"))
        zoo.__dict__["models"] = zoo_of(settings, *zoo.models, readers.make("ru", "ru")).models
        assert {one.name for one in select_models("zh,ru", zoo=zoo, default="d").minimal_set} == {"d", "ru"}

    def test_letters_by_chance_do_not_save_a_model(self, settings: Settings, readers: Readers) -> None:
        chance = readers.make("chance", "zh-Hans", letters=letters_of("zh", "ru"))
        found = select_models("zh,ru", zoo=zoo_of(settings, chance, readers.make("ru", "ru")), default="")
        assert found.selected_model is None
        assert {one.name for one in found.minimal_set} == {"chance", "ru"}

    def test_the_reason_names_only_unsupported_languages(self, settings: Settings, readers: Readers) -> None:
        zoo = zoo_of(settings, readers.make("ru", "ru"), readers.make("de", "de", letters=letters_of("en")))
        found = select_models("ru,de,ka-Geor,lad", zoo=zoo, default="")
        assert [language.tag for language in found.unsupported] == ["de", "ka-Geor", "lad"]
        assert "the closest, de, lacks 7 of the 59 letters of German" in found.reason
        assert "no charset has letters of Georgian" in found.reason
        assert "no model claims Ladino, and its letters are not known" in found.reason


class TestOfficialModels:
    """What the models that come with ocrzoo read."""

    @pytest.mark.parametrize(
        ("lang", "model"),
        [
            ("ru", "eslav_PP-OCRv5_mobile_rec"),
            ("uk", "eslav_PP-OCRv5_mobile_rec"),
            ("ch", DEFAULT),
            ("zh-Hant", DEFAULT),
            ("en", DEFAULT),
            ("ja", DEFAULT),
            ("japan", DEFAULT),
            ("korean", "korean_PP-OCRv5_mobile_rec"),
            ("ko", "korean_PP-OCRv5_mobile_rec"),
            ("el", "el_PP-OCRv5_mobile_rec"),
            ("th", "th_PP-OCRv5_mobile_rec"),
            ("sr-Latn", "PP-OCRv6_medium_rec"),
            ("sr-Cyrl", "cyrillic_PP-OCRv5_mobile_rec"),
            ("sr", "cyrillic_PP-OCRv5_mobile_rec"),
            ("ur", "arabic_PP-OCRv5_mobile_rec"),
            ("mr", "devanagari_PP-OCRv5_mobile_rec"),
            ("fr", "PP-OCRv6_medium_rec"),
            ("nb", "PP-OCRv6_medium_rec"),
            ("haw", "PP-OCRv6_medium_rec"),
            *((f"nl-{region}", "PP-OCRv6_medium_rec") for region in ("BE", "AW", "BQ", "CW", "SR", "SX", "NL")),
            ("yue", "PP-OCRv6_medium_rec"),
            ("yue-Hans", "PP-OCRv6_medium_rec"),
            ("ru,en", "eslav_PP-OCRv5_mobile_rec"),
        ],
    )
    def test_they_share_the_languages_out(self, lang: str, model: str) -> None:
        found = select_models(lang)
        assert found.selected_model is not None
        assert found.selected_model.name == model
        assert found.reason.startswith(f"{model} ")

    @pytest.mark.parametrize(
        ("lang", "missing"),
        [
            ("vi", "PP-OCRv6_medium_rec, lacks 88 of the 178 letters of Vietnamese: ạ (LATIN SMALL LETTER A WITH DOT"),
            ("cy", "PP-OCRv6_medium_rec, lacks 8 of the 98 letters of Welsh: ẁ (LATIN SMALL LETTER W WITH GRAVE)"),
            ("kn", "ka_PP-OCRv3_mobile_rec, lacks 9 of the 71 letters of Kannada: ಌ (KANNADA LETTER VOCALIC L)"),
            ("sah", "cyrillic_PP-OCRv5_mobile_rec, lacks 2 of the 52 letters of Yakut: ҥ (CYRILLIC SMALL LIGATURE EN"),
            ("yo", "claims neither Yoruba (yo) nor a language with À"),
            ("ka-Geor", "no charset has letters of Georgian"),
        ],
    )
    def test_what_is_missing_is_named(self, lang: str, missing: str) -> None:
        with pytest.raises(UnknownLanguage) as caught:
            chosen(Zoo(), lang, DEFAULT)
        assert missing in str(caught.value)
        assert f"'ocrzoo models select --lang {lang} --explain'" in str(caught.value)
        assert "docs/plugins/tutorial.md" in str(caught.value)
        assert caught.value.exit_code == ExitCode.NOT_FOUND

    @pytest.mark.parametrize(
        ("lang", "said"),
        [
            (
                "ja",
                "cannot write ゐ (HIRAGANA LETTER WI), ヱ (KATAKANA LETTER WE), 2 of the 2311 letters of Japanese (ja)",
            ),
            ("yue", "has 2489 of its 2501 letters, and claims others in its script; it cannot write 哋 (CJK"),
        ],
    )
    def test_letters_that_the_selected_model_lacks_are_a_warning(
        self, lang: str, said: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING, logger="ocrzoo"):
            chosen(Zoo(), lang, DEFAULT)
        assert said in caplog.messages[0]

    def test_a_code_with_two_meanings_chooses_nothing(self) -> None:
        with pytest.raises(AmbiguousLanguage):
            select_models("ka")

    def test_the_default_is_the_pipelines(self) -> None:
        assert Zoo().default_model() == DEFAULT
        assert Zoo().default_model("doc_preprocessor") == ""
        assert Zoo().default_model("none") == ""


PLUGIN = """
from pathlib import Path
from ocrzoo_registry.cards.loader import read_cards
from ocrzoo_registry.plugins.hookspecs import hookimpl

@hookimpl
def ocrzoo_model_cards():
    yield from read_cards(Path(__file__).parent / "viet_cards")
"""

CARD = """
name: viet_rec
family: viet
task: text_recognition
version: "1"
summary: Reads Vietnamese.
license: Apache-2.0
languages: [vi]
charset: charset.txt
artifacts: {onnx: {files: [{path: inference.onnx}]}}
inference: {predictor: text_recognition}
"""


def test_a_card_of_a_third_party_fills_the_gap_and_changes_nothing_else(site: SitePackages) -> None:
    asked = ("ru", "fr", "ja", "cy", "vi")
    before = {lang: select_models(lang, zoo=Zoo()).selected_model for lang in asked}
    assert before["vi"] is None

    charset = "\n".join(letters_of("vi")).encode()
    site.install(
        "viet", {"viet": PLUGIN}, files={"viet_cards/viet.yaml": CARD.encode(), "viet_cards/charset.txt": charset}
    )

    after = {lang: select_models(lang, zoo=Zoo()).selected_model for lang in asked}
    found = after.pop("vi")
    assert found is not None
    assert found.name == "viet_rec"
    assert {lang: one and one.name for lang, one in after.items()} == {
        lang: one and one.name for lang, one in before.items() if lang != "vi"
    }


def test_a_third_party_that_claims_without_letters_fills_no_gap(settings: Settings, readers: Readers) -> None:
    zoo = zoo_of(settings, readers.make("boast", "vi", letters=letters_of("en")))
    assert select_models("vi", zoo=zoo, default="").selected_model is None
