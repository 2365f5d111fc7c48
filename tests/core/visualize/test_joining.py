"""Arabic letters take the forms that they have beside each other."""

from __future__ import annotations

import unicodedata

import pytest

from ocrzoo.visualize.bidi_runs import joined


def kinds(text: str) -> list[str]:
    """What each character's decomposition calls its form; ``plain`` where it is a plain letter."""
    return [(unicodedata.decomposition(char).split() or ["<plain>"])[0].strip("<>") for char in text]


def always(_char: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("ب", ["isolated"]),
        ("بب", ["initial", "final"]),
        ("ببب", ["initial", "medial", "final"]),
        ("دب", ["isolated", "isolated"]),
        ("بد", ["initial", "final"]),
        ("ب ب", ["isolated", "plain", "isolated"]),
        ("ب\u200cب", ["isolated", "plain", "isolated"]),
        ("ب\u200d", ["initial"]),
        ("بـ", ["initial", "plain"]),
        ("بَب", ["initial", "plain", "final"]),
        ("abc", ["plain"] * 3),
        ("", []),
    ],
    ids=[
        "alone",
        "two",
        "three",
        "d joins back only",
        "d at the end",
        "space",
        "non-joiner",
        "joiner",
        "tatweel",
        "a mark",
        "Latin",
        "nothing",
    ],
)
def test_forms(text: str, forms: list[str]) -> None:
    assert kinds(joined(text, always)) == forms


def test_forms_are_of_their_letters() -> None:
    text = "مرحبا بالعالم سلام پژگچ"
    assert unicodedata.normalize("NFKC", joined(text, always)) == text


@pytest.mark.parametrize(("text", "sign"), [("لا", "\ufefb"), ("بلا", "\ufe91\ufefc"), ("لأ", "\ufef7")])
def test_lam_and_alif_become_one_sign(text: str, sign: str) -> None:
    assert joined(text, always) == sign


def test_forms_that_the_font_lacks_stay_plain() -> None:
    assert joined("ببلا", lambda char: char < "\ufe70") == "ببلا"
    assert joined("لا", lambda char: char != "\ufefb") == "لا"
