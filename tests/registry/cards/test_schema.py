"""The card's schema: what a card may say, and what it may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError
from tests.registry.kit import card_data

from ocrzoo_registry.cards.formats import folder_name, format_names
from ocrzoo_registry.cards.loader import build_card
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import CardError

DIGEST = "0" * 64


def build(**changes: object) -> ModelCard:
    return build_card(card_data(**changes), origin="a test")


def files(**keys: object) -> dict[str, object]:
    return {"artifacts": {"onnx": {"files": [{"path": "inference.onnx"} | keys]}}}


def metric(**keys: object) -> dict[str, object]:
    return {"metrics": [{"name": "hmean", "source": "a paper"} | keys]}


@pytest.mark.parametrize(
    "path",
    ["inference.onnx", "a/b/c.onnx", "_private", "model-1.0+cpu.bin", "a..b"],
)
def test_a_path_stays_inside_the_models_folder(path: str) -> None:
    assert build(**files(path=path)).artifacts["onnx"].files[0].path == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "..",
        "../x",
        "a/../b",
        "/etc/passwd",
        "a//b",
        "a/",
        ".hidden",
        "a/.git/x",
        "a\\b",
        "C:x",
        "a\n",
        "a b",
        "ä",
    ],
)
def test_a_path_that_could_leave_it_is_refused(path: str) -> None:
    with pytest.raises(CardError, match=r"artifacts\.onnx\.files\.0\.path: "):
        build(**files(path=path))


@pytest.mark.parametrize("name", ["", "-x", ".x", "a/b", "a b", "a" * 129, "a\n", "--index-url", "a;b"])
@pytest.mark.parametrize("key", ["name", "family", "deprecated_by"])
def test_a_name_is_letters_digits_and_a_few_signs(key: str, name: str) -> None:
    with pytest.raises(CardError, match=f"{key}: "):
        build(**{key: name})


@pytest.mark.parametrize("suffix", [folder_name("", name) for name in format_names() if name != "paddle"])
def test_no_model_lies_in_the_folder_of_anothers_format(suffix: str) -> None:
    """Each would move the other to quarantine, and they would not wait for each other."""
    with pytest.raises(CardError, match=f"a name cannot end in {suffix}, as the folders of that format do"):
        build_card(card_data(name=f"seaside_det{suffix}"), origin="a test")


@pytest.mark.parametrize("tag", ["en", "fil", "zh-Hans", "pt-BR", "sr-Latn-RS", "und-Latn", "mul"])
def test_languages_are_tags(tag: str) -> None:
    assert build(languages=[tag]).languages == (tag,)


@pytest.mark.parametrize("tag", ["EN", "chinese_cht", "zh-hans", "japan", "", "e"])
def test_a_language_in_another_notation_is_refused(tag: str) -> None:
    with pytest.raises(CardError, match=r"languages\.0: "):
        build(languages=[tag])


@pytest.mark.parametrize(
    "keys",
    [{"value": 83.1, "unit": "percent"}, {"statement": "on a par with it", "comparable_to": "seaside_det"}],
)
def test_a_metric_is_a_figure_with_a_unit_or_words(keys: dict[str, object]) -> None:
    build(**metric(**keys))


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({}, "either a value or a statement"),
        ({"value": 1.0, "unit": "ratio", "statement": "good"}, "either a value or a statement"),
        ({"value": 1.0}, "a value needs a unit"),
        ({"statement": "good", "unit": "ratio"}, "a unit a value"),
        ({"value": float("nan"), "unit": "ratio"}, "finite number"),
        ({"value": "83", "unit": "ratio"}, "valid number"),
    ],
)
def test_a_metric_that_is_neither_is_refused(keys: dict[str, object], complaint: str) -> None:
    with pytest.raises(CardError, match=complaint):
        build(**metric(**keys))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"artifacts": {}}, "artifacts: "),
        ({"artifacts": {"onnx": {"files": []}}}, "artifacts.onnx.files: "),
        ({"artifacts": {"pickle": {"files": [{"path": "x"}]}}}, "artifacts: unknown format 'pickle'"),
        ({"latency": [{"device": "cpu", "mode": "normal", "ms": 0, "environment": "x"}]}, "ms: "),
        ({"links": {"inference": ""}}, "links.inference: "),
        ({"links": {"inference": "file:///etc/passwd"}}, "links.inference: "),
        ({"artifacts": {"onxn": {"files": [{"path": "x"}]}}}, "unknown format 'onxn' \\(did you mean onnx"),
        ({"sources": {"huggingface": {"onnx": "seaside/det"}}}, "sources.huggingface.onnx: "),
        ({"sources": {"huggingface": "seaside/det"}}, "sources.huggingface: "),
        ({"sources": {"../x": {"onnx": {}}}}, "sources.../x"),
        (files(sha256=DIGEST), "a digest comes with its origin"),
        (files(digest_origin="somebody"), "a digest comes with its origin"),
        (files(sha256=DIGEST.upper().replace("0", "A"), digest_origin="x"), "sha256: "),
        (files(size=-1), "size: "),
        (files(size=1.5), "size: "),
    ],
)
def test_a_card_that_cannot_be_meant_is_refused(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(CardError, match=complaint):
        build(**changes)


@pytest.mark.parametrize("source", ["huggingface", "wheel", "acme"])
def test_a_source_has_only_formats_that_artifacts_lists(source: str) -> None:
    build(sources={source: {"onnx": {"any": "reference"}}})
    with pytest.raises(CardError, match=f"sources.{source} has 'paddle', which artifacts does not list"):
        build(sources={source: {"paddle": {"any": "reference"}}})


def test_a_card_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        build().name = "other"


def test_a_card_survives_json() -> None:
    card = build(languages=["en"], inference={"predictor": "text_detection", "postprocess": {"thresh": 0.3}})
    assert ModelCard.model_validate_json(card.model_dump_json()) == card


@pytest.mark.parametrize("figure", [1e308, -1e308])
@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("metrics.0.value", lambda figure: metric(value=figure, unit="percent")),
        (
            "latency.0.ms",
            lambda figure: {"latency": [{"device": "cpu", "mode": "normal", "environment": "x", "ms": figure}]},
        ),
        ("size_mb", lambda figure: {"size_mb": figure}),
    ],
)
def test_figures_can_be_reckoned_with(key: str, changes: Callable[[float], dict[str, object]], figure: float) -> None:
    with pytest.raises(CardError, match=rf"{key}: Input should be (greater|less) than or equal to"):
        build(**changes(figure))
