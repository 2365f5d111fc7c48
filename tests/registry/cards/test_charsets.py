"""Charsets: read by position, and compared with what a model's own file states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocrzoo_registry.cards.charsets import check_charset, read_charset
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import CardError, IntegrityError
from ocrzoo_registry.zoo import Zoo


@pytest.mark.parametrize(
    ("content", "entries"),
    [
        (b"a\nb\n", ("a", "b")),
        (b"a\r\nb", ("a", "b")),
        ("\u3000\n \n\u2028\na\na\n".encode(), ("\u3000", " ", "\u2028", "a", "a")),
        ("\ufeff🇩🇪\n".encode(), ("🇩🇪",)),
    ],
)
def test_one_entry_a_line(tmp_path: Path, content: bytes, entries: tuple[str, ...]) -> None:
    (tmp_path / "own.txt").write_bytes(content)
    assert read_charset(tmp_path / "own.txt") == entries


@pytest.mark.parametrize("content", [b"a\n\nb\n", b"\xff\n", b""])
def test_what_is_no_charset(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "own.txt").write_bytes(content)
    with pytest.raises(CardError, match=r"own\.txt"):
        read_charset(tmp_path / "own.txt")


@pytest.fixture
def card(zoo: Zoo, tmp_path: Path) -> ModelCard:
    """A card whose charset is a, b, c and the space of two widths."""
    (tmp_path / "own.txt").write_text("a\nb\nc\n1\n\u3000\n", encoding="utf-8")
    card = zoo.models.get("PP-OCRv5_mobile_rec").model_copy(update={"charset": "own.txt"})
    return card.located_in(tmp_path)


@pytest.mark.parametrize("stated", [["a", "b", "c", "1", "\u3000"], ["a", "b", "c", 1, " "], None, "abc"])
def test_the_same_charset_or_none(card: ModelCard, stated: Any) -> None:
    check_charset(card, stated, "folder")


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (["a", "b", "c", "1"], r"4 entries.*one of 5; entry 5 is missing there and '.u3000' in the card"),
        (["a", "b", "c", "1", " ", "d"], r"6 entries.*one of 5; entry 6 is 'd' there and missing in the card"),
        (["a", "é", "c", "1", " "], r"5 entries.*one of 5; entry 2 is '\\xe9' there and 'b' in the card"),
        (["b", "a", "c", "1", " "], r"entry 1 is 'b' there and 'a' in the card"),
        (["a", None, "c", "1", " "], r"entry 2 is 'None' there"),
    ],
)
def test_another_charset_is_another_model(card: ModelCard, stated: list[Any], message: str) -> None:
    with pytest.raises(IntegrityError, match=rf"^folder: (?=.*PP-OCRv5_mobile_rec).*{message}"):
        check_charset(card, stated, "folder")


def test_a_card_without_a_charset_has_nothing_to_say(card: ModelCard) -> None:
    bare = card.model_copy(update={"charset": None})
    check_charset(bare, ["x"], "folder")


def test_what_is_no_charset_by_its_size_or_kind_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ocrzoo_registry.cards.charsets.MAX_CHARSET_BYTES", 10)
    (tmp_path / "large.txt").write_text("a\n" * 6)
    (tmp_path / "folder.txt").mkdir()
    for name, why in (("large", "larger than 10 bytes"), ("folder", "a folder, not a file")):
        with pytest.raises(CardError, match=why):
            read_charset(tmp_path / f"{name}.txt")
