"""``corrections.jsonl``: what is in it survives whoever writes it."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest

from ocrzoo.datasets.corrections import CorrectionLog, Place, decide, latest, read_corrections
from ocrzoo_registry.errors import UsageError

CROP = f"crops/{'0' * 64}.png"


def place(line: int = 0, **changes: object) -> Place:
    """A line of a page with three lines."""
    given = {
        "result": "/results/a_res.json",
        "input_path": "a.png",
        "page_index": None,
        "angle": 0,
        "lines": 3,
        "line": line,
        "points": ((0, 0), (9, 0), (9, 5), (0, 5)),
        "crop": CROP,
    }
    return Place(**{**given, **changes})  # type: ignore[arg-type]  # checked by pydantic


def test_a_decision_is_read_as_it_was_written(tmp_path: Path) -> None:
    log = CorrectionLog(tmp_path)
    written = [
        decide(place(), "Lirıe", 0.5, "Line"),
        decide(place(1), "Same", 0.9, "Same"),
        decide(place(2), "?", 0.1, None),
    ]
    for one in written:
        log.append(one)
    log.close()
    assert read_corrections(tmp_path) == written
    assert [one.verdict for one in written] == ["corrected", "accepted", "rejected"]
    assert latest(written).keys() == {("/results/a_res.json", line) for line in range(3)}


def test_what_was_half_written_when_the_process_was_killed_costs_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = CorrectionLog(tmp_path)
    log.append(decide(place(), "a", 0.5, "b"))
    log.close()
    with log.path.open("ab") as file:
        file.write(b'{"result": "/results/a_re')
    again = CorrectionLog(tmp_path)
    again.append(decide(place(1), "c", 0.5, "d"))
    again.close()
    with caplog.at_level(logging.WARNING):
        assert [one.text for one in read_corrections(tmp_path)] == ["b", "d"]
    assert "line 2: not a decision, or not whole" in caplog.text


@pytest.mark.parametrize(
    "change",
    [
        {"crop": "../../etc/passwd"},
        {"crop": "crops/../x.png"},
        {"verdict": "perhaps"},
        {"points": [[0, 0]]},
        {"angle": 45},
        {"line": -1},
    ],
)
def test_lines_that_others_wrote_are_checked(tmp_path: Path, change: dict[str, object]) -> None:
    log = CorrectionLog(tmp_path)
    log.append(decide(place(), "a", 0.5, "b"))
    log.close()
    log.path.write_text(json.dumps({**json.loads(log.path.read_text()), **change}))
    assert read_corrections(tmp_path) == []


def test_a_folder_without_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"corrections\.jsonl could not be read"):
        read_corrections(tmp_path)


def test_a_folder_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="could not be written"):
        CorrectionLog(tmp_path / "file")


@pytest.mark.skipif(os.name == "nt", reason="no named pipes in folders")
def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "corrections.jsonl")
    with pytest.raises(UsageError, match=r"could not be written: a pipe, not a file"):
        CorrectionLog(tmp_path)


def test_a_file_of_something_else_is_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "corrections.jsonl").write_bytes(b"\xff\n" * 1000)
    assert read_corrections(tmp_path) == []
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path / 'corrections.jsonl'}, line 1, and 999 others: not a decision, or not whole: left out"
    ]
