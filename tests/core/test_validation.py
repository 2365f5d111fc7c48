"""What is said of values that are not valid: one line for each place, in words of users."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ocrzoo.validation import faults, joined


class Address(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str
    port: Annotated[int, Field(ge=1, le=65535)] = 80


class Record(BaseModel):
    size: Annotated[float, Field(strict=True, ge=1, le=4.5)] | Literal["auto"] | None = 1
    texts: str | list[str] | None = None
    words: tuple[str, ...] | Path = ()
    address: str | Address = ""
    several: list[str | Address] = []
    flag: bool = False
    even: int = 0

    @field_validator("even")
    @classmethod
    def _is_even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("an even number is needed")
        return value


def said(given: Mapping[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Record.model_validate(given)
    return [f"{joined(one.place)}: {one.reason}" for one in faults(caught.value, given)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"size": 9}, "size: a number of 4.5 or less, or 'auto' is needed"),
        ({"size": 0}, "size: a number of 1 or more, or 'auto' is needed"),
        ({"size": "x"}, "size: a number, or 'auto' is needed"),
        ({"size": {}}, "size: a number, or 'auto' is needed"),
        ({"texts": 3}, "texts: text, or a list is needed"),
        ({"texts": ["a", 3]}, "texts.1: text is needed"),
        ({"words": 3}, "words: a list, or the path of a file is needed"),
        ({"address": 3}, "address: text, or a mapping is needed"),
        ({"address": {}}, "address.url: Field required"),
        ({"address": {"url": "x", "port": 0}}, "address.port: a number of 1 or more is needed"),
        ({"address": {"url": "x", "list[str]": 0}}, "address.list[str]: Extra inputs are not permitted"),
        ({"several": ["a", {"url": 3}]}, "several.1.url: text is needed"),
        ({"flag": "perhaps"}, "flag: true or false is needed"),
        ({"even": 3}, "even: an even number is needed"),
    ],
)
def test_each_place_is_named_once_with_what_is_allowed(given: dict[str, Any], expected: str) -> None:
    assert said(given) == [expected]


def test_faults_of_several_values_are_all_there_in_their_order() -> None:
    assert said({"size": 9, "texts": ["a", 3, 4], "flag": 7}) == [
        "size: a number of 4.5 or less, or 'auto' is needed",
        *("texts.1: text is needed", "texts.2: text is needed"),
        "flag: true or false is needed",
    ]
