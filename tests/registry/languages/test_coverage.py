"""Coverage: what charsets have of the letters of languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.registry.kit import offer_card

from ocrzoo_registry.cards.charsets import read_charset
from ocrzoo_registry.errors import CardError
from ocrzoo_registry.languages import orthography
from ocrzoo_registry.languages.coverage import Coverage, coverage_of, measure, name_of
from ocrzoo_registry.languages.tags import parse_language

CHARSETS = Path(__file__).parents[3] / "model_cards" / "ocrzoo_cards" / "charsets"
LATIN = [*"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"]


def of(charset: list[str], tag: str) -> Coverage:
    letters = orthography.read(tag)
    assert letters is not None
    found = measure(charset, letters)
    assert found is not None
    return found


def test_all_letters() -> None:
    english = of(LATIN, "en")
    assert (english.required, english.missing, english.share) == (52, (), 1)


def test_missing_letters_come_in_lower_case_first_and_have_names() -> None:
    german = of(LATIN, "de")
    assert german.missing == ("ß", "ä", "ö", "ü", "Ä", "Ö", "Ü")
    assert german.missing_names["ß"] == "LATIN SMALL LETTER SHARP S"
    assert german.share == pytest.approx(52 / 59)


def test_a_base_and_its_marks_make_up_a_letter() -> None:
    assert of([*LATIN, "ß", "\u0308"], "de").missing == ()
    assert of([*LATIN, "ß", "\u0301"], "de").missing == ("ä", "ö", "ü", "Ä", "Ö", "Ü")
    jamo = [chr(code) for code in (*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3))]
    assert of(jamo, "ko").missing == ()
    assert len(of([*jamo[:-1]], "ko").missing) == 19 * 21


def test_an_entry_counts_in_nfc() -> None:
    assert "Å" not in of(["A\u030a"], "sv").missing
    assert "Å" not in of(["\u212b"], "sv").missing  # the sign of the angstrom


def test_an_entry_of_several_characters_covers_none_of_them() -> None:
    assert "a" in of(["ab"], "en").missing


def test_an_apostrophe_covers_letters_that_look_like_one() -> None:
    assert "ʼ" in of([], "uk").missing
    for apostrophe in "'\u2019ʼ":
        assert "ʼ" not in of([apostrophe], "uk").missing
    assert {"ʻ", "ʼ"} <= set(of(["\u201d"], "uz").missing)
    assert not {"ʻ", "ʼ"} & set(of(["'"], "uz").missing)


def test_letters_that_are_not_known_cannot_be_covered() -> None:
    avar = orthography.read("av")
    assert avar is not None
    assert measure(LATIN, avar) is None


@pytest.mark.parametrize(
    ("charset", "tag", "missing"),
    [
        ("ppocrv5_eslav_dict", "ru", ""),
        ("ppocrv5_eslav_dict", "uk", ""),
        ("ppocrv5_el_dict", "el", ""),
        ("ppocrv5_th_dict", "th", ""),
        ("ppocrv5_korean_dict", "ko", ""),
        ("ppocrv5_arabic_dict", "ur", ""),
        ("ppocrv5_devanagari_dict", "mr", ""),
        ("ppocrv6_dict", "cy", "ẁẃẅỳẀẂẄỲ"),
        ("ppocrv6_dict", "ja", "ゐヱ"),
        ("ppocrv6_dict", "nl", ""),
        ("ppocrv6_tiny_dict", "ro", "șțȘȚ"),
        ("ppocrv5_latin_dict", "az", "ə"),
        ("ppocrv5_cyrillic_dict", "sah", "ҥҤ"),
        ("ppocrv5_cyrillic_dict", "os", "ӕӔ"),
        ("ka_dict", "kn", "ಌಱ಼ಽೄೕೖೠೡ"),
    ],
)
def test_the_official_charsets(charset: str, tag: str, missing: str) -> None:
    assert "".join(of([*read_charset(CHARSETS / f"{charset}.txt")], tag).missing) == missing


def test_no_charset_has_the_letters_of_vietnamese() -> None:
    shares = {path.stem: of([*read_charset(path)], "vi").share for path in CHARSETS.glob("*.txt")}
    assert max(shares.values()) < 0.7
    assert shares["ppocrv6_dict"] == pytest.approx(90 / 178)
    assert shares["ppocrv5_latin_dict"] == pytest.approx(88 / 178)


def test_a_card_is_measured_by_its_charset(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("a\nb\n")
    reader = offer_card(tmp_path, task="text_recognition", charset="c.txt")
    found = coverage_of(reader, parse_language("en"))
    assert found is not None
    assert len(found.missing) == 50
    assert coverage_of(reader, parse_language("ro-Cyrl")) is None
    assert coverage_of(offer_card(), parse_language("en")) is None


def test_an_unreadable_charset_raises(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="could not be read"):
        coverage_of(offer_card(tmp_path, task="text_recognition", charset="gone.txt"), parse_language("en"))


def test_a_letter_without_a_name_has_a_number() -> None:
    assert name_of("\ue000") == "U+E000"
