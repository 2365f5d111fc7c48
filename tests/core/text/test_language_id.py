"""Which of a few languages a line is in."""

from __future__ import annotations

import pytest
from tests.core.text.languages import AR, DE, EN, FR, HR, JA, KO, RU, SR_LATN, ZH

from ocrzoo.text.language_id import likely, of_a_page, plausible
from ocrzoo.text.scripts import WrittenLanguage

LINES = [
    ("To be, or not to be, that is the question", "en"),
    ("Call me Ishmael. Some years ago", "en"),
    ("Rien ne sert de courir; il faut partir", "fr"),
    ("Je pense, donc je suis", "fr"),
    ("Es ist der Vater mit seinem Kind", "de"),
    ("Der Mensch ist frei geschaffen", "de"),
    ("Белеет парус одинокий", "ru"),
    ("举头望明月，低头思故乡", "zh"),
    ("春はあけぼの。", "ja"),
    ("아리랑 고개로 넘어간다", "ko"),
    ("يولد جميع الناس", "ar"),
]


@pytest.mark.parametrize(("text", "tag"), LINES)
def test_a_line_among_many_languages(text: str, tag: str) -> None:
    found = likely(text, [ZH, JA, KO, EN, FR, DE, RU, AR])
    assert max(found, key=found.__getitem__) == tag
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize("text", ["", "1984", "12.50 € (24 %)", "Белеет парус", "1. 月"])
def test_nothing_tells_where_no_language_is_written_so(text: str) -> None:
    assert likely(text, [EN, FR]) == {}


def test_one_language_in_a_script_is_certain() -> None:
    assert likely("x", [EN, RU]) == {"en": 1.0}


def test_a_name_in_another_script_does_not_make_a_line_foreign() -> None:
    assert likely("用OpenVINO推理", [EN, ZH]) == {"zh": 1.0}
    assert likely("Пишем на Python", [EN, RU]) == {"ru": 1.0}


def test_letters_that_only_one_language_has() -> None:
    pair = [SR_LATN, WrittenLanguage("en", "en", "Latn", EN.letters)]
    assert likely("Čačak", pair)["sr-Latn"] > 0.9


def test_languages_that_the_classifier_cannot_tell_apart_are_told_by_letters_alone() -> None:
    found = likely("Dobar dan", [HR, SR_LATN])
    assert found["hr"] == found["sr-Latn"]


def test_a_line_in_doubt_is_in_the_language_of_its_page() -> None:
    certain, doubt = {"fr": 0.95, "de": 0.05}, {"de": 0.5, "fr": 0.5}
    assert of_a_page([certain, certain, doubt]) == ["fr", "fr", "fr"]
    assert of_a_page([doubt]) == ["de"]


def test_a_clear_line_keeps_its_language_whatever_its_page() -> None:
    page = [{"fr": 0.99, "de": 0.01}] * 20
    assert of_a_page([*page, {"fr": 0.001, "de": 0.999}])[-1] == "de"
    assert of_a_page([*page, {}])[-1] is None


def test_plausible_text_looks_like_its_language_and_look_alikes_do_not() -> None:
    assert plausible("В тумане моря голубом", [RU]) > 0.3  # type: ignore[operator]
    assert plausible("B TyMaHe Mopa rosryom", [EN]) < 0.1  # type: ignore[operator]
    assert plausible("Dobar dan", [SR_LATN]) is None
