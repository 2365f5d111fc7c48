"""Values are changed in the text of a YAML file, and nothing else is."""

from __future__ import annotations

import pytest

from ocrzoo_registry.cards.yaml_text import Place, with_values
from ocrzoo_registry.safe_yaml import YamlError, load

TEXT = """\
# the first comment
name: gull  # its name
files:
- {path: a.onnx, size: 5, sha256: "00"}   # weights
- path: 'b.yml'
  size: 7
"""


def test_comments_order_and_form_stay() -> None:
    values: dict[Place, str | int] = {("files", 0, "size"): 12345, ("files", 1, "path"): "c.yml", ("name",): "tern"}
    assert with_values(TEXT, values) == TEXT.replace("size: 5", "size: 12345").replace("'b.yml'", "c.yml").replace(
        "name: gull", "name: tern"
    )


@pytest.mark.parametrize(
    "value", ["12", "1e5", "yes", "null", "a: b", "a, b", "x #y", "[z]", "", "ö\n", "'q'", "2026-11-30"]
)
def test_text_stays_text(value: str) -> None:
    assert load(with_values(TEXT, {("files", 0, "sha256"): value})) == {
        "name": "gull",
        "files": [{"path": "a.onnx", "size": 5, "sha256": value}, {"path": "b.yml", "size": 7}],
    }


def test_line_ends_of_windows_stay() -> None:
    text = TEXT.replace("\n", "\r\n")
    assert with_values(text, {("files", 1, "size"): 8}) == text.replace("size: 7", "size: 8")


@pytest.mark.parametrize("place", [("nothing",), ("files",), ("files", 2, "size"), ("name", "x"), ("files", "size")])
def test_a_place_without_a_value_is_named(place: Place) -> None:
    with pytest.raises(YamlError, match=f"it has no value at {place[0]}"):
        with_values(TEXT, {place: "x"})


def test_a_value_that_another_place_shares_is_left_alone() -> None:
    with pytest.raises(YamlError, match="without changing more"):
        with_values("a: &one {size: 5}\nb: *one\n", {("a", "size"): 6})
