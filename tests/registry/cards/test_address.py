"""Addresses: what is one, the one way to write each place, and names that no two of them share."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ocrzoo_registry.cards.address import is_address, name_of, parse_address
from ocrzoo_registry.cards.formats import model_and_format
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import UsageError


@pytest.mark.parametrize("text", ["PP-OCRv5_mobile_rec", "a..b", "a/b", "hf--org--name", "", "~x"])
def test_names_are_no_addresses(text: str) -> None:
    assert not is_address(text)
    assert name_of(text) == text


@pytest.mark.parametrize(
    ("text", "source", "place", "revision"),
    [
        ("hf://org/name", "huggingface", "org/name", None),
        ("HF://org/name@v1.0", "huggingface", "org/name", "v1.0"),
        ("huggingface://org/name", "huggingface", "org/name", None),
        ("modelscope://org/name@master", "modelscope", "org/name", "master"),
    ],
)
def test_a_repository(text: str, source: str, place: str, revision: str | None) -> None:
    address = parse_address(text)
    assert (address.source, address.place, address.revision, address.path) == (source, place, revision, None)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("huggingface://org/name", "hf://org/name"),
        ("HF://org/name@v1.0", "hf://org/name@v1.0"),
        ("modelscope://org/name", "modelscope://org/name"),
    ],
)
def test_a_repository_is_written_with_the_first_scheme_of_its_hub(text: str, written: str) -> None:
    address = parse_address(text)
    assert (str(address), address.name.partition("--")[0]) == (written, written.partition(":")[0])


def test_two_ways_to_write_a_folder_are_one_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_address("./own") == parse_address(str(tmp_path / "own")) == parse_address("./other/../own/")


@pytest.mark.parametrize(
    "text", ["hf://a", "hf://a/b/c", "hf://a/b@", "hf://a/../b", "hf://a/b?x", "hf:///b", "s4://a/b"]
)
def test_what_is_malformed_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_address(text)


def test_names_in_the_store_are_different_valid_and_of_no_format() -> None:
    texts = ["hf://a/b", "hf://A/b", "hf://a--b/c", "hf://a/b--c", "hf://a/b@c", "modelscope://a/b", "/b_onnx", "/ü ö"]
    names = [parse_address(text).name for text in (*texts, f"/{'x' * 300}")]
    assert len({name.casefold() for name in names}) == len(names)
    pattern = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
    assert all(pattern.fullmatch(name) and model_and_format(name)[1] == "paddle" for name in names)
    assert "address" not in ModelCard.model_fields  # so that no card can state one
