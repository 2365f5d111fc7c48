"""The charset of a drafted card: what dictionaries list besides it, and what no network fits."""

from __future__ import annotations

import pytest

from ocrzoo_registry.drafting.characters import checked, fitted, of_metadata, right_to_left
from ocrzoo_registry.errors import CardError


@pytest.mark.parametrize(
    ("entries", "classes", "charset"),
    [
        (("a", "b"), 4, ("a", "b")),
        (("a", "b", " "), 4, ("a", "b")),
        (("blank", "a", "b", " "), 4, ("a", "b")),
        (("a", " "), 4, ("a", " ")),
        (("a", "b", " "), None, ("a", "b", " ")),
    ],
)
def test_the_blank_and_the_space_are_left_out_where_the_classes_show_them(
    entries: tuple[str, ...], classes: int | None, charset: tuple[str, ...]
) -> None:
    assert fitted(entries, classes) == (charset, "")


@pytest.mark.parametrize(
    ("classes", "said"),
    [(3, "none for the space, which must be the last (PaddleOCR: use_space_char: True)"), (97, "has 97 classes")],
)
def test_another_number_of_classes_is_named(classes: int, said: str) -> None:
    entries, fault = fitted(("a", "b"), classes)
    assert (entries, said in fault) == (("a", "b"), True)


def test_metadata_are_split_at_line_feeds_only() -> None:
    assert of_metadata({"character": "\u2028\n\u3000\n"}) == ("\u2028", "\u3000")
    assert of_metadata({"author": "x"}) is None


@pytest.mark.parametrize("entries", [(), ("",), ("a\nb",), ("a" * 65,)])
def test_what_a_file_cannot_hold_is_refused(entries: tuple[str, ...]) -> None:
    with pytest.raises(CardError, match="own: "):
        checked(entries, "own")


def test_scripts_from_right_to_left_are_known_by_their_letters() -> None:
    assert right_to_left([chr(code) for code in range(0x5D0, 0x5EB)]) == ("Hebr",)
    assert right_to_left(["ا", "a", "b"]) == ()
