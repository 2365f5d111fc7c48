"""The script that turns Unicode CLDR into the file of letters: its reading of sets, capitals, and its writing."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "orthographies.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("orthographies_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("pattern", "members"),
    [
        ("[]", []),
        ("[a b c]", ["a", "b", "c"]),
        ("[aàả b]", ["a", "à", "ả", "b"]),
        ("[a-d]", ["a", "b", "c", "d"]),
        ("[가-각 z]", ["가", "각", "z"]),
        ("[c {ch} d]", ["c", "ch", "d"]),
        ("[{ą\u0301}{ij}]", ["ą\u0301", "ij"]),
        (r"[\- \[ \] \\ \: \{ \& ]", ["-", "[", "]", "\\", ":", "{", "&"]),
        (r"[\u200C\u200D]", ["\u200c", "\u200d"]),
        (r"[\U0001E900]", ["\U0001e900"]),
        (r"[\u0061-\u0063]", ["a", "b", "c"]),
        ("[  a \t b ]", ["a", "b"]),
    ],
)
def test_sets(script: ModuleType, pattern: str, members: list[str]) -> None:
    assert script.exemplars(pattern) == members


@pytest.mark.parametrize(
    "pattern", ["", "abc", "[a-]", "[-a]", "[{ab}-c]", "[{ab]", "[a [b]]", "[[:L:]]", "[^a]", "[a & b]", "[$x]"]
)
def test_what_is_not_written_like_that_is_refused(script: ModuleType, pattern: str) -> None:
    with pytest.raises(ValueError, match=r"set|range|brace|supported"):
        script.exemplars(pattern)


@pytest.mark.parametrize(
    ("language", "letters", "upper"),
    [
        ("en", "i", ["I"]),
        ("tr", "iı", ["İ", "I"]),
        ("az", "i", ["İ"]),
        ("de", "ß", ["SS"]),
        ("el", "ςΐά", ["Σ", "Ϊ", "Ά"]),
        ("ka", "ა", []),
        ("he", "א", []),
        ("lt", "ė", ["Ė"]),
    ],
)
def test_capitals(script: ModuleType, language: str, letters: str, upper: list[str]) -> None:
    import unicodedata

    found = [unicodedata.normalize("NFC", text) for text in script.capitals(letters, language)]
    assert found == upper


@pytest.mark.parametrize(
    ("characters", "written"),
    [("", ""), ("cba", "abc"), ("abcd", "a-d"), ("abcdz", "a-dz"), ("aü\u0301", "aü \u0301"), ("\u0301", "\u0301")],
)
def test_writing_reads_back(script: ModuleType, characters: str, written: str) -> None:
    from ocrzoo_registry.languages.orthography import _expand

    assert script.shorten(characters) == written
    assert _expand(written) == set(characters)


def test_a_table_leaves_out_what_changes_no_letter(script: ModuleType, tmp_path: Path) -> None:
    def write(path: str, data: object) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(json.dumps(data), encoding="utf-8")

    def locale(name: str, letters: str) -> None:
        sets = {"exemplarCharacters": letters, "numbers": "[0 1]", "punctuation": "[. !]"}
        write(f"cldr-misc-full/main/{name}/characters.json", {"main": {name: {"characters": sets}}})

    def names(what: str, given: dict[str, str]) -> None:
        data: dict[str, Any] = {"main": {"en": {"localeDisplayNames": {what: given}}}}
        write(f"cldr-localenames-full/main/en/{what}.json", data)

    write("cldr-core/supplemental/likelySubtags.json", {"supplemental": {"likelySubtags": {"aa": "aa-Latn-ET"}}})
    write("cldr-core/supplemental/aliases.json", {"supplemental": {"metadata": {"alias": {"languageAlias": {}}}}})
    write("cldr-core/scriptMetadata.json", {"scriptMetadata": {"Arab": {"rtl": "YES"}}})
    names("languages", {"aa": "Afar", "zz": "Nowhere", "mul": "Many"})
    names("scripts", {"Arab": "Arabic"})
    locale("aa", "[a b ·]")
    locale("aa-ET", "[a b]")
    locale("aa-DJ", "[a b c]")
    locale("aa-Arab", "[ب]")
    rows = [row.split("\t") for row in script.table(script.Cldr(tmp_path)).splitlines() if not row.startswith("#")]
    found = {row[0]: row for row in rows}
    assert set(found) == {"aa", "aa-Arab", "aa-DJ", "zz", *script.UNNAMED}
    assert found["aa"] == ["aa", "Latn", "ltr", "Afar", "", "ab", "AB", "01", "!.·"]
    assert found["aa-Arab"][1:4] == ["Arab", "rtl", "Afar (Arabic)"]
    assert found["aa-DJ"][5] == "abc"
