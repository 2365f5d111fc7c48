"""Scripts: of letters, of texts, and of languages."""

from __future__ import annotations

import pytest

from ocrzoo.text.scripts import (
    CONFUSABLE_SCRIPTS,
    CONFUSABLES,
    letters,
    may_run_down,
    scripts_of,
    weights,
)
from ocrzoo.text.unicode_scripts import script_of
from ocrzoo_registry.languages.tags import Language


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
    language = Language("xx", "xx", script)
    assert scripts_of(language) == scripts
    assert may_run_down(language) is runs_down


def test_confusables_are_letters_of_scripts_that_share_shapes() -> None:
    assert {script_of(letter) for letter in CONFUSABLES} == CONFUSABLE_SCRIPTS
    assert CONFUSABLES.issuperset("BCE" + "ВСЕ")
    assert CONFUSABLES.isdisjoint("DFGbdhЖДЮ")
