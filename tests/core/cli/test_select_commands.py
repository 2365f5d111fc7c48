"""``ocrzoo models select`` and ``ocrzoo languages``: a name for scripts, evidence for people, and both as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]
HEAVY = {"numpy", "cv2", "paddle", "openvino", "onnxruntime", "PIL", "rich", "requests"}


class TestSelect:
    """Which model reads a language."""

    def test_the_name_goes_to_standard_output_and_the_reason_to_standard_error(self, run: Run) -> None:
        ran = run("models", "select", "--lang", "ru")
        assert (ran.code, ran.out) == (0, "eslav_PP-OCRv5_mobile_rec\n")
        assert ran.error.startswith(
            "eslav_PP-OCRv5_mobile_rec claims Russian (ru) and has all its 66 letters; the next,"
        )

    @pytest.mark.parametrize("lang", ["zh-Hant", "ja", "ko", "th", "el", "sr-Latn", "sr-Cyrl", "ur", "mr", "Korean"])
    def test_explained(self, run: Run, lang: str) -> None:
        ran = run("models", "select", "--lang", lang, "--explain")
        assert ran.code == 0
        headings, *rows = ran.out.splitlines()
        assert headings.split("\t") == [
            *("model", "qualifies", "claims it", "letters", "published", "mb", "cpu ms", "lacks", "why"),
        ]
        assert rows[0].split("\t")[1] == "yes"
        assert " and has " in rows[0].split("\t")[-1]
        assert all(row.split("\t")[-1] for row in rows)

    def test_selected_models_come_first_with_their_languages(self, run: Run) -> None:
        _, *rows = run("models", "select", "--lang", "ru,ko", "--explain").out.splitlines()
        assert [row.split("\t")[:2] for row in rows[:2]] == [
            ["eslav_PP-OCRv5_mobile_rec", "for ru"],
            ["korean_PP-OCRv5_mobile_rec", "for ko"],
        ]
        assert {row.split("\t")[1] for row in rows[2:]} == {"no"}

    @pytest.mark.parametrize(
        ("lang", "letters"),
        [("vi", "ạ (LATIN SMALL LETTER A WITH DOT BELOW)"), ("cy", "ẁ"), ("kn", "KANNADA LETTER VOCALIC L")],
    )
    def test_nothing_qualifies(self, run: Run, lang: str, letters: str) -> None:
        ran = run("models", "select", "--lang", lang)
        assert ran.code == 3
        assert letters in ran.error
        assert "docs/plugins/tutorial.md" in ran.error
        _, *rows = ran.out.splitlines()
        assert 1 <= len(rows) <= 5
        assert {row.split("\t")[1] for row in rows} == {"no"}
        assert all(row.split("\t")[7] for row in rows)

    def test_json(self, run: Run) -> None:
        data = json.loads(run("models", "select", "--lang", "ru", "--json").out)
        assert data["model"] == "eslav_PP-OCRv5_mobile_rec"
        assert data["languages"] == [
            {"tag": "ru", "name": "Russian", "script": "Cyrl", "direction": "ltr", "letters": 66}
        ]
        first = data["candidates"][0]
        assert (first["name"], first["qualifies"], first["size_mb"]) == ("eslav_PP-OCRv5_mobile_rec", True, 14)
        assert first["support"]["ru"]["coverage"] == 1
        assert first["support"]["ru"]["metric"]["language"] == "zle"
        assert {latency["device"] for latency in first["latency"]} == {"cpu", "gpu"}

    def test_json_of_a_failure_has_every_missing_letter(self, run: Run) -> None:
        ran = run("models", "select", "--lang", "vi", "--json")
        assert ran.code == 3
        data = json.loads(ran.out)
        assert data["model"] is None
        missing = data["candidates"][0]["support"]["vi"]["missing"]
        assert len(missing) == 88
        assert missing["ạ"] == "LATIN SMALL LETTER A WITH DOT BELOW"

    def test_several_languages(self, run: Run) -> None:
        assert run("models", "select", "--lang", "ru,en").out == "eslav_PP-OCRv5_mobile_rec\n"
        assert (
            run("models", "select", "--lang", "ru", "--lang", "en").err
            == run("models", "select", "--lang", "ru,en").err
        )
        ran = run("models", "select", "--lang", "ru,ko", "--json")
        assert ran.code == 0
        assert json.loads(ran.out)["model"] is None
        assert {one["name"] for one in json.loads(ran.out)["minimal_set"]} == {
            "eslav_PP-OCRv5_mobile_rec",
            "korean_PP-OCRv5_mobile_rec",
        }

    def test_several_models_are_printed_in_the_order_of_the_languages(self, run: Run) -> None:
        ran = run("models", "select", "--lang", "ru,ko")
        assert (ran.code, ran.out) == (0, "eslav_PP-OCRv5_mobile_rec\nkorean_PP-OCRv5_mobile_rec\n")
        assert "no single model reads Russian (ru), Korean (ko): the smallest set is" in ran.err

    def test_a_language_without_a_model_among_several(self, run: Run) -> None:
        ran = run("models", "select", "--lang", "ru,ko,vi")
        assert ran.code == 3
        assert "no model reads Vietnamese (vi)" in ran.err

    @pytest.mark.parametrize(
        ("terms", "name"),
        [
            (["--max-size-mb", "5"], "PP-OCRv6_tiny_rec"),
            (["--tier", "mobile"], "latin_PP-OCRv5_mobile_rec"),
            (["--tier", "small", "--min-coverage", "1"], "PP-OCRv6_small_rec"),
        ],
    )
    def test_terms(self, run: Run, terms: list[str], name: str) -> None:
        assert run("models", "select", "--lang", "fr", *terms).out == f"{name}\n"

    @pytest.mark.parametrize(
        ("arguments", "code", "says"),
        [
            (["--lang", "ka"], 2, "use 'kn' for Kannada (PaddleOCR's meaning), or 'ka-Geor' for Georgian"),
            (["--lang", "xx"], 3, "unknown language 'xx'"),
            (["--lang", ","], 3, "no language given"),
            ([], 2, "--lang"),
            (["--lang", "ru", "--tier", "mobil"], 2, "did you mean mobile"),
            (["--lang", "ru", "--task", "text_detection"], 2, "are not language-specific"),
            (["--lang", "ru", "--min-coverage", "99"], 2, "between 0 and 1"),
        ],
    )
    def test_mistakes(self, run: Run, arguments: list[str], code: int, says: str) -> None:
        ran = run("models", "select", *arguments)
        assert ran.code == code
        assert says in ran.error

    def test_none_installed(self, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        monkeypatch.setenv("OCRZOO_HOME", str(tmp_path))
        ran = run("models", "select", "--lang", "ru", "--installed")
        assert ran.code == 3
        assert "is not installed" in ran.error

    def test_the_code_ch_is_explained(self, run: Run) -> None:
        ran = run("models", "select", "--lang", "ch")
        assert ran.out == "PP-OCRv5_mobile_rec\n"
        assert "warning: 'ch' means Chinese" in ran.err


class TestLanguages:
    """Every language, or one."""

    def test_all(self, run: Run) -> None:
        headings, *rows = run("languages").out.splitlines()
        assert headings.split("\t") == ["tag", "language", "script", "model", "letters", "lacks", "paddleocr's code"]
        cells = {row.split("\t")[0]: row.split("\t") for row in rows}
        assert len(cells) > 100
        assert cells["ru"][1:5] == ["Russian", "Cyrl", "eslav_PP-OCRv5_mobile_rec", "all 66"]
        assert cells["vi"][3:5] == ["none", "90 of 178"]
        assert cells["kn"][6] == "ka"

    def test_all_as_json(self, run: Run) -> None:
        data = {one["tag"]: one for one in json.loads(run("languages", "--json").out)}
        assert data["ur"]["direction"] == "rtl"
        assert data["kn"]["model"] is None
        assert data["kn"]["paddleocr"][0]["code"] == "ka"
        assert data["kn"]["paddleocr"][0]["support"]["coverage"] < 0.9

    def test_one(self, run: Run) -> None:
        ran = run("languages", "greek")
        assert (ran.code, ran.err) == (0, "")
        rows = [line.split("\t", 1) for line in ran.out.splitlines()]
        values = dict(rows)
        assert values["Language"] == "Greek (el)"
        assert values["Script"] == "Grek, left to right"
        assert values["Letters"].startswith("ΐ ά έ")
        assert values["Marks in NFD"] == "\u25cc\u0301 \u25cc\u0308"
        assert ["Model", "el_PP-OCRv5_mobile_rec: claims it, letters all 69"] in rows

    def test_a_language_with_unknown_letters(self, run: Run) -> None:
        values = dict(line.split("\t", 1) for line in run("languages", "av").out.splitlines())
        assert values["Letters"] == "unknown to Unicode CLDR"

    def test_one_as_json(self, run: Run) -> None:
        data = json.loads(run("languages", "vi", "--json").out)
        assert "ạ" in data["letters_needed"]
        assert "\u0323" in data["combining_in_nfd"]
        assert data["model"] is None

    def test_an_unknown_language(self, run: Run) -> None:
        ran = run("languages", "xx")
        assert ran.code == 3
        assert "unknown language" in ran.error


@pytest.mark.parametrize("arguments", [["models", "select", "--lang", "ru"], ["languages"], ["languages", "ru"]])
def test_no_inference_code_is_imported(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from ocrzoo.cli import main\n"
        f"main({arguments!r})\n"
        f"assert not {HEAVY!r} & set(sys.modules), sorted({HEAVY!r} & set(sys.modules))\n"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True)


@pytest.mark.parametrize("arguments", [["models", "list"], ["models", "list", "--task", "text_recognition"]])
def test_language_code_is_not_imported_without_a_language(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from ocrzoo.cli import main\n"
        f"main({arguments!r})\n"
        "named = {'langcodes', 'ocrzoo_registry.languages.tags', 'ocrzoo_registry.languages.orthography'}\n"
        "assert not named & set(sys.modules), named & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True)


def test_a_list_by_language_says_how_many_letters_each_has(run: Run) -> None:
    headings, *rows = run("models", "list", "--lang", "cy").out.splitlines()
    assert headings.split("\t")[-1] == "letters"
    assert {row.split("\t")[-1] for row in rows} == {"90 of 98", "83 of 98"}
    models = json.loads(run("models", "list", "--lang", "cy", "--json").out)
    assert {len(model["support"]["missing"]) for model in models} == {8, 15}
    assert "support" not in json.loads(run("models", "list", "PP-OCRv6_tiny_rec", "--json").out)[0]


def test_a_card_shows_what_its_charset_lacks(run: Run) -> None:
    lines = run("models", "show", "PP-OCRv6_tiny_rec").out.splitlines()
    assert "Letters\tall of 42 of the 49 languages claimed" in lines
    assert "Lacks\tRomanian (ro): ș ț Ș Ț" in lines
    assert "Not known\tletters of la" in lines
    coverage = json.loads(run("models", "show", "PP-OCRv6_tiny_rec", "--json").out)["coverage"]
    assert coverage["ro"]["coverage"] == pytest.approx(58 / 62, abs=1e-4)
    assert not any(line.startswith("Lacks") for line in run("models", "show", "PP-OCRv5_mobile_det").out.splitlines())
