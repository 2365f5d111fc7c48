"""Selection: which model reads a language."""

from __future__ import annotations

import pytest
from tests.registry.kit import MakeResolver, Shelf, offer_card

from ocrzoo_registry.card_files import OfferedCard
from ocrzoo_registry.catalogue import Catalogue
from ocrzoo_registry.contracts import SourceSpec
from ocrzoo_registry.errors import ExitCode, UnknownLanguage
from ocrzoo_registry.offers import Offer, Offers, Origin
from ocrzoo_registry.selection import select_recognition
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo


def reader(name: str, *languages: str, accuracy: dict[str, float] | None = None, **changes: object) -> OfferedCard:
    metrics = [
        {"name": "accuracy", "value": value, "unit": "percent", "language": language, "source": "a test"}
        for language, value in (accuracy or {}).items()
    ]
    card: dict[str, object] = {
        "task": "text_recognition",
        "charset": "c.txt",
        "languages": list(languages),
        "metrics": metrics,
    }
    return offer_card(name=name, **card | changes)


def zoo_of(settings: Settings, *cards: OfferedCard) -> Zoo:
    zoo = Zoo(settings)
    origin = Origin("test", "test", "0")
    zoo.__dict__["models"] = Catalogue(Offer(card, origin) for card in cards)
    directory = SourceSpec("directory", "ocrzoo_registry.sources.directory:DirectorySource", rank=10, network=False)
    zoo.__dict__["sources"] = Offers("source", [Offer(directory, origin)], lambda spec: spec.name)
    return zoo


def chosen(zoo: Zoo, lang: str, default: str = "none") -> str:
    return select_recognition(zoo, lang, default).card.name


def test_the_default_is_taken_where_it_claims_the_language(settings: Settings) -> None:
    zoo = zoo_of(settings, reader("default", "en"), reader("better", "en", "el", accuracy={"en": 99.0}))
    assert chosen(zoo, "en", "default") == "default"
    assert chosen(zoo, "el", "default") == "better"


def test_the_highest_accuracy_for_that_very_language_wins(settings: Settings) -> None:
    zoo = zoo_of(
        settings,
        reader("good_at_greek", "el", "ru", accuracy={"el": 90.0, "ru": 10.0}),
        reader("good_at_russian", "el", "ru", accuracy={"el": 10.0, "ru": 90.0}),
        reader("silent", "el", "ru"),
    )
    assert chosen(zoo, "el") == "good_at_greek"
    assert chosen(zoo, "ru") == "good_at_russian"


def test_a_newer_release_comes_before_a_figure_of_an_older_one(settings: Settings) -> None:
    old = reader("old", "el", version="PP-OCRv9", accuracy={"el": 99.0})
    zoo = zoo_of(settings, old, reader("new", "el", version="PP-OCRv10"))
    assert chosen(zoo, "el") == "new"


def test_a_figure_for_many_languages_at_once_counts_where_there_is_no_better(settings: Settings) -> None:
    small, tiny = reader("a_small", "de", accuracy={"mul": 81.3}), reader("tiny", "de", accuracy={"mul": 73.5})
    assert chosen(zoo_of(settings, small, tiny), "de") == "a_small"


def test_weights_at_hand_come_before_a_higher_accuracy(settings: Settings) -> None:
    bundled = {"directory": {"onnx": {"path": "weights"}}}
    zoo = zoo_of(settings, reader("far", "el", accuracy={"el": 99.0}), reader("near", "el", sources=bundled))
    assert chosen(zoo, "el") == "near"


def test_what_lies_in_the_store_is_at_hand(settings: Settings, make_resolver: MakeResolver) -> None:
    near = offer_card(name="near")
    make_resolver(shelf=Shelf()).resolve(near, ["onnx"])
    zoo = zoo_of(settings, reader("far", "el", accuracy={"el": 99.0}), reader("near", "el"))
    assert chosen(zoo, "el") == "near"


def test_without_figures_the_newest_release_wins(settings: Settings) -> None:
    zoo = zoo_of(settings, reader("old", "el", version="PP-OCRv3"), reader("new", "el", version="PP-OCRv5"))
    assert chosen(zoo, "el") == "new"


def test_only_recognition_models_are_asked(settings: Settings) -> None:
    zoo = zoo_of(settings, offer_card(name="detector", languages=["el"]), reader("reader", "el"))
    assert chosen(zoo, "el", "detector") == "reader"


def test_a_language_that_nobody_claims_is_told_with_the_nearest(settings: Settings) -> None:
    zoo = zoo_of(settings, reader("reader", "sr-Latn", "el"))
    with pytest.raises(UnknownLanguage) as caught:
        chosen(zoo, "sr_cyrl")
    assert "no model claims to read 'sr_cyrl' (did you mean sr-Latn?)" in str(caught.value)
    assert "ocrzoo models list" in str(caught.value)
    assert caught.value.exit_code == ExitCode.NOT_FOUND


@pytest.mark.parametrize(
    ("lang", "model"),
    [
        ("ch", "PP-OCRv5_mobile_rec"),
        ("en", "PP-OCRv5_mobile_rec"),
        ("japan", "PP-OCRv5_mobile_rec"),
        ("korean", "korean_PP-OCRv5_mobile_rec"),
        ("el", "el_PP-OCRv5_mobile_rec"),
        ("th", "th_PP-OCRv5_mobile_rec"),
    ],
)
def test_the_official_models_share_the_languages_out(lang: str, model: str) -> None:
    assert chosen(Zoo(), lang, "PP-OCRv5_mobile_rec") == model
