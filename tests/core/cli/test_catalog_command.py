"""``ocrzoo catalog build``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_it_prints_the_page_to_open(run: Run, tmp_path: Path) -> None:
    ran = run("catalog", "build", tmp_path / "site", "--no-samples")
    assert (ran.code, ran.out) == (0, f"{tmp_path / 'site' / 'index.html'}\n")
    assert ran.err == "49 models, 109 languages\n"
    assert (tmp_path / "site" / "index.html").is_file()


def test_facts_as_json_and_the_other_spelling(run: Run, tmp_path: Path) -> None:
    ran = run("catalogue", "build", tmp_path / "site", "--no-samples", "--json")
    facts = json.loads(ran.out)
    assert (facts["models"], facts["pages"], facts["languages"]) == (49, 52, 109)
    assert "vi" in facts["unread_languages"]
    assert facts["samples"] == {}


def test_one_spelling_is_listed(run: Run) -> None:
    assert "catalogue" not in run("--help").out


def test_a_folder_of_others_is_refused_before_any_work(run: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    ran = run("catalog", "build", tmp_path)
    assert (ran.code, ran.error) == (
        2,
        f"error: {tmp_path} has files and is not a catalog: name a new or an empty folder",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
