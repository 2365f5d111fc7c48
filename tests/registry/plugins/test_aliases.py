"""Aliases: a model's former and other names lead to it; they never take another's name."""

from __future__ import annotations

import logging

import pytest
from tests.registry.kit import offer_card

from ocrzoo_registry.catalog import Catalog
from ocrzoo_registry.errors import AmbiguousName, CardError, UnknownModel
from ocrzoo_registry.plugins.aliases import warn_renamed
from ocrzoo_registry.plugins.found import RefusedCard
from ocrzoo_registry.plugins.registrations import OFFICIAL, Origin, Registration

OURS, SEA, LAKE = (Origin(name, dist, "1") for name, dist in (("own", OFFICIAL), ("sea", "sea-d"), ("lake", "lake-d")))


@pytest.fixture(autouse=True)
def _nothing_warned() -> None:
    warn_renamed.cache_clear()


def catalog(*cards: tuple[Origin, str, list[str]]) -> Catalog:
    return Catalog(Registration(offer_card(name=name, aliases=aliases), origin) for origin, name, aliases in cards)


def test_an_alias_leads_to_its_model_in_any_case_and_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    models = catalog((OURS, "gull_rec", ["Seagull_rec", "mew_rec"]))
    with caplog.at_level(logging.WARNING, "ocrzoo"):
        found = [models.get(name).name for name in ("Seagull_rec", "Seagull_rec", "SEAGULL_REC", "mew_rec")]
    assert found == ["gull_rec"] * 4
    assert caplog.messages == [f"{alias!r} is now 'gull_rec'" for alias in ("Seagull_rec", "SEAGULL_REC", "mew_rec")]
    assert "mew_rec" in models
    assert models.origin("mew_rec") == OURS
    assert models.names == ["gull_rec"]


def test_a_name_leads_to_its_model_without_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    models = catalog((OURS, "gull_rec", ["seagull_rec"]))
    assert models.current_name("gull_rec") == "gull_rec"
    assert models.current_name("nobody") == "nobody"
    assert caplog.messages == []


@pytest.mark.parametrize("alias", ["tern_rec", "TERN_rec"])
@pytest.mark.parametrize(("holder", "claimant"), [(SEA, OURS), (OURS, SEA)])
def test_a_name_wins_over_an_alias_whosever_they_are(
    caplog: pytest.LogCaptureFixture, alias: str, holder: Origin, claimant: Origin
) -> None:
    models = catalog((holder, "tern_rec", []), (claimant, "gull_rec", [alias]))
    assert models.get("tern_rec").name == "tern_rec"
    (warning,) = caplog.messages
    assert warning == (
        f"the alias {alias!r} of gull_rec (plugin {claimant}) is not used: plugin {holder} has a model tern_rec"
    )


@pytest.mark.parametrize("alias", ["PP-0CRv5_rec", "PP_OCRv5-rec"])
def test_an_alias_that_looks_like_an_official_name_is_not_used(caplog: pytest.LogCaptureFixture, alias: str) -> None:
    models = catalog((OURS, "PP-OCRv5_rec", []), (SEA, "gull_rec", [alias, "bird_rec"]), (SEA, "tern_rec", []))
    assert alias not in models
    assert "bird_rec" in models
    (warning,) = caplog.messages
    assert warning.endswith(f"is not used: plugin {OURS} has a model PP-OCRv5_rec")


def test_an_alias_of_two_plugins_is_refused_as_a_name_is() -> None:
    models = catalog((SEA, "gull_rec", ["bird_rec"]), (LAKE, "duck_rec", ["Bird_rec"]))
    with pytest.raises(AmbiguousName, match=r"alias 'bird_rec' is registered by 'sea' .* and 'lake' .*: uninstall one"):
        models.get("bird_rec")
    assert "bird_rec" not in models
    assert models.get("duck_rec").name == "duck_rec"


def test_an_official_alias_stays_with_ocrzoo(caplog: pytest.LogCaptureFixture) -> None:
    models = catalog((SEA, "duck_rec", ["bird_rec"]), (OURS, "gull_rec", ["bird_rec"]))
    assert models.get("bird_rec").name == "gull_rec"
    assert "the official one is used; rename the other" in caplog.messages[0]


def test_a_misspelt_alias_is_answered_with_the_name() -> None:
    birds: list[tuple[Origin, str, list[str]]] = [
        (OURS, f"{bird}_det", []) for bird in ("auk", "crane", "eider", "heron", "ibis", "kite", "stork", "wren")
    ]
    models = catalog(*birds, (OURS, "gull_rec", ["kittiwake_rec"]))
    with pytest.raises(UnknownModel, match=r"'kitiwake_rec' \(did you mean gull_rec, kite_det\?\)"):
        models.get("kitiwake_rec")


@pytest.mark.parametrize("alias", ["mew_rec", "MEW_rec"])
def test_a_search_for_an_alias_finds_its_model_in_any_case(alias: str) -> None:
    models = catalog((OURS, "gull_rec", ["mew_rec"]), (OURS, "tern_rec", []))
    assert [card.name for card in models.search(alias)] == ["gull_rec"]
    assert models.search("mew") == []


@pytest.mark.parametrize("aliases", [["a_rec", "A_rec"], ["GULL_rec"]])
def test_a_card_cannot_have_an_alias_twice_or_its_own_name_as_one(aliases: list[str]) -> None:
    with pytest.raises(CardError, match=r"aliases: \w+ is there twice, or is the model's own name"):
        offer_card(name="gull_rec", aliases=aliases)


def test_the_alias_of_a_faulty_cards_name_does_not_hide_the_fault() -> None:
    cards = [Registration(offer_card(name="gull_rec", aliases=["tern_rec"]), OURS)]
    refused = [RefusedCard("tern_rec", "text_detection", (), SEA, "a.yaml: license: needed")]
    models = Catalog(cards, refused=refused)
    assert "tern_rec" not in models
    with pytest.raises(CardError, match=r"a\.yaml: license: needed"):
        models.get("tern_rec")


def test_the_alias_of_a_chosen_card_leads_to_it_whatever_the_other_one_says() -> None:
    cards = [Registration(offer_card(name="gull_rec", aliases=["mew_rec"]), origin) for origin in (SEA, LAKE)]
    models = Catalog(cards, chosen={"gull_rec": "sea-d"})
    assert models.get("mew_rec").name == "gull_rec"
    assert models.origin("mew_rec") == SEA


def test_a_strangers_aliases_do_not_lead_to_the_official_model_whose_name_the_card_has() -> None:
    models = catalog((OURS, "gull_rec", []), (SEA, "gull_rec", ["mew_rec"]))
    assert "mew_rec" not in models
    with pytest.raises(UnknownModel):
        models.get("mew_rec")


def test_while_nobody_chose_between_two_cards_their_alias_is_as_ambiguous_as_their_name() -> None:
    models = catalog((SEA, "gull_rec", ["mew_rec"]), (LAKE, "gull_rec", ["mew_rec"]))
    for name in ("gull_rec", "mew_rec"):
        with pytest.raises(AmbiguousName, match=r"'sea' .* and 'lake' "):
            models.get(name)
