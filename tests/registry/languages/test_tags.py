"""Languages: tags, names and PaddleOCR's codes, and which tag serves which language."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrzoo_registry.errors import AmbiguousLanguage, ExitCode, OcrzooError, UnknownLanguage, UsageError
from ocrzoo_registry.languages.tags import (
    PaddleCode,
    claims,
    language_of_tag,
    nearness,
    paddle_codes,
    parse_language,
    parse_languages,
)

CODES = paddle_codes()


@pytest.mark.parametrize(
    ("code", "tag", "script"),
    [
        ("zh-Hant", "zh-Hant", "Hant"),
        ("zh_TW", "zh-TW", "Hant"),
        ("zh-HK", "zh-HK", "Hant"),
        ("zh_CN", "zh-CN", "Hans"),
        ("ZH_hans", "zh-Hans", "Hans"),
        ("zh", "zh", "Hans"),
        ("sr", "sr", "Cyrl"),
        ("sr-Latn", "sr-Latn", "Latn"),
        ("sr_latn_rs", "sr-Latn-RS", "Latn"),
        ("pt-BR", "pt-BR", "Latn"),
        ("en_US", "en-US", "Latn"),
        ("es-419", "es-419", "Latn"),
        (" en ", "en", "Latn"),
        ("kor", "ko", "Kore"),
        ("iw", "he", "Hebr"),
        ("tl", "fil", "Latn"),
        ("ckb", "ckb", "Arab"),
        ("ka-GE", "ka-GE", "Geor"),
        ("ka-Geor", "ka-Geor", "Geor"),
        ("ku-Arab", "ku-Arab", "Arab"),
        ("kan", "kn", "Knda"),
        ("Korean", "ko", "Kore"),
        ("KOREAN", "ko", "Kore"),
        ("한국어", "ko", "Kore"),
        ("Traditional  Chinese", "zh-Hant", "Hant"),
        ("Deutsch", "de", "Latn"),
        ("Swiss High German", "de-CH", "Latn"),
    ],
)
def test_a_tag_or_a_name_is_a_language_in_one_script(code: str, tag: str, script: str) -> None:
    found = parse_language(code)
    assert (found.tag, found.script) == (tag, script)


def test_paddleocr_has_112_codes() -> None:
    assert len(CODES) == 112
    assert {code.rule for code in CODES.values()} == {None, "reject", "note"}


@pytest.mark.parametrize("code", [code for code in CODES.values() if code.rule != "reject"], ids=lambda code: code.code)
def test_a_code_means_what_it_means_to_paddleocr(code: PaddleCode) -> None:
    found, meant = parse_language(code.code), language_of_tag(code.tag)
    assert (found.language, found.script) == (meant.language, meant.script)


def test_every_code_with_another_meaning_as_a_tag_is_marked() -> None:
    """Compared by language and script; a code that is no tag has one meaning."""
    differing = set()
    for code in CODES.values():
        as_tag, meant = language_of_tag(code.code), language_of_tag(code.tag)
        is_tag = as_tag.orthography is not None
        if is_tag and (as_tag.language, as_tag.script) != (meant.language, meant.script):
            differing.add(code.code)
    assert differing == {"ang", "ch", "ka", "mah", "mo"}
    assert {code.code for code in CODES.values() if code.rule} == differing | {"ku"}  # which PaddleOCR has twice


@pytest.mark.parametrize(
    ("code", "ways"),
    [
        ("ka", "use 'kn' for Kannada (PaddleOCR's meaning), or 'ka-Geor' for Georgian"),
        ("KA", "use 'kn' for Kannada"),
        ("ku", "use 'ku-Latn' for Kurdish (PaddleOCR's meaning), or 'ku-Arab' for Kurdish (Arabic)"),
        ("ang", "use 'anp' for Angika (PaddleOCR's meaning), or 'ang-Latn' for Old English"),
        ("mah", "use 'mag' for Magahi (PaddleOCR's meaning), or 'mh' for Marshallese"),
        ("mo", "or 'ro' for Romanian"),
    ],
)
def test_a_code_with_two_meanings_is_asked_about(code: str, ways: str) -> None:
    with pytest.raises(AmbiguousLanguage) as caught:
        parse_language(code)
    assert ways in str(caught.value)
    assert caught.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize("code", [code for code in CODES.values() if code.rule], ids=lambda code: code.code)
def test_both_ways_to_say_it_mean_two_things(code: PaddleCode) -> None:
    meant, other = parse_language(code.tag), parse_language(str(code.alternative))
    assert (meant.language, meant.script) != (other.language, other.script)


def test_the_code_ch_means_chinese_with_a_note() -> None:
    assert parse_language("ch").tag == "zh-Hans"
    assert parse_language("ch").note == "'ch' means Chinese, as in PaddleOCR; use 'ch-Latn' for Chamorro"
    assert parse_language("zh-Hans").note is None


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("xx", "'xx': use a tag such as ko or zh-Hant, or an English name ('ocrzoo languages'"),
        ("koraen", "korean"),
        ("", "such as ko"),
        ("a" * 5000, ""),
        ("en/../x", ""),
        ("-", ""),
        ("x-own", ""),
    ],
)
def test_an_unknown_language_gets_a_suggestion(code: str, hint: str) -> None:
    with pytest.raises(UnknownLanguage) as caught:
        parse_language(code)
    assert hint in str(caught.value)
    assert len(str(caught.value)) < 300
    assert caught.value.exit_code == ExitCode.NOT_FOUND


@given(
    st.text(alphabet=string.ascii_letters + string.digits + "-_ ", max_size=24)
    | st.sampled_from([*CODES, "ka-Geor", "ch-Latn", "zh-TW", "Korean"])
)
def test_the_tag_of_a_language_finds_it_again(code: str) -> None:
    try:
        found = parse_language(code)
    except OcrzooError:
        return
    again = parse_language(found.tag)
    assert (again.tag, again.language, again.script) == (found.tag, found.language, found.script)


def test_several_are_found_once_each_in_order() -> None:
    assert [one.tag for one in parse_languages("ru,ko, en,rus")] == ["ru", "ko", "en"]
    assert [one.tag for one in parse_languages(["zh-TW,ja", "ko"])] == ["zh-TW", "ja", "ko"]


@pytest.mark.parametrize("nothing", ["", " , ", [], [""]])
def test_no_language_at_all(nothing: str | list[str]) -> None:
    with pytest.raises(UnknownLanguage, match="no language given"):
        parse_languages(nothing)


@pytest.mark.parametrize("odd", [None, 5, b"ru", ["ru", None]])
def test_a_code_that_is_not_a_string_is_an_error(odd: Any) -> None:
    with pytest.raises(UsageError, match="use a tag such as ru"):
        parse_languages(odd)


@pytest.mark.parametrize(
    ("wanted", "claim"),
    [
        ("zh-TW", "zh-Hant"),
        ("chinese_cht", "zh-Hant"),
        ("zh", "zh-Hans"),
        ("zh-Hans", "zh"),
        ("pt-BR", "pt"),
        ("pt", "pt-BR"),
        ("sr", "sr-Cyrl"),
        ("japan", "ja"),
        ("nb", "no"),
        ("nn", "no"),
        ("tl", "fil"),
        ("fil", "tl"),
        ("bh", "bih"),
        ("ku-Latn", "ku"),
    ],
)
def test_a_tag_serves_its_language_in_its_script(wanted: str, claim: str) -> None:
    assert claims(["xx", claim], parse_language(wanted))


@pytest.mark.parametrize(
    ("wanted", "claim"),
    [
        ("sr-Latn", "sr-Cyrl"),
        ("sr-Latn", "sr"),
        ("hi-Latn", "hi"),
        ("ro-Cyrl", "ro"),
        ("zh-Hans", "zh-Hant"),
        ("ch", "zh-Hant"),
        ("ka-Geor", "kn"),
        ("id", "ms"),
        ("no", "nn"),
    ],
)
def test_a_tag_does_not_serve_another_language_or_script(wanted: str, claim: str) -> None:
    assert not claims([claim], parse_language(wanted))
    assert not claims([], parse_language(wanted))


@pytest.mark.parametrize(
    ("published_for", "wanted", "near"),
    [
        ("ru", "ru", 3),
        ("zle", "ru", 2),
        ("und-Cyrl", "ru", 2),
        ("mul", "ru", 1),
        ("und-Latn", "ru", 0),
        ("en", "ru", 0),
    ],
)
def test_how_well_a_figure_speaks_for_a_language(published_for: str, wanted: str, near: int) -> None:
    assert nearness(published_for, parse_language(wanted)) == near


def test_a_language_without_letters_on_file_still_has_name_script_and_direction() -> None:
    romanian = parse_language("ro-Cyrl")
    assert (str(romanian), romanian.direction, romanian.letters) == ("Romanian (Cyrl) (ro-Cyrl)", "ltr", frozenset())
    assert parse_language("az-Hebr").direction == "rtl"
