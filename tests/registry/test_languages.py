"""Languages: BCP-47 tags, PaddleOCR's own codes, and which tag serves which."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrzoo_registry.languages import PADDLEOCR_CODES, matches, normalise


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        *PADDLEOCR_CODES.items(),
        ("pt_BR", "pt-BR"),
        ("PT-br", "pt-BR"),
        ("ZH_hans", "zh-Hans"),
        ("zh_CN", "zh-Hans"),
        ("zh-tw", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("sr_latn_rs", "sr-Latn-RS"),
        (" en ", "en"),
        ("Japan", "ja"),
        ("es-419", "es-419"),
    ],
)
def test_a_code_becomes_a_tag(code: str, tag: str) -> None:
    assert normalise(code) == tag


@given(
    st.text(alphabet=string.ascii_letters + string.digits + "-_ ", max_size=24) | st.sampled_from([*PADDLEOCR_CODES])
)
def test_a_tag_stays_as_it_is(code: str) -> None:
    assert normalise(normalise(code)) == normalise(code)


@pytest.mark.parametrize(
    ("wanted", "offered"),
    [
        ("zh", "zh-Hant"),
        ("zh-Hant", "zh-Hant"),
        ("zh-TW", "zh-Hant"),
        ("chinese_cht", "zh-Hant"),
        ("pt-BR", "pt"),
        ("sr", "sr-Cyrl"),
        ("japan", "ja"),
    ],
)
def test_a_shorter_tag_serves_and_asks_for_everything_below_it(wanted: str, offered: str) -> None:
    assert matches(wanted, ["xx", offered])


@pytest.mark.parametrize(
    ("wanted", "offered"),
    [("sr-Latn", "sr-Cyrl"), ("zh-Hans", "zh-Hant"), ("ch", "zh-Hant"), ("e", "en"), ("en", "e"), ("", "en")],
)
def test_a_tag_does_not_serve_its_sibling_nor_a_part_of_a_word(wanted: str, offered: str) -> None:
    assert not matches(wanted, [offered])


def test_nothing_offered_serves_nothing() -> None:
    assert not matches("en", [])
