"""``ocrzoo models``: the catalog on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from tests.registry.kit import SitePackages, card_data

import ocrzoo_cards
from ocrzoo_registry.download.request import DownloadRequest

Run = Callable[..., Any]
PLUGIN = """
from ocrzoo_registry import build_card, hookimpl

@hookimpl
def ocrzoo_model_cards():
    yield build_card({!r}, origin="sea")
"""
HEAVY = {"numpy", "cv2", "paddle", "openvino", "onnxruntime", "PIL", "rich", "requests"}


def listed(run: Run, *arguments: str) -> list[dict[str, Any]]:
    ran = run("models", "list", "--json", *arguments)
    assert ran.code == 0
    models: list[dict[str, Any]] = json.loads(ran.out)
    return models


@pytest.mark.parametrize("arguments", [["list", "--json"], ["list"], ["show", "PP-OCRv5_mobile_rec"]])
def test_no_inference_code_is_imported(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from ocrzoo.cli import main\n"
        f"main(['models', *{arguments!r}])\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == "[]\n"


NAMES = sorted(path.stem for path in ocrzoo_cards.ROOT.glob("*/*.yaml"))


class TestList:
    """Every model, or those that meet conditions."""

    def test_has_an_entry_for_every_card(self, run: Run) -> None:
        assert sorted(model["name"] for model in listed(run)) == NAMES

    def test_by_the_installed_command(self, start: Run) -> None:
        done = start("models", "list", "--json")
        assert (done.returncode, done.stderr) == (0, "")
        assert len(json.loads(done.stdout)) == len(NAMES)

    def test_an_entry(self, run: Run) -> None:
        (model,) = listed(run, "PP-OCRv5_mobile_det")
        assert list(model) == [
            *("name", "family", "task", "tier", "version", "summary", "license"),
            *("languages", "size_mb", "formats", "installed", "available"),
        ]
        assert (model["family"], model["task"], model["tier"]) == ("ppocrv5", "text_detection", "mobile")
        assert "onnx" in model["formats"]

    @pytest.mark.parametrize(
        ("condition", "key", "value", "count"),
        [
            (["--task", "text_detection"], "task", "text_detection", 9),
            (["--task", "text_recognition"], "task", "text_recognition", 34),
            (["--family", "uvdoc"], "family", "uvdoc", 1),
            (["--tier", "tiny"], "tier", "tiny", 2),
        ],
    )
    def test_conditions(self, run: Run, condition: list[str], key: str, value: str, count: int) -> None:
        models = listed(run, *condition)
        assert {model[key] for model in models} == {value}
        assert len(models) == count

    def test_languages(self, run: Run) -> None:
        models = listed(run, "--lang", "ko")
        assert "korean_PP-OCRv5_mobile_rec" in [model["name"] for model in models]
        assert all("ko" in model["languages"] for model in models)
        ran = run("models", "list", "--lang", "ru,ko")
        assert (ran.code, "'ocrzoo models select --lang ru,ko'" in ran.err) == (2, True)

    def test_conditions_are_combined(self, run: Run) -> None:
        names = [model["name"] for model in listed(run, "--task", "text_detection", "--family", "ppocrv5", "*server*")]
        assert names == ["PP-OCRv5_server_det"]

    def test_patterns(self, run: Run) -> None:
        assert {model["task"] for model in listed(run, "*_det")} == {"text_detection", "seal_text_detection"}
        assert {model["version"] for model in listed(run, "OCRv6")} == {"PP-OCRv6"}

    @pytest.mark.parametrize(
        ("option", "value", "nearest"),
        [
            ("--task", "text_recogniton", "text_recognition"),
            ("--family", "ppocr5", "ppocrv5"),
            ("--tier", "small1", "small"),
        ],
    )
    def test_an_unknown_condition(self, run: Run, option: str, value: str, nearest: str) -> None:
        ran = run("models", "list", option, value)
        assert ran.code == 2
        assert repr(value) in ran.error
        assert nearest in ran.error

    def test_none_installed(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OCRZOO_HOME", str(tmp_path))
        assert listed(run, "--installed") == []
        ran = run("models", "list", "--installed")
        assert (ran.code, ran.error) == (0, "no model matches")

    @pytest.mark.weights
    def test_some_installed(self, run: Run, zoo: Any) -> None:
        zoo.resolver.get(DownloadRequest(zoo.models.get("PP-OCRv5_mobile_det"), ["onnx"]))
        models = listed(run, "--installed")
        assert {"PP-OCRv5_mobile_det": ["onnx"]}.items() <= {m["name"]: m["installed"] for m in models}.items()

    def test_a_table_without_a_terminal(self, run: Run) -> None:
        ran = run("models", "list")
        headings, *rows = ran.out.splitlines()
        assert headings.split("\t") == ["model", "task", "tier", "languages", "mb", "weights"]
        assert len(rows) == len(NAMES)
        assert {row.count("\t") for row in rows} == {5}
        assert "\x1b" not in ran.out + ran.err

    def test_a_size_that_only_the_files_tell(self, run: Run) -> None:
        size = next(model["size_mb"] for model in listed(run) if model["name"] == "PP-OCRv6_small_rec")
        assert size == 21.2
        assert f"\t{size}\t" in run("models", "list", "PP-OCRv6_small_rec").out
        assert f"Size\t{size} MB" in run("models", "show", "PP-OCRv6_small_rec").out


class TestShow:
    """One card."""

    def test_a_table(self, run: Run) -> None:
        ran = run("models", "show", "PP-OCRv5_mobile_rec")
        assert (ran.code, ran.err) == (0, "")
        rows = dict(line.split("\t", 1) for line in ran.out.splitlines())
        assert "PP-OCRv5_mobile_rec" in rows.values()
        assert rows["Task"] == "text_recognition, version PP-OCRv5, mobile"
        assert rows["License"] == "Apache-2.0"
        assert "zh" in rows["Languages"]
        assert rows["Plugin"].startswith("'ppocrv5' (ocrzoo ")
        assert "\x1b" not in ran.out

    def test_json(self, run: Run) -> None:
        ran = run("models", "show", "PP-OCRv4_mobile_det", "--json")
        card = json.loads(ran.out)
        assert ran.out.count("\n") == 1
        assert card["name"] == "PP-OCRv4_mobile_det"
        assert set(card["artifacts"]) == {"paddle", "onnx"}
        assert isinstance(card["installed"], dict)

    def test_every_card_can_be_shown(self, run: Run) -> None:
        for model in listed(run):
            assert run("models", "show", model["name"]).code == 0

    def test_who_verified_a_figure_and_what_a_model_is_made_from(self, run: Run, site: SitePackages) -> None:
        metric = {"name": "hmean", "value": 81.5, "unit": "percent", "source": "seaside"}
        by = {"by": "another laboratory", "when": "2026-11-30", "on": "the same pages"}
        data = card_data(
            metrics=[metric, metric | {"verified": by}, metric | {"verified": {"by": "a reader"}}],
            base_model=[{"name": "UVDoc", "relation": "quantized"}],
            card_version="1.2.0",
        )
        site.install("sea-dist", {"sea": PLUGIN.format(data)})
        fields = [line.partition("\t") for line in run("models", "show", "seaside_det").out.splitlines()]
        figure = "hmean 81.5 % on an unnamed data set (seaside)"
        assert [value for field, _, value in fields if field == "Metric"] == [
            figure,
            f"{figure}; verified by another laboratory on 2026-11-30, the same pages",
            f"{figure}; verified by a reader",
        ]
        assert ("Made from", "\t", "UVDoc (quantized)") in fields
        assert ("Card version", "\t", "1.2.0") in fields

    def test_an_unknown_name_gets_the_nearest(self, run: Run) -> None:
        ran = run("models", "show", "PPOCRv5_server_rec")
        assert (ran.code, ran.out) == (3, "")
        assert "PP-OCRv5_server_rec" in ran.error


class TestTerminal:
    """Tables where there is a terminal, colors only there."""

    def test_pretty(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setenv("COLUMNS", "160")
        ran = run("models", "list", "PP-OCRv5_*_det")
        assert "\t" not in ran.out
        assert "PP-OCRv5_mobile_det" in ran.out
        assert "Languages" in ran.out

    @pytest.mark.parametrize("width", [80, 100, 120, 200])
    @pytest.mark.parametrize("command", [["models", "list"], ["models", "select", "--lang", "ru,en", "--explain"]])
    def test_no_word_is_broken(self, run: Run, monkeypatch: pytest.MonkeyPatch, command: list[str], width: int) -> None:
        piped = [line.split("\t") for line in run(*command).out.splitlines()]
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setenv("COLUMNS", str(width))
        out = click.unstyle(run(*command).out)
        assert max(len(line) for line in out.splitlines()) <= width
        shown = set(out.split())
        assert {row[0] for row in piped[1:]} <= shown, "each model's name is in one piece"
        assert {"text_recognition", "textline_orientation"} <= shown or {"claims", "qualifies;"} & shown


def test_plugins_as_json(run: Run) -> None:
    data = json.loads(run("plugins", "list", "--json").out)
    plugins = {plugin["name"]: plugin for plugin in data["plugins"]}
    assert {"core", "ppocrv3", "ppocrv4", "ppocrv5", "ppocrv6", "multilingual", "svtr", "lcnet", "uvdoc"} <= set(
        plugins
    )
    hooks = {"ocrzoo_sources", "ocrzoo_predictors", "ocrzoo_engines", "ocrzoo_pipelines"}
    assert set(plugins["core"]["hooks"]) == hooks
    assert {plugin["status"] for plugin in plugins.values()} == {"loaded"}
    assert {plugin["distribution"] for plugin in plugins.values()} >= {"ocrzoo"}
    assert data["conflicts"] == []


def test_plugins_as_a_table(run: Run) -> None:
    ran = run("plugins", "list")
    headings, *rows = ran.out.splitlines()
    assert headings.split("\t") == ["plugin", "distribution", "status", "hooks", "faults"]
    assert any(row.startswith("uvdoc\tocrzoo ") for row in rows)
    assert "\x1b" not in ran.out


def test_a_plugin_left_out(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCRZOO_DISABLE_PLUGINS", "uvdoc")
    status = {
        plugin["name"]: plugin["status"] for plugin in json.loads(run("plugins", "list", "--json").out)["plugins"]
    }
    assert status["uvdoc"] == "disabled"
    assert len(listed(run)) == 48
