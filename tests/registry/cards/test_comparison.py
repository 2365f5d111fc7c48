"""What differs between two cards, how grave it is, and which version a card must then have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.registry.kit import offer_card

from ocrzoo_registry.cards.comparison import Change, Comparison, compare
from ocrzoo_registry.errors import CardError

METRIC = {"name": "accuracy", "value": 81.5, "unit": "percent", "language": "en", "dataset": "beach", "source": "us"}
VALUE = {"value": 81.5, "unit": "percent"}
RATE = {"engine": "openvino", "precision": "float32", "batching": "exact", "percent": 2.5, "pages": "9 pages"}
RATED = "openvino, float32, exact, 9 pages"
BF16 = RATE | {"precision": "bfloat16"}
WORDS = {"name": "accuracy", "statement": "as good", "source": "us"}


def between(before: dict[str, Any], after: dict[str, Any], root: Path | None = None) -> Comparison:
    return compare(offer_card(root, **before), offer_card(root, **after))


def test_cards_that_say_the_same_differ_in_nothing() -> None:
    found = between({"metrics": [METRIC]}, {"metrics": [METRIC], "card_version": "9.0.0"})
    assert (found.kind, found.changes, found.charset) == (None, (), None)


@pytest.mark.parametrize(
    ("before", "after", "kind", "changes"),
    [
        ({}, {"summary": "Else."}, "text", [("summary", "Finds text on beach signs.", "Else.")]),
        ({}, {"tags": ["sea"]}, "text", [("tags", None, ["sea"])]),
        ({}, {"aliases": ["sea_det"]}, "figures", [("aliases", None, ["sea_det"])]),
        ({}, {"license": "MIT"}, "figures", [("license", "Apache-2.0", "MIT")]),
        (
            {"metrics": [METRIC]},
            {"metrics": [METRIC | {"value": 80.0}]},
            "figures",
            [("metrics.accuracy, en, beach, us", VALUE, VALUE | {"value": 80.0})],
        ),
        (
            {"metrics": [METRIC]},
            {"metrics": [METRIC | {"verified": {"by": "tern", "when": "2026-11-30"}}]},
            "figures",
            [("verified.accuracy, en, beach, us", None, {"by": "tern", "when": "2026-11-30"})],
        ),
        (
            {"error_rates": [RATE]},
            {"error_rates": []},
            "figures",
            [(f"error_rates.{RATED}", {"percent": 2.5}, None)],
        ),
        (
            {"metrics": [METRIC | {"value": 0.5}]},
            {"metrics": [METRIC | {"value": 0.5, "unit": "ratio"}]},
            "figures",
            [
                (
                    "metrics.accuracy, en, beach, us",
                    {"value": 0.5, "unit": "percent"},
                    {"value": 0.5, "unit": "ratio"},
                )
            ],
        ),
        (
            {"metrics": [WORDS | {"comparable_to": "gull_rec"}]},
            {"metrics": [WORDS | {"comparable_to": "tern_rec"}]},
            "figures",
            [
                (
                    "metrics.accuracy, us",
                    {"statement": "as good", "comparable_to": "gull_rec"},
                    {"statement": "as good", "comparable_to": "tern_rec"},
                )
            ],
        ),
        (
            {"error_rates": [RATE | {"difference": [-0.1, 0.1], "speed": 1.0}]},
            {"error_rates": [RATE | {"difference": [-0.1, 0.4], "speed": 2.0}]},
            "figures",
            [
                (
                    f"error_rates.{RATED}",
                    {"percent": 2.5, "difference": [-0.1, 0.1], "speed": 1.0},
                    {"percent": 2.5, "difference": [-0.1, 0.4], "speed": 2.0},
                )
            ],
        ),
        (
            {"inference": {"predictor": "text_detection", "postprocess": {"name": "DBPostProcess", "thresh": 0.3}}},
            {"inference": {"predictor": "text_detection", "postprocess": {"name": "DBPostProcess", "thresh": 0.2}}},
            "bytes",
            [("inference.postprocess.thresh", 0.3, 0.2)],
        ),
        (
            {},
            {"artifacts": {"onnx": {"files": [{"path": "inference.onnx", "size": 5}]}}},
            "figures",
            [("artifacts.onnx.inference.onnx", {}, {"size": 5})],
        ),
        (
            {"artifacts": {"onnx": {"files": [{"path": "inference.onnx", "size": 4}]}}},
            {"artifacts": {"onnx": {"files": [{"path": "inference.onnx", "size": 5}]}}},
            "bytes",
            [("artifacts.onnx.inference.onnx", {"size": 4}, {"size": 5})],
        ),
        (
            {},
            {"artifacts": {"onnx": {"files": [{"path": "inference.onnx"}, {"path": "more.bin"}]}}},
            "bytes",
            [("artifacts.onnx.more.bin", None, {})],
        ),
    ],
)
def test_each_change_has_its_key_both_values_and_its_kind(
    before: dict[str, Any], after: dict[str, Any], kind: str, changes: list[tuple[str, object, object]]
) -> None:
    found = between(before, after)
    assert found.kind == kind
    assert list(found.changes) == [Change(*one) for one in changes]


def test_the_order_of_error_rates_is_a_change_as_the_first_that_will_do_is_used() -> None:
    [change] = between({"error_rates": [BF16, RATE]}, {"error_rates": [RATE, BF16]}).changes
    assert (change.key, change.kind) == ("error_rates", "figures")
    assert change.after == [RATED, RATED.replace("float32", "bfloat16")]
    [added] = between({"error_rates": [RATE]}, {"error_rates": [BF16, RATE]}).changes
    assert added.key == "error_rates.openvino, bfloat16, exact, 9 pages", "one more changes no order"


def test_of_two_statements_about_one_thing_none_is_lost() -> None:
    said = [WORDS | {"comparable_to": name} for name in ("gull_rec", "tern_rec")]
    [change] = between({"metrics": said}, {"metrics": said[1:]}).changes
    assert change.key == "metrics.accuracy, us"
    assert [one["comparable_to"] for one in change.before] == ["gull_rec", "tern_rec"]


@pytest.mark.parametrize("before", [{}, {"networks": ["decoder", "encoder"]}])
def test_other_networks_of_a_model_are_read_otherwise(before: dict[str, Any]) -> None:
    files = [{"path": f"{name}/inference.onnx"} for name in ("encoder", "decoder")]
    after = {"networks": ["encoder", "decoder"]}
    old, new = ({"artifacts": {"onnx": {"files": files} | one}} for one in (before, after))
    found = between(old, new)
    assert found.kind == "bytes"
    assert list(found.changes) == [Change("artifacts.onnx.networks", before.get("networks"), after["networks"])]


def test_languages_are_gained_and_lost() -> None:
    found = between({"languages": ["en", "de"]}, {"languages": ["de", "fr", "it"]})
    assert (found.gained, found.lost, found.kind) == (("fr", "it"), ("en",), "figures")


class TestCharsets:
    """Charsets are compared entry by entry, in the order of the classes."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        for name, text in {"a": "x\ny\nz\n", "b": "x\nz\ny\nö\n", "c": "x\ny\nz", "bad": "x\n\ny"}.items():
            (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
        return tmp_path

    def test_what_was_added_is_missing_and_is_another_class(self, root: Path) -> None:
        found = between({"charset": "a.txt"}, {"charset": "b.txt"}, root)
        assert found.charset is not None
        assert (found.charset.before, found.charset.after) == (3, 4)
        assert (found.charset.added, found.charset.missing, found.charset.moved) == (("ö",), (), 2)
        back = between({"charset": "b.txt"}, {"charset": "a.txt"}, root)
        assert back.charset is not None
        assert (back.charset.added, back.charset.missing) == ((), ("ö",))
        assert found.kind == "bytes"

    def test_the_same_entries_in_another_file_are_no_change(self, root: Path) -> None:
        assert between({"charset": "a.txt"}, {"charset": "c.txt"}, root).kind is None

    def test_a_charset_that_only_one_has_is_a_change(self, root: Path) -> None:
        found = between({}, {"charset": "a.txt"}, root)
        assert (found.charset, found.kind) == (None, "bytes")

    def test_a_charset_that_cannot_be_read_is_named(self, root: Path) -> None:
        with pytest.raises(CardError, match=r"bad\.txt, line 2"):
            between({"charset": "a.txt"}, {"charset": "bad.txt"}, root)


@pytest.mark.parametrize(
    ("old", "new", "change", "due"),
    [
        ("1.2.3", "1.2.3", {"summary": "Else."}, "1.2.4"),
        ("1.2.3", "1.2.4", {"summary": "Else."}, None),
        ("1.2.3", "1.2.4", {"languages": ["en"]}, "1.3.0"),
        ("1.2.3", "1.3.0", {"languages": ["en"]}, None),
        ("1.2.3", "1.9.9", {"task": "seal_text_detection"}, "2.0.0"),
        ("1.2.3", "2.0.0", {"task": "seal_text_detection"}, None),
        ("1.2.3", None, {"task": "seal_text_detection"}, "2.0.0"),
        (None, "0.0.1", {"task": "seal_text_detection"}, None),
        ("1.2.3", "1.2.3", {}, None),
        ("1.2.3", "1.2.3", {"name": "another_det", "summary": "Else."}, None),
    ],
)
def test_the_version_rises_with_the_gravest_change(
    old: str | None, new: str | None, change: dict[str, Any], due: str | None
) -> None:
    assert between({"card_version": old}, {"card_version": new, **change}).version_due == due
