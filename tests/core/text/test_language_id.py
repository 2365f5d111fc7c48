"""Language identification of lines among a few candidates."""

from __future__ import annotations

import pytest
from tests.core.text.languages import AR, DE, EN, FR, HR, JA, KO, RU, SR_LATN, ZH

from ocrzoo.text.language_id import identify, page_languages, plausibility

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
def test_a_line_is_identified_among_many_languages(text: str, tag: str) -> None:
    found = identify(text, [ZH, JA, KO, EN, FR, DE, RU, AR])
    assert max(found, key=found.__getitem__) == tag
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize("text", ["", "1984", "12.50 € (24 %)", "Белеет парус", "1. 月"])
def test_no_scores_for_text_in_no_candidates_script(text: str) -> None:
    assert identify(text, [EN, FR]) == {}


def test_one_language_in_a_script_is_certain() -> None:
    assert identify("x", [EN, RU]) == {"en": 1.0}


def test_a_name_in_another_script_does_not_change_the_language() -> None:
    assert identify("用OpenVINO推理", [EN, ZH]) == {"zh": 1.0}
    assert identify("Пишем на Python", [EN, RU]) == {"ru": 1.0}


def test_letters_of_one_language_identify_it() -> None:
    assert identify("Čačak", [SR_LATN, EN])["sr-Latn"] > 0.9


def test_languages_unknown_to_the_classifier_are_scored_by_letters_alone() -> None:
    found = identify("Dobar dan", [HR, SR_LATN])
    assert found["hr"] == found["sr-Latn"]


def test_an_ambiguous_line_gets_the_language_of_its_page() -> None:
    certain, doubt = {"fr": 0.95, "de": 0.05}, {"de": 0.5, "fr": 0.5}
    assert page_languages([certain, certain, doubt]) == ["fr", "fr", "fr"]
    assert page_languages([doubt]) == ["de"]


def test_a_clear_line_keeps_its_language_on_any_page() -> None:
    page = [{"fr": 0.99, "de": 0.01}] * 20
    assert page_languages([*page, {"fr": 0.001, "de": 0.999}])[-1] == "de"
    assert page_languages([*page, {}])[-1] is None


def test_look_alikes_are_implausible() -> None:
    assert plausibility("В тумане моря голубом", [RU]) > 0.3  # type: ignore[operator]
    assert plausibility("B TyMaHe Mopa rosryom", [EN]) < 0.1  # type: ignore[operator]
    assert plausibility("Dobar dan", [SR_LATN]) is None
