"""Orthographies: the letters of languages on file, each by itself."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from ocrzoo_registry.languages import orthography
from ocrzoo_registry.languages.orthography import Orthography, read

FILE = Path(orthography.__file__).with_name("orthographies.tsv")
TAGS = orthography.tags()


def known(tag: str) -> Orthography:
    found = read(tag)
    assert found is not None
    return found


def test_the_table_names_its_origin_and_is_small() -> None:
    content = FILE.read_bytes()
    head = content.decode().partition("\n")[0]
    assert "Unicode CLDR 48.2.0" in head
    assert "Unicode-3.0" in head
    assert len(content) < 250_000


def test_most_languages_of_the_world_that_are_written_have_a_line() -> None:
    assert len(TAGS) > 600
    assert sum(bool(known(tag).letters) for tag in TAGS) > 280
    assert [*TAGS] == sorted(TAGS)


@pytest.mark.parametrize("tag", TAGS)
def test_every_line_is_whole(tag: str) -> None:
    one = known(tag)
    assert one.tag == tag
    assert re.fullmatch("[A-Z][a-z]{3}", one.script)
    assert one.direction in {"ltr", "rtl", "ttb"}
    assert one.name
    assert not one.letters & one.capitals
    assert {unicodedata.category(letter)[0] for letter in one.required} <= {"L", "M"}
    assert all(unicodedata.normalize("NFC", letter) == letter for letter in one.required)
    assert all(digit.isdecimal() for digit in one.digits)
    assert {unicodedata.category(sign)[0] for sign in one.punctuation} <= {"P", "S"}


@pytest.mark.parametrize(
    ("tag", "name", "own_name", "script", "direction"),
    [
        ("ko", "Korean", "한국어", "Kore", "ltr"),
        ("ur", "Urdu", "اردو", "Arab", "rtl"),
        ("zh-Hant", "Traditional Chinese", "繁體中文", "Hant", "ltr"),
        ("mn-Mong", "Mongolian (Mongolian)", "", "Mong", "ttb"),
        ("av", "Avaric", "", "Cyrl", "ltr"),
    ],
)
def test_names_scripts_and_directions(tag: str, name: str, own_name: str, script: str, direction: str) -> None:
    one = known(tag)
    assert (one.name, one.script, one.direction) == (name, script, direction)
    if own_name:
        assert one.own_name == own_name


@pytest.mark.parametrize(
    ("tag", "letters"),
    [
        ("en", "abcdefghijklmnopqrstuvwxyz"),
        ("vi", "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"),
        ("ru", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"),
        ("de-CH", "abcdefghijklmnopqrstuvwxyzäöü"),
    ],
)
def test_letters(tag: str, letters: str) -> None:
    assert known(tag).letters == set(letters)


@pytest.mark.parametrize(
    ("tag", "has", "lacks"),
    [
        ("tr", "İI", ""),  # two letters, with and without a dot
        ("az", "İI", ""),
        ("en", "I", "İ"),
        ("de", "ÄÖÜS", "ẞ"),
        ("el", "ΆΣΪΫ", "\u0301"),  # a final sigma has no capital of its own; of two marks a capital keeps one
        ("nl", "IJ", "\u0301"),
        ("lt", "IĄĖ", "\u0307"),
        ("ka", "", "Ა"),
        ("he", "", "A"),
    ],
)
def test_capitals_follow_the_language(tag: str, has: str, lacks: str) -> None:
    required = known(tag).required
    assert set(has) <= required
    assert not set(lacks) & required


def test_sets_of_thousands_are_whole() -> None:
    assert known("ko").letters == {chr(code) for code in range(0xAC00, 0xD7A4)}
    assert len(known("zh").letters) == 2210
    assert {"あ", "ア", "日", "々"} <= known("ja").letters


@pytest.mark.parametrize("tag", [tag for tag in TAGS if re.search("-([A-Z]{2}|[0-9]{3})$", tag)])
def test_a_region_needs_a_letter_more_only_where_it_writes_otherwise(tag: str) -> None:
    """Pashto in Pakistan has a second yeh, Southern Sami in Norway the Norwegian vowels, Yoruba in Benin its own."""
    more = {"ps-PK": "ے", "sma-NO": "æøÆØ", "sw-KE": "qxQX", "yo-BJ": "ɔɛƆƐ"}
    assert known(tag).required - known(tag.partition("-")[0]).required == set(more.get(tag, ""))


WITH_LONE_MARKS = (
    "agq ann bas blo bss cho cic cu dua ee ewo gn jgo ken kkj ksf ln lu lzz mas mgo nmg nnh nus nv oka pcm sgs "
    "vai-Latn yav yo yo-BJ zh-Latn"
)
"""Languages with letters that Unicode has no character for, such as ɔ\u0301, g\u0303 and ė\u0304."""


def test_a_mark_alone_is_needed_only_where_unicode_has_no_letter_with_it() -> None:
    def marks(tag: str) -> set[str]:
        return {letter for letter in known(tag).required if unicodedata.category(letter).startswith("M")}

    alphabets = [tag for tag in TAGS if known(tag).script in {"Latn", "Cyrl", "Grek"}]
    assert {tag for tag in alphabets if marks(tag)} == set(WITH_LONE_MARKS.split())


def test_dutch_is_dutch_everywhere() -> None:
    dutch = known("nl")
    assert "\u0301" not in dutch.required | known("fy").required
    assert {tag for tag in TAGS if tag.startswith("nl-")} == set()


def test_cantonese_has_the_characters_of_its_speech() -> None:
    assert set("嘅喺冇哋嗰") <= known("yue").letters
    assert len(known("yue").letters) == 2470 + 31


def test_digits_and_punctuation_are_no_letters() -> None:
    hindi = known("hi")
    assert set("०१२३४५६७८९0123456789") == hindi.digits
    assert {"।", "॥", "?"} <= hindi.punctuation
    assert "·" in known("ca").punctuation - known("ca").letters


def test_nfd_needs_bases_and_marks_in_place_of_letters() -> None:
    greek = known("el")
    assert greek.composed["ά"] == "α\u0301"
    assert greek.decomposed - greek.required == {"\u0301", "\u0308"}
    assert "ά" not in greek.decomposed


@pytest.mark.parametrize("tag", ["", "xx", "v", "en\t", "# Letters", "zh-Hans"])
def test_nothing_else_is_found(tag: str) -> None:
    assert read(tag) is None


def test_names_find_tags() -> None:
    names = orthography.names()
    assert (names["korean"], names["한국어"], names["traditional chinese"]) == ("ko", "ko", "zh-Hant")
    assert "" not in names


def test_directions_of_scripts() -> None:
    directions = orthography.directions()
    assert (directions["Arab"], directions["Hebr"], directions["Cyrl"]) == ("rtl", "rtl", "ltr")
