"""The checks in another process: one that hangs or crashes costs itself alone, and nothing is left behind."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.testing.plugins import Seaside

from ocrzoo.testing import CHECKS, Report, Result, isolation
from ocrzoo.testing import check as check_apart
from ocrzoo.testing import worker as worker_script
from ocrzoo.testing.running import Job, Place
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.usefixtures("without_network")

HANGS = "import time\ntime.sleep(600)\n"
BOUND = "bound each wait, and look for what crashes"


def of(report: Report, check: str) -> Result:
    (result,) = [one for one in report.results if one.check == check]
    return result


@pytest.mark.weights
class TestAnotherProcess:
    def test_a_predictor_that_hangs_is_a_finding_and_the_plugin_itself_is_checked(
        self, tmp_path: Path, zoo: Zoo
    ) -> None:
        plugin = Seaside(tmp_path / "seaside", zoo)
        plugin.reader(HANGS)

        report = check_apart(plugin.write(), timeout_s=20)

        assert not report.ok
        assert [str(one) for one in of(report, "output").findings] == [
            "output: does not end within 20 s (bound each wait, and look for what crashes)"
        ]
        assert of(report, "license").outcome == "passed"
        assert {of(report, one.name).outcome for one in CHECKS if one.needs == "answer"} == {"skipped"}

    def test_one_that_ends_the_process_for_small_pictures_costs_that_check_alone(
        self, tmp_path: Path, zoo: Zoo
    ) -> None:
        plugin = Seaside(tmp_path / "seaside", zoo)
        plugin.reader(
            "import os\nmin(c.shape[0] for c in crops) > 1 or os.kill(os.getpid(), 11)\nreturn super().predict(crops)"
        )

        report = check_apart(plugin.write())

        assert [result.check for result in report.results if result.findings] == ["pictures"]
        (finding,) = of(report, "pictures").findings
        assert "crashed with SIGSEGV" in finding.message
        assert [result.check for result in report.results] == [one.name for one in CHECKS]

    def test_a_plugin_that_hangs_as_it_is_imported(
        self, tmp_path: Path, zoo: Zoo, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What it left is deleted too."""
        plugin = Seaside(tmp_path / "seaside", zoo, module=HANGS, weights=b"")
        (tmp_path / "temporary").mkdir()
        monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
        monkeypatch.setattr("tempfile.tempdir", None)

        report = check_apart(plugin.write(), timeout_s=8)

        assert [str(finding) for _, finding in report.findings] == [
            "import: does not end within 8 s (bound each wait, and look for what crashes)"
        ]
        assert list((tmp_path / "temporary").iterdir()) == []


WORKER = """
import json, os, sys

def report(**what):
    print(json.dumps(what), flush=True)

job = json.loads(sys.stdin.readline())
report(starts=["model", "own", f"check {len(job['done'])}"])
"""


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let other code do the work."""

    def become(code: str) -> None:
        (tmp_path / "worker.py").write_text(WORKER + code)
        monkeypatch.setattr(isolation, "WORKER", tmp_path / "worker.py")

    return become


class TestReportsOfAnotherProcess:
    def test_after_three_checks_that_do_not_end_the_others_are_given_up(self, worker: Callable[[str], None]) -> None:
        worker("os._exit(7)")

        found = check_apart("own")

        assert [(one.check, [str(finding) for finding in one.findings]) for one in found.results[:2]] == [
            (f"check {number}", [f"check {number}: the process ended with status 7 ({BOUND})"]) for number in range(2)
        ]
        assert [(one.severity, one.message) for one in found.results[2].findings] == [
            ("error", "the process ended with status 7"),
            ("skipped", "what follows it is not checked: 3 checks did not end"),
        ]
        assert len(found.results) == 3

    def test_weights_that_arrive_are_no_end(self, worker: Callable[[str], None]) -> None:
        result = Result("own", "model", "check 0").to_dict()
        worker(f"report(arrives=True)\nreport(result={result!r})\nreport(done=True)")

        assert [one.check for one in check_apart("own").results] == ["check 0"]

    def test_and_they_are_fetched_once_for_all_processes(
        self, tmp_path: Path, zoo: Zoo, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worker_script, "_INTERVAL_S", 0)
        folder = Seaside(tmp_path / "seaside", zoo, weights=b"anything").write()
        network = [one.name for one in CHECKS if one.needs not in {"plugin", "card"}]
        left_out: set[Place] = {("model", "seaside_rec", name) for name in network}
        job = Job(folder=folder, scratch=tmp_path / "scratch", done=left_out)

        arrived = []
        for _ in range(2):
            reports = io.StringIO()
            worker_script._work(job.to_json(), reports)
            lines = [json.loads(line) for line in reports.getvalue().splitlines()]
            assert lines[-1] == {"done": True}
            arrived.append({"arrives": True} in lines)

        assert arrived == [True, False]
