"""Charsets are read by position: every line counts, whatever it looks like."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from ocrzoo_registry.cards.charsets import read_charset
from ocrzoo_registry.errors import CardError

CHARSETS = Path(__file__).parents[2] / "model_cards" / "ocrzoo_cards" / "charsets"

ENTRIES = {
    "arabic_dict": 161,
    "chinese_cht_dict": 8421,
    "cyrillic_dict": 163,
    "devanagari_dict": 167,
    "en_dict": 95,
    "japan_dict": 4399,
    "ka_dict": 153,
    "korean_dict": 3688,
    "latin_dict": 185,
    "ppocr_keys_v1": 6623,
    "ppocrv4_doc_dict": 15629,
    "ppocrv5_arabic_dict": 747,
    "ppocrv5_cyrillic_dict": 850,
    "ppocrv5_devanagari_dict": 568,
    "ppocrv5_dict": 18383,
    "ppocrv5_el_dict": 354,
    "ppocrv5_en_dict": 436,
    "ppocrv5_eslav_dict": 517,
    "ppocrv5_korean_dict": 11945,
    "ppocrv5_latin_dict": 836,
    "ppocrv5_ta_dict": 513,
    "ppocrv5_te_dict": 540,
    "ppocrv5_th_dict": 524,
    "ppocrv6_dict": 18708,
    "ppocrv6_tiny_dict": 6904,
    "ta_dict": 128,
    "te_dict": 151,
}


def charset(name: str) -> tuple[str, ...]:
    return read_charset(CHARSETS / f"{name}.txt")


def test_these_27_charsets_have_these_many_entries() -> None:
    assert {path.stem: len(read_charset(path)) for path in CHARSETS.glob("*.txt")} == ENTRIES


def test_the_readme_tells_the_same_counts_and_names_every_charset() -> None:
    readme = (CHARSETS / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)\.txt` \| (\d+) \|", readme, re.MULTILINE)
    assert {name: int(count) for name, count in rows} == ENTRIES


@pytest.mark.parametrize(
    ("name", "sha256"),
    [
        ("ppocr_keys_v1", "a1c84d9bdb9ab29043c58896224d32941783eb821629618416dcb08f12886492"),
        ("ppocrv4_doc_dict", "a5bc3887c43c901e5a3f97b13ffadf1c5754ede7cc8c9f5abe22e875a7c48372"),
        ("ppocrv5_dict", "d1979e9f794c464c0d2e0b70a7fe14dd978e9dc644c0e71f14158cdf8342af1b"),
        ("ppocrv6_dict", "b5f2bfe2bdd9448429e3e82b51c789775d9b42f2403d082b00662eb77e401c5d"),
        ("ppocrv6_tiny_dict", "c5cbe34ef40c29c4df07ed012bf96569cb69a2d2a01a07027e9f13cb832bd9cd"),
    ],
)
def test_a_charset_is_the_publishers_byte_for_byte(name: str, sha256: str) -> None:
    assert hashlib.sha256((CHARSETS / f"{name}.txt").read_bytes()).hexdigest() == sha256


@pytest.mark.parametrize(
    "separator",
    ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"],
    ids=lambda text: f"U+{ord(text):04X}",
)
def test_an_odd_line_separator_is_an_entry_like_any_other(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "odd.txt"
    path.write_bytes(f"a\n{separator}\nb\n".encode())
    assert read_charset(path) == ("a", separator, "b")


@pytest.mark.parametrize("blank", [" ", "\u3000", "\u200b", "\xad", "\xa0", "\t"])
def test_an_entry_that_looks_blank_keeps_its_place(tmp_path: Path, blank: str) -> None:
    path = tmp_path / "blank.txt"
    path.write_bytes(f"{blank}\na\n{blank}\n".encode())
    assert read_charset(path) == (blank, "a", blank)


def test_duplicates_and_entries_of_several_characters_stay(tmp_path: Path) -> None:
    path = tmp_path / "several.txt"
    path.write_bytes(b"a\nab \na\n")
    assert read_charset(path) == ("a", "ab ", "a")


def test_a_windows_copy_and_a_copy_without_a_last_line_feed_read_the_same(tmp_path: Path) -> None:
    original = (CHARSETS / "ppocrv5_dict.txt").read_bytes()
    for number, copy in enumerate([original.replace(b"\n", b"\r\n"), original.removesuffix(b"\n")]):
        path = tmp_path / f"{number}.txt"
        path.write_bytes(copy)
        assert read_charset(path) == charset("ppocrv5_dict")


def test_an_empty_entry_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_bytes(b"a\n\nb\n")
    with pytest.raises(CardError, match=r"empty\.txt, line 2"):
        read_charset(path)


def test_pp_ocrv4_begins_and_ends_here() -> None:
    entries = charset("ppocr_keys_v1")
    assert entries[:5] == ("'", "疗", "绚", "诚", "娇")
    assert entries[5709] == "\u3000"
    assert len(entries) + 2 == 6625


def test_the_first_entry_of_pp_ocrv5_is_an_ideographic_space_that_stripping_would_lose() -> None:
    entries = charset("ppocrv5_dict")
    assert entries[0] == "\u3000"
    assert entries[1] == "一"
    assert len(entries) + 2 == 18385


def test_flags_are_single_entries_of_two_code_points() -> None:
    entries = charset("ppocrv5_dict")
    assert entries[17743:17746] == ("\U0001f1e9\U0001f1ea", "\U0001f1ec\U0001f1e7", "\U0001f1e8\U0001f1f3")


def test_the_document_charset_has_two_entries_of_two_characters_one_with_a_trailing_space() -> None:
    entries = charset("ppocrv4_doc_dict")
    several = {index: entry for index, entry in enumerate(entries) if len(entry) > 1}
    assert several == {6622: "懮!", 10403: "龠 "}


def test_two_charsets_repeat_themselves() -> None:
    surplus = {name: count - len(set(charset(name))) for name, count in ENTRIES.items()}
    repeated = {name: number for name, number in surplus.items() if number}
    assert repeated == {"ppocrv5_arabic_dict": 31, "ppocrv5_latin_dict": 64}
