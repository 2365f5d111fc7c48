"""The catalog: models by name, by pattern and by property."""

from __future__ import annotations

import pytest
from tests.registry.kit import offer_card

from ocrzoo_registry.catalog import Catalog
from ocrzoo_registry.errors import ExitCode, UnknownModel
from ocrzoo_registry.plugins.registrations import Origin, Registration

SEAS = ("baltic", "black", "dead", "kara", "north", "red", "ross", "south", "white")
ORIGIN = Origin("test", "test", "0")
REC: dict[str, object] = {"task": "text_recognition", "charset": "chars.txt"}


@pytest.fixture
def models() -> Catalog:
    cards = [
        offer_card(name="sea_v10_det", tier="server"),
        offer_card(name="sea_v9_det", tier="mobile"),
        offer_card(name="sea_v9_rec", tier="mobile", languages=["en", "zh-Hant"], **REC),
        offer_card(name="Lake_rec", family="lake", languages=["pt"], **REC),
    ]
    return Catalog(Registration(card, ORIGIN) for card in cards)


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        ({}, ["Lake_rec", "sea_v9_det", "sea_v9_rec", "sea_v10_det"]),
        ({"pattern": "*_det"}, ["sea_v9_det", "sea_v10_det"]),
        ({"pattern": "V9"}, ["sea_v9_det", "sea_v9_rec"]),
        ({"pattern": "LAKE*"}, ["Lake_rec"]),
        ({"pattern": "sea_v?_[dr]e*"}, ["sea_v9_det", "sea_v9_rec"]),
        ({"pattern": "_det*"}, []),
        ({"task": "text_recognition"}, ["Lake_rec", "sea_v9_rec"]),
        ({"family": "lake"}, ["Lake_rec"]),
        ({"tier": "mobile"}, ["sea_v9_det", "sea_v9_rec"]),
        ({"lang": "chinese_cht"}, ["sea_v9_rec"]),
        ({"lang": "pt_BR"}, ["Lake_rec"]),
        ({"tier": "mobile", "task": "text_detection", "pattern": "sea"}, ["sea_v9_det"]),
        ({"lang": "tlh"}, []),
    ],
)
def test_a_search_gives_the_models_that_meet_every_condition_in_natural_order(
    models: Catalog, conditions: dict[str, str], names: list[str]
) -> None:
    assert [card.name for card in models.search(**conditions)] == names


def test_an_unknown_model_is_told_with_the_nearest_names() -> None:
    many = Catalog(Registration(offer_card(name=f"{sea}_det"), ORIGIN) for sea in SEAS)
    with pytest.raises(UnknownModel, match=r"no model is called 'balti_det' \(did you mean baltic_det") as caught:
        many.get("balti_det")
    assert caught.value.exit_code == ExitCode.NOT_FOUND


def test_a_name_is_exact(models: Catalog) -> None:
    assert models.get("Lake_rec").family == "lake"
    with pytest.raises(UnknownModel, match="Lake_rec"):
        models.get("lake_rec")
