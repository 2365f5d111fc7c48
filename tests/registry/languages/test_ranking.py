"""Candidates: the terms they meet, and the words for their ranks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.registry.kit import offer_card
from tests.registry.readers import Readers

from ocrzoo_registry.cards.size import size_mb
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.languages.ranking import Candidate, ModelFilters, cpu_ms, explain_order
from ocrzoo_registry.languages.support import support_of
from ocrzoo_registry.languages.tags import parse_language


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"tier": "mobil"}, "did you mean mobile"),
        ({"min_coverage": 99.0}, "min_coverage must be between 0 and 1, not 99"),
        ({"min_coverage": float("nan")}, "min_coverage"),
        ({"max_size_mb": 0.0}, "max_size_mb must be positive, not 0"),
    ],
)
def test_invalid_filters(terms: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told.replace("?", "")):
        ModelFilters(**terms)


@pytest.mark.parametrize(
    ("terms", "card", "failed_filters"),
    [
        (ModelFilters(), {}, ()),
        (ModelFilters(tier="mobile"), {"tier": "mobile"}, ()),
        (ModelFilters(tier="mobile"), {"tier": "server"}, ("is of tier server, not mobile",)),
        (ModelFilters(tier="mobile"), {}, ("is of tier none, not mobile",)),
        (ModelFilters(max_size_mb=10), {"size_mb": 10.0}, ()),
        (ModelFilters(max_size_mb=10), {"size_mb": 10.5}, ("has 10.5 MB, and 10 MB are allowed",)),
        (ModelFilters(max_size_mb=10), {}, ("has no published size, and 10 MB are allowed",)),
        (ModelFilters(installed=True), {}, ("is not installed",)),
    ],
)
def test_terms(terms: ModelFilters, card: dict[str, object], failed_filters: tuple[str, ...]) -> None:
    assert terms.failures(offer_card(**card), lambda _: False) == failed_filters


def test_the_size_is_the_published_one_or_that_of_the_files() -> None:
    files = {"onnx": {"files": [{"path": "inference.onnx", "size": 21_159_378}, {"path": "inference.yml"}]}}
    assert size_mb(offer_card(artifacts=files)) == 21.2
    assert size_mb(offer_card(artifacts=files, size_mb=16.0)) == 16.0
    assert size_mb(offer_card()) is None


def test_the_published_time_is_that_of_a_plain_cpu() -> None:
    def time(device: str, mode: str, ms: float) -> dict[str, object]:
        return {"device": device, "mode": mode, "ms": ms, "environment": "a test"}

    times = [time("gpu", "normal", 1.0), time("cpu", "high_performance", 2.0), time("cpu", "normal", 3.0)]
    assert cpu_ms(offer_card(latency=times)) == 3.0
    assert cpu_ms(offer_card()) is None


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ({"lang": "el"}, {"lang": "en"}, "its publisher does not claim the language"),
        ({"default": True}, {}, "is not the pipeline's default, as first is"),
        ({}, {"is_available": False}, "is unavailable"),
        ({"version": "PP-OCRv10"}, {"version": "PP-OCRv9"}, "is of PP-OCRv9, and first of PP-OCRv10"),
        ({"accuracy": {"el": 90.5}}, {"accuracy": {"mul": 80.0}}, "has 80 % published, first 90.5 %"),
        ({"accuracy": {"el": 90.5}}, {}, "has no figure published, first 90.5 %"),
        ({}, {"letters": "αβγ"}, "has 4.3% of the letters, not 100.0%"),
        ({"size_mb": 5.0}, {"size_mb": 9.0}, "is larger (9 MB) than first (5 MB)"),
        ({"size_mb": 5.0}, {}, "is larger (size unknown) than first (5 MB)"),
        ({}, {}, "is equal to first in every criterion"),
    ],
)
def test_each_step_has_its_words(tmp_path: Path, first: dict[str, Any], second: dict[str, Any], why: str) -> None:
    def made(name: str, given: dict[str, Any]) -> Candidate:
        given = dict[str, Any]({"lang": "el", "default": False, "is_available": True}) | given
        reach, default, lang = given.pop("is_available"), given.pop("default"), given.pop("lang")
        card = Readers(tmp_path).make(name, lang, **given)
        return Candidate(card, (support_of(card, parse_language("el")),), default, reach, installed=lambda _: False)

    one, other = made("first", first), made("another", second)
    assert one.score > other.score
    assert why in explain_order(one, other)
