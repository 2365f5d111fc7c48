"""Errors: the exit code of each is part of the interface, and the drawn tree is the true one."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from ocrzoo_registry import errors
from ocrzoo_registry.errors import ExitCode, OcrzooError, causes

CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, OcrzooError) and kind is not OcrzooError
}
DRAWN = re.findall(r"^\s*((?:\|\s+)*)[|`]-- (\w+)\s+(\d)", inspect.getdoc(errors) or "", re.MULTILINE)


def test_the_exit_codes_are_these() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "DONE": 0,
        "BUG": 1,
        "USAGE": 2,
        "NOT_FOUND": 3,
        "SOURCE": 4,
        "INTEGRITY": 5,
        "INPUTS": 6,
    }


def test_the_tree_in_the_docstring_names_every_error_with_its_exit_code() -> None:
    assert {name: int(code) for _, name, code in DRAWN} == {name: kind.exit_code for name, kind in CLASSES.items()}


def test_every_error_derives_from_the_one_it_is_drawn_under() -> None:
    drawn, above = {}, ["OcrzooError"]
    for branches, name, _ in DRAWN:
        depth = 1 + branches.count("|")
        drawn[name] = above[depth - 1]
        above[depth:] = [name]
    assert drawn == {name: kind.__bases__[0].__name__ for name, kind in CLASSES.items()}


@pytest.mark.parametrize("name", ["UnknownModel", "UnknownLanguage"])
def test_a_missing_name_is_a_key_error_too_but_reads_without_quotes(name: str) -> None:
    error = CLASSES[name]("no model is called 'x'")
    assert isinstance(error, KeyError)
    assert str(error) == "no model is called 'x'"


def test_an_error_without_a_message_reads_as_its_class() -> None:
    assert str(errors.SourceError()) == "SourceError"


def test_an_unforeseen_error_of_ocrzoo_is_a_bug() -> None:
    assert OcrzooError.exit_code == ExitCode.BUG


def test_causes_are_the_chain_that_led_to_an_error() -> None:
    first, second, third = KeyError(1), ValueError(2), OSError(3)
    third.__cause__, third.__context__ = second, KeyError("hidden by the cause")
    second.__context__ = first
    assert list(causes(third)) == [third, second, first]


def test_a_chain_of_causes_that_leads_in_a_circle_has_an_end() -> None:
    first, second = KeyError(1), ValueError(2)
    first.__cause__ = first
    assert list(causes(first)) == [first]
    first.__cause__, second.__cause__ = second, first
    assert list(causes(first)) == [first, second]


def test_nothing_else_follows_causes() -> None:
    """A walk of its own would have to end by itself, too."""
    repository = Path(__file__).parents[2]
    walks = [
        path.name
        for room in ("core", "registry", "plugins")
        for path in (repository / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ("__cause__", "__context__")
        and isinstance(node.ctx, ast.Load)
    ]
    assert set(walks) == {"errors.py"}
