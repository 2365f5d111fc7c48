"""The support matrix of all languages."""

from __future__ import annotations

import pytest
from tests.registry.readers import Readers, zoo_of

from ocrzoo_registry.languages.report import LanguageReport, report_on, support_matrix
from ocrzoo_registry.languages.tags import language_of_tag, paddle_codes, parse_language
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo


@pytest.fixture(scope="module")
def rows() -> dict[str, LanguageReport]:
    return {one.language.tag: one for one in support_matrix(Zoo(), Zoo().default_model())}


def test_every_code_of_paddleocr_and_every_claim_is_in_it(rows: dict[str, LanguageReport]) -> None:
    assert {code.code for one in rows.values() for code in one.codes} == set(paddle_codes())
    assert {"zh-Hant", "sr-Latn", "sr-Cyrl", "fil", "kn", "ro-Cyrl"} <= set(rows)
    assert "ka" not in rows


def test_languages_whose_letters_paddleocrs_model_lacks(rows: dict[str, LanguageReport]) -> None:
    assert {tag for tag, one in rows.items() if one.paddleocr_lacks_letters} == {"cy", "kn", "os", "pi", "sah", "vi"}
    assert {"av", "la", "ro-Cyrl"} <= {tag for tag, one in rows.items() if one.paddleocr_unverified}


def test_the_report_on_one_language(rows: dict[str, LanguageReport]) -> None:
    russian = rows["ru"]
    assert russian.selection.selected_model is not None
    assert russian.selection.selected_model.name == "eslav_PP-OCRv5_mobile_rec"
    assert russian.best_support is not None
    assert russian.best_support.share == 1
    assert [code.model for code in russian.codes] == ["eslav_PP-OCRv5_mobile_rec"]


def test_a_claim_of_a_language_that_nobody_knows_is_reported_like_any_other(settings: Settings) -> None:
    """A card may claim any tag that has the form of one."""
    reader = Readers(settings.home.parent).make("reader", "xx", letters="ab")
    found = report_on(zoo_of(settings, reader), language_of_tag("xx"), "")
    assert [one.name for one in found.selection.candidates] == ["reader"]


def test_an_unregistered_choice_of_paddleocr_is_not_judged(settings: Settings) -> None:
    folder = settings.home.parent
    found = report_on(zoo_of(settings, Readers(folder).make("reader", "ru")), parse_language("ru"), "")
    assert found.codes
    assert found.paddleocr_support is None
    assert not found.paddleocr_lacks_letters
    assert not found.paddleocr_unverified
