"""Support of a language by a model, and its explanation."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.registry.kit import offer_card
from tests.registry.readers import Readers, letters_of

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.languages.support import LanguageSupport, best_metric, claimed_support, quality, support_of
from ocrzoo_registry.languages.tags import parse_language


@pytest.fixture
def readers(tmp_path: Path) -> Readers:
    return Readers(tmp_path)


def of(card: ModelCard, lang: str) -> LanguageSupport:
    return support_of(card, parse_language(lang))


def test_a_claim_with_letters(readers: Readers) -> None:
    one = of(readers.make("reader", "el", "en"), "el")
    assert one.claimed
    assert one.covers(1.0)
    assert one.trained_on(1.0)
    assert one.explain() == "claims Greek (el) and has all its 69 letters"


def test_a_claim_without_letters_names_three_of_them(readers: Readers) -> None:
    one = of(readers.make("reader", "de", letters=letters_of("en")), "de")
    assert not one.covers(0.99)
    assert one.covers(0.8)
    assert one.explain_gap() == (
        "lacks 7 of the 59 letters of German: ß (LATIN SMALL LETTER SHARP S), "
        "ä (LATIN SMALL LETTER A WITH DIAERESIS), ö (LATIN SMALL LETTER O WITH DIAERESIS) and 4 more"
    )
    assert one.explain() == "claims German (de) and has 52 of its 59 letters"


def test_letters_without_a_claim_count_where_they_occur_in_claimed_languages(readers: Readers) -> None:
    latin = readers.make("latin", "mi", "en", letters=letters_of("mi", "en", "haw", "eo"))
    hawaiian, esperanto = of(latin, "haw"), of(latin, "eo")
    assert hawaiian.covers(1.0)
    assert hawaiian.trained_on(0.97)
    assert hawaiian.unfamiliar == ("ʻ",)
    assert esperanto.covers(1.0)
    assert not esperanto.trained_on(0.97)
    assert {"ĉ", "ŭ", "Ĝ"} <= set(esperanto.unfamiliar)
    assert esperanto.explain_gap() == (
        "has all its 56 letters, but claims neither Esperanto (eo) nor a language with "
        "Ĉ (LATIN CAPITAL LETTER C WITH CIRCUMFLEX), ĉ (LATIN SMALL LETTER C WITH CIRCUMFLEX), "
        "Ĝ (LATIN CAPITAL LETTER G WITH CIRCUMFLEX) and 9 more"
    )


def test_neither(readers: Readers) -> None:
    one = of(readers.make("reader", "en"), "el")
    assert one.share == 0
    assert one.explain_gap() == "does not claim Greek (el), and has 0 of its 69 letters"


def test_a_claim_is_enough_if_letters_are_unknown(readers: Readers) -> None:
    claimed, other = of(readers.make("one", "av"), "av"), of(readers.make("other", "ru"), "av")
    assert claimed.covers(0.99)
    assert claimed.explain() == "claims Avaric (av), whose letters are not known"
    assert not other.covers(0.99)
    assert other.explain_gap() == "does not claim Avaric (av), whose letters are not known"


def test_a_charset_that_is_gone_is_a_fault_and_no_crash() -> None:
    one = of(offer_card(Path("nowhere"), task="text_recognition", charset="gone.txt", languages=["en"]), "en")
    assert not one.covers(0)
    assert "gone.txt" in one.explain_gap()


@pytest.mark.parametrize(
    ("figures", "best"),
    [
        ({"mul": 90.0, "ru": 50.0}, 50.0),
        ({"mul": 90.0, "zle": 60.0, "und-Cyrl": 70.0}, 70.0),
        ({"mul": 90.0, "en": 99.0}, 90.0),
        ({"en": 99.0}, None),
        ({}, None),
    ],
)
def test_the_figure_nearest_to_the_language_speaks(
    readers: Readers, figures: dict[str, float], best: float | None
) -> None:
    found = best_metric(readers.make("reader", "ru", accuracy=figures), parse_language("ru"))
    assert (found.value if found else None) == best


def test_figures_compare_as_percent_and_errors_the_other_way() -> None:
    metrics = [
        {"name": "accuracy", "value": 0.9, "unit": "ratio", "source": "a test"},
        {"name": "cer", "value": 4.0, "unit": "percent", "source": "a test"},
    ]
    ratio, errors = offer_card(metrics=metrics).metrics
    assert (quality(ratio), quality(errors), quality(None)) == (90.0, 96.0, 0.0)


def test_all_claims_of_a_card(readers: Readers) -> None:
    found = claimed_support(readers.make("reader", "de", "en", "av", letters=letters_of("en")))
    assert [(one.language.tag, one.share < 1) for one in found] == [("de", True), ("en", False), ("av", False)]
