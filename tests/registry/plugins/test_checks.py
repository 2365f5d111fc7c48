"""Checks of cards against what is registered: tasks of predictors, and references of sources."""

from __future__ import annotations

import pytest
from tests.registry.kit import offer_card

from ocrzoo.builtin import ocrzoo_predictors, ocrzoo_sources
from ocrzoo_lcnet import ocrzoo_predictors as classifiers
from ocrzoo_registry.errors import CardError
from ocrzoo_registry.plugins.checks import CardCheck
from ocrzoo_registry.settings import Settings

DIGEST = "0" * 64
MEMBER = {"member": "a/b", "path": "b", "size": 1, "sha256": DIGEST}


@pytest.fixture
def check(settings: Settings) -> CardCheck:
    """Check against the predictors and sources of ocrzoo."""
    return CardCheck([*ocrzoo_predictors(), *classifiers()], ocrzoo_sources(settings))


def test_a_card_with_the_official_sources_passes(check: CardCheck) -> None:
    hub = {"onnx": {"repository": "seaside/det", "revision": "main"}}
    check(
        offer_card(
            sources={
                "huggingface": hub,
                "modelscope": hub,
                "aistudio": hub,
                "bos": {"onnx": {"url": "https://example.org/x.tar"}},
                "wheel": {"onnx": {"distribution": "x", "version": "1", "members": [MEMBER]}},
                "directory": {"onnx": {"path": "weights"}},
            }
        )
    )


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"task": "text_detecton"}, "task: predictor 'text_detection' does text_detection, not 'text_detecton' "),
        (
            {"task": "text_recognition"},
            "task: predictor 'text_detection' does text_detection, not 'text_recognition': change task or inference.",
        ),
        (
            {"task": "text_recognition", "inference": {"predictor": "text_recognition"}},
            "charset: needed for text_recognition",
        ),
        (
            {"task": "textline_orientation", "inference": {"predictor": "classification"}},
            "labels: needed for textline_orientation",
        ),
    ],
)
def test_a_card_fits_its_predictor(check: CardCheck, changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(CardError) as caught:
        check(offer_card(**changes))
    assert str(caught.value).startswith(f"seaside_det: {complaint}")


def test_a_misspelled_task_comes_with_the_nearest_one(check: CardCheck) -> None:
    with pytest.raises(CardError, match=r"\(did you mean text_detection"):
        check(offer_card(task="text_detecton"))


def test_the_task_of_a_predictor_that_is_not_installed_is_not_checked(check: CardCheck) -> None:
    check(offer_card(task="table_recognition", inference={"predictor": "table_recognition"}))


@pytest.mark.parametrize(
    ("source", "reference", "complaint"),
    [
        ("huggingface", {"repository": "../x"}, "repository: '../x' is not of the form"),
        ("modelscope", {"repository": "no-owner"}, "repository: 'no-owner' is not of the form"),
        ("aistudio", {"repo": "seaside/det"}, "repo: unknown key"),
        ("huggingface", {"repository": "seaside/det", "revison": "main"}, "revison: unknown key (did you mean rev"),
        ("bos", {"url": "ftp://host/x"}, "url: 'ftp://host/x' is not an https address"),
        ("directory", {"path": "../elsewhere"}, "path: '../elsewhere' is not a path below"),
        *(
            ("wheel", {"distribution": "x", "version": version, "members": [MEMBER]}, "version: ")
            for version in ("1.0 --index-url=x", "1;x", "", "1/2")
        ),
    ],
)
def test_a_wrong_reference_is_one_line_with_its_key(
    check: CardCheck, source: str, reference: dict[str, object], complaint: str
) -> None:
    with pytest.raises(CardError) as caught:
        check(offer_card(sources={source: {"onnx": reference}}))
    assert f"seaside_det: sources.{source}.onnx.{complaint}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_misspelled_source_is_refused_and_one_of_a_missing_plugin_is_not(check: CardCheck) -> None:
    check(offer_card(sources={"acme": {"onnx": {"bucket": "models"}}}))
    with pytest.raises(CardError, match=r"^seaside_det: sources\.hugingface: unknown source \(did you mean hugg"):
        check(offer_card(sources={"hugingface": {"onnx": {"repository": "seaside/det"}}}))
