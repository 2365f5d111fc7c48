"""Scripts: of letters, of texts, and of languages."""

from __future__ import annotations

import pytest

from ocrzoo.text.scripts import TWIN_SCRIPTS, TWINS, WrittenLanguage, letters, script_of, weights


def test_letters_are_what_belongs_to_one_script() -> None:
    assert letters("Ab1, é\u0301 ๑ก็ 9ー。'") == ["A", "b", "é\u0301"[0], *"ก็"]


def test_syllables_and_ideographs_count_like_several_letters() -> None:
    assert weights("OpenVINO 推理引擎") == {"Latn": 8, "Hani": 12}
    assert weights("12.50 %") == {}


@pytest.mark.parametrize(
    ("script", "scripts", "runs_down"),
    [
        ("Latn", {"Latn"}, False),
        ("Arab", {"Arab"}, False),
        ("Hans", {"Hani"}, True),
        ("Jpan", {"Hani", "Hira", "Kana"}, True),
        ("Kore", {"Hang"}, True),
        ("Mong", {"Mong"}, True),
    ],
)
def test_the_scripts_of_a_language(script: str, scripts: set[str], runs_down: bool) -> None:
    language = WrittenLanguage("xx", "xx", script)
    assert language.scripts == scripts
    assert language.runs_down is runs_down


def test_twins_are_letters_of_scripts_that_share_shapes() -> None:
    assert {script_of(letter) for letter in TWINS} == TWIN_SCRIPTS
    assert TWINS.issuperset("BCE" + "ВСЕ")
    assert TWINS.isdisjoint("DFGbdhЖДЮ")
