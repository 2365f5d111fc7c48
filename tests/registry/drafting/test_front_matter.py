"""What a model is and was made from, as the hub writes it; what it does not document is left out."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests.registry.kit import card_data, offer_card

from ocrzoo_registry.cards.loader import build_card
from ocrzoo_registry.drafting import front_matter
from ocrzoo_registry.drafting.repository import readme
from ocrzoo_registry.errors import UnknownLanguage
from ocrzoo_registry.languages.tags import Language

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


def indexed(**metric: object) -> dict[str, Any]:
    return {"model-index": [{"results": [{"metrics": [{"type": "cer", "value": 1.5, **metric}]}]}]}


NO_FIGURES = {
    "an index that is a number": {"model-index": 5},
    "an index that is a mapping": {"model-index": {"results": []}},
    "results that are a number": {"model-index": [{"results": 5}]},
    "metrics that are a number": {"model-index": [{"results": [{"metrics": 5}]}]},
    "a kind that is a list": indexed(type=["cer"]),
    "a value that is no number": indexed(value=math.nan),
    "a value without end": indexed(value=math.inf),
    "a value that no float holds": indexed(value=10**309),
    "a value that is a word": indexed(value="high"),
}


@pytest.mark.parametrize("stated", NO_FIGURES.values(), ids=NO_FIGURES)
def test_what_is_no_figure_is_left_out(stated: dict[str, Any]) -> None:
    assert front_matter.read(stated).metrics == ()


@pytest.mark.parametrize(("stated", "unit"), [("ratio", "ratio"), ("points", "percent"), (["ratio"], "percent")])
def test_a_figure_is_in_percent_unless_it_says_otherwise(stated: object, unit: str) -> None:
    [metric] = front_matter.read(indexed(args={"unit": stated})).metrics
    assert (metric["value"], metric["unit"]) == (1.5, unit)


def test_a_language_is_read_as_cards_write_it_or_left_out() -> None:
    stated = ["pt_br", "es-419", "no such language", "vi"]
    assert front_matter.read({"language": stated}).languages == ("pt-BR", "vi")


def test_of_endless_lists_the_first_300_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def unknown(tag: str) -> Language:
        asked.append(tag)
        raise UnknownLanguage(tag)

    monkeypatch.setattr(front_matter, "parse_language", unknown)
    read = front_matter.read({"language": ["nonsense"] * 1000, "base_model": [OURS] * 1000})
    assert (len(asked), len(read.base_model)) == (300, 300)


def test_a_summary_and_a_table_of_a_readme_command_no_terminal() -> None:
    evil = "a\x1b]0;x\x07 \x9b2J \u202e b"
    metric = {"name": "cer", "source": evil, "dataset": evil, "value": 1.0, "unit": "percent"}
    text = readme(offer_card(summary=evil, metrics=[metric])).rpartition("---\n\n#")[2]
    assert text.count("a?]0;x? ?2J ? b") == 3
    assert all(line.isprintable() for line in text.split("\n"))
