"""``ocrzoo batch``: what it prints, its exit codes, its progress, and what it says where an extra is missing."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import NEAR
from tests.core.batch.kit import TINY, document, load_once, png, table
from tests.core.cli.conftest import Ran

from ocrzoo.batch.job import Progress
from ocrzoo.cli import progress
from ocrzoo_registry.errors import ExitCode

MODELS = [f"--{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in TINY.items()]

START_S, STOP_S = 120, 60


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """SOURCE with three pages, and DEST."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.png").write_bytes(png("One"))
    (tmp_path / "in/d.pdf").write_bytes(document(["Two", "Three"]))
    return tmp_path / "in", tmp_path / "out"


@pytest.fixture(autouse=True)
def one_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load models once."""
    load_once(monkeypatch)


@pytest.fixture
def batch(run: Callable[..., Ran], places: tuple[Path, Path]) -> Callable[..., Ran]:
    """Run the command on SOURCE and DEST."""
    return lambda *arguments: run("batch", places[0], "--out", places[1], *MODELS, *arguments)


def test_it_says_how_many_pages_were_read_and_where_they_are(
    batch: Callable[..., Ran], places: tuple[Path, Path]
) -> None:
    (places[0] / "notes.txt").write_text("")
    ran = batch()
    assert ran.code == ExitCode.DONE
    assert ran.out.startswith("3 pages read in ")
    assert ran.out.endswith(f" a second): {places[1]}/results\n")
    assert ran.err == "warning: 1 left out, of no type that is read: notes.txt\n"
    again = batch()
    assert (again.code, again.out.partition(" in ")[0]) == (ExitCode.DONE, "0 pages read")
    assert "2 files read in earlier runs\n" in again.err


def test_what_could_not_be_read_is_exit_code_6_in_later_runs_too(
    batch: Callable[..., Ran], places: tuple[Path, Path]
) -> None:
    (places[0] / "bad.png").write_bytes(b"bad")
    ran = batch()
    assert ran.code == ExitCode.INPUTS
    assert ran.out.splitlines()[1] == f"1 page could not be read: {places[1]}/errors"
    again = batch()
    assert again.code == ExitCode.INPUTS
    assert "1 file could not be read in earlier runs (--retry_failed reads them again)\n" in again.err
    (places[0] / "bad.png").write_bytes(png("Good"))
    assert batch().code == ExitCode.DONE


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("waits_for", ["temporary/*/index.sqlite", "out/batch.json"], ids=["loading", "reading"])
def test_a_signal_stops_it_and_nothing_temporary_stays(home: Path, tmp_path: Path, sent: str, waits_for: str) -> None:
    number = getattr(signal, sent)
    pages, out, temporary = tmp_path / "pages", tmp_path / "out", tmp_path / "temporary"
    pages.mkdir()
    temporary.mkdir()
    for page in range(200):
        (pages / f"{page}.png").write_bytes(png("Page"))
    command = [sys.executable, "-m", "ocrzoo", "batch", str(pages), "--out", str(out), *MODELS]
    own = {"OCRZOO_HOME": str(home), "PADDLE_PDX_MODEL_SOURCE": ",".join(NEAR), "TMPDIR": str(temporary)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **own}) as running:
        end = time.monotonic() + START_S
        while not [*tmp_path.glob(waits_for)]:
            assert time.monotonic() < end
            time.sleep(0.05)
        running.send_signal(number)
        _, err = running.communicate(timeout=STOP_S)
    assert (running.returncode, err) == (128 + number, "stopped: run the same command again, and it goes on\n")
    assert [*temporary.iterdir()] == []


def test_json_is_one_object(batch: Callable[..., Ran]) -> None:
    data = json.loads(batch("--json").out)
    assert [data[key] for key in ("read", "failed", "skipped", "rows", "errors")] == [3, 0, 0, 3, 0]
    assert json.loads(batch("--json").out)["skipped"] == 2


def test_options_of_the_pipeline_and_of_pages_are_used(batch: Callable[..., Ran], places: tuple[Path, Path]) -> None:
    assert batch("--text_rec_score_thresh=1", "--save_as=txt,json", "--rows=1").code == ExitCode.DONE
    assert [row["texts"] for row in table(places[1], "results")] == [[], [], []]
    assert len(list((places[1] / "files").iterdir())) == 6
    settings = json.loads((places[1] / "batch.json").read_text())["settings"]
    assert settings["options"] == {"text_rec_score_thresh": 1.0}
    assert settings["configuration"]["SubModules"]["TextDetection"]["model_name"] == "PP-OCRv6_tiny_det"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["batch", "nowhere", "--out", "out"], "error: .: there is no nowhere: name a folder, a file or a 'glob'"),
        (["batch", "in"], "error: Missing option '--out'. (see 'ocrzoo batch --help')"),
        (
            ["batch", "in", "--out", "in/out"],
            "error: in/out is inside in, whose files are read: name one outside of it",
        ),
        (
            ["batch", "in", "--out", "http://user:secret@host/x"],
            "error: http://host/x: name a folder, or a URL of s3, s3a, gs, az, adl, azure, abfs, abfss",
        ),
    ],
)
def test_what_the_user_got_wrong_is_one_line(
    run: Callable[..., Ran],
    places: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(places[0].parent)
    ran = run(*arguments)
    assert (ran.code, ran.out, ran.error) == (ExitCode.USAGE, "", message)


@pytest.mark.parametrize(
    ("module", "out", "message"),
    [
        ("pyarrow", "out", "error: results are Parquet files: run pip install 'ocrzoo[batch]' ("),
        ("obstore.store", "s3://pages/x", "error: s3://pages/x: run pip install 'ocrzoo[batch]' ("),
    ],
)
def test_a_missing_extra_is_named(
    run: Callable[..., Ran],
    places: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    out: str,
    message: str,
) -> None:
    monkeypatch.chdir(places[0].parent)
    monkeypatch.setitem(sys.modules, module, None)
    ran = run("batch", "in", "--out", out)
    assert ran.code == ExitCode.USAGE
    assert ran.error.startswith(message)


def test_help_says_what_source_and_dest_may_be(run: Callable[..., Ran]) -> None:
    ran = run("batch", "--help")
    assert ran.code == ExitCode.DONE
    for word in ("SOURCE", "DEST/errors", "s3://", "--retry_failed", "--overwrite", "Exit code 6"):
        assert word in ran.out


class TestProgress:
    def show(self, *moments: Progress) -> None:
        with progress.batch_progress() as show:
            for moment in moments:
                show(moment)

    def moment(self, pages: int, seconds: float, failed: int = 0) -> Progress:
        return Progress(pages, failed, pages / 100, 1, seconds)

    def test_a_line_a_minute_where_there_is_no_terminal(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.show(self.moment(1, 1), self.moment(25, 61), self.moment(26, 70), self.moment(50, 122, failed=2))
        assert capsys.readouterr().err.splitlines() == [
            "25 pages, 0.4 a second, 25%, 3 min left",
            "50 pages, 0.4 a second, 2 failed, 50%, 2 min left",
        ]

    def test_a_bar_on_a_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from rich.console import Console

        screen = io.StringIO()
        monkeypatch.setattr(progress, "stderr_is_terminal", lambda: True)
        console: Any = Console(file=screen, force_terminal=True, width=100)
        monkeypatch.setattr(progress, "_console", lambda: console)
        self.show(self.moment(25, 50, failed=1))
        assert "25 pages, 0.5 a second, 1 failed" in screen.getvalue()
        assert " 25%" in screen.getvalue()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["", "--out", "x"], "SOURCE is empty: name a folder or a URL"),
        (["x", "--out", " "], "--out is empty: name a folder or a URL"),
        (["x", "--out", "y", "--gpus", "1"], "--workers and --gpus are those of a Ray cluster: give its --address"),
    ],
)
def test_what_makes_no_sense_is_refused(run: Callable[..., Ran], arguments: list[str], message: str) -> None:
    ran = run("batch", *arguments)
    assert ran.code == ExitCode.USAGE
    assert message in ran.err
