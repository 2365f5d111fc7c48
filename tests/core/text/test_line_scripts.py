"""The script of a line, and the language that it tells."""

from __future__ import annotations

import pytest

from ocrzoo.text.line_scripts import only_language, script_of_line


@pytest.mark.parametrize(
    ("text", "script", "language"),
    [
        ("The lamp is lit", "Latn", None),
        ("Лампа горит", "Cyrl", None),
        ("Το φως ανάβει", "Grek", "el"),
        ("დღე და ღამე", "Geor", "ka"),
        ("แสงไฟ 24", "Thai", "th"),
        ("빛이 켜진다", "Kore", "ko"),
        ("漢字 빛", "Kore", "ko"),
        ("灯りがつく", "Jpan", "ja"),
        ("ランプ", "Jpan", "ja"),
        ("灯亮了", "Hani", None),
        ("האור דולק", "Hebr", None),
        ("दीपक", "Deva", None),
        ("model 灯亮了", "Hani", None),
        ("12:30 - 14:00", None, None),
        ("", None, None),
    ],
)
def test_scripts_and_languages_of_lines(text: str, script: str | None, language: str | None) -> None:
    assert (script_of_line(text), only_language(script)) == (script, language)


def test_a_script_that_is_in_no_table_tells_no_language() -> None:
    assert only_language("Qaaa") is None
