"""A slice of the fuzzed commands; ``python -m tests.fuzz`` runs them all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from tests.fuzz.cases import Case, generator
from tests.fuzz.runner import KINDS, Outcome

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="cases are forked")
def test_no_bad_input_hangs_or_crashes_a_command() -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--count", "60", "--seed", "3"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[:3] for line in done.stdout.splitlines()] == [[kind, "12", "cases,"] for kind in KINDS]


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_is_the_same_for_the_same_seed(kind: str, tmp_path: Path) -> None:
    cases = []
    for name in ("first", "again"):
        folder = tmp_path / name
        folder.mkdir()
        case = KINDS[kind](generator(5, kind, 7), folder, "server")
        files = {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
        cases.append((case.arguments, files))
    assert cases[0] == cases[1]
    assert generator(5, kind, 7).random() != generator(5, kind, 8).random()
    assert isinstance(generator(5, kind, 7), Random)


@pytest.mark.parametrize(
    ("code", "seconds", "printed", "defect"),
    [
        (6, 1.0, "error: page.png: damaged", None),
        (0, 1.0, "", None),
        (-9, 20.0, "", "hang"),
        (-11, 1.0, "", "signal 11"),
        (1, 1.0, "bug: IndexError", "crash"),
        (6, 1.0, "Traceback (most recent call last)", "crash"),
        (6, 1.0, "", "silent"),
        (6, 1.0, "error: http://ann:Secret@host/", "password"),
    ],
)
def test_what_counts_as_a_defect(code: int, seconds: float, printed: str, defect: str | None) -> None:
    case = Case(("ocr", "http://ann:Secret@host/"))
    assert Outcome("urls", 1, case, code, seconds, printed).defect == defect
