"""The error rates in cards, by which a precision is chosen: each way once, and each beside what it is compared with."""

from __future__ import annotations

import pytest

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.zoo import Zoo

MEASURED = [card for card in Zoo().models if card.error_rates]


@pytest.mark.parametrize("card", MEASURED, ids=lambda card: card.name)
def test_each_way_is_stated_once_and_beside_float32_in_the_groups_of_paddlex(card: ModelCard) -> None:
    ways = [(rate.engine, rate.precision, rate.batching) for rate in card.error_rates]
    assert len(set(ways)) == len(ways)
    for engine in {rate.engine for rate in card.error_rates}:
        own = [rate for rate in card.error_rates if rate.engine == engine]
        assert len({rate.pages for rate in own}) == 1
        [reference] = [rate for rate in own if (rate.precision, rate.batching) == ("float32", "exact")]
        assert own[-1] is reference, "the slowest way is the last"
        for rate in own:
            low, high = rate.difference or (0.0, 0.0)
            assert low <= high
            assert rate.difference is None or low - 0.01 <= rate.percent - reference.percent <= high + 0.01
