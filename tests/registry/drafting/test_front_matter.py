"""What a model was made from, as the hub writes it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.registry.kit import card_data

from ocrzoo_registry.cards.loader import build_card
from ocrzoo_registry.drafting import front_matter

OURS = "PaddlePaddle/PP-OCRv5_mobile_rec"


@pytest.mark.parametrize(
    ("bases", "written"),
    [
        ([("quantized", OURS)], {"base_model": [OURS], "base_model_relation": "quantized"}),
        ([("merge", OURS), ("merge", "sea/rec")], {"base_model": [OURS, "sea/rec"], "base_model_relation": "merge"}),
        ([("converted", OURS)], {"base_model": [OURS]}),
        ([("merge", OURS), ("adapter", "sea/rec")], {"base_model": [OURS, "sea/rec"]}),
        ([], {}),
    ],
    ids=["one", "two", "a relation that the hub has not", "two relations", "none"],
)
def test_base_models_are_written(bases: list[tuple[str, str]], written: dict[str, Any]) -> None:
    stated = [{"name": name, "relation": relation} for relation, name in bases]
    data = front_matter.written(build_card(card_data(base_model=stated), origin="test"))
    assert {key: value for key, value in data.items() if key.startswith("base_model")} == written


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ({"base_model": OURS}, [{"name": OURS, "relation": "finetune"}]),
        ({"base_model": [OURS], "base_model_relation": "adapter"}, [{"name": OURS, "relation": "adapter"}]),
        ({"base_model": ["../etc", 7, OURS + "/x"]}, []),
        ({"base_model": OURS, "base_model_relation": "stolen"}, []),
        ({"base_model": OURS, "base_model_relation": ["merge"]}, []),
    ],
)
def test_base_models_are_read_if_they_are_as_the_hub_documents(
    stated: dict[str, Any], read: list[dict[str, str]]
) -> None:
    assert [*front_matter.read(stated).base_model] == read
