"""``ocrzoo models diff``: two models, or two versions of a card, side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.registry.kit import card_data

from ocrzoo.cli.terminal_table import print_fitted

Run = Callable[..., Any]
REC = card_data(name="gull_rec", task="text_recognition", charset="chars.txt", card_version="1.0.0") | {
    "inference": {"predictor": "text_recognition"}
}


@pytest.fixture
def cards(tmp_path: Path) -> tuple[Path, Path]:
    """Two versions of a card, each in a folder below its charset's."""
    paths = []
    for name, changes in {"old": {}, "new": {"languages": ["en"], "card_version": "1.0.1"}}.items():
        (tmp_path / name / "My\tCards").mkdir(parents=True)
        (tmp_path / name / "chars.txt").write_text("a\nb\n" if name == "old" else "a\nc\nd\n", encoding="utf-8")
        paths.append(tmp_path / name / "My\tCards" / "gull_rec.yaml")
        paths[-1].write_text(json.dumps(REC | changes), encoding="utf-8")
    return paths[0], paths[1]


def test_official_models(run: Run) -> None:
    found = json.loads(run("models", "diff", "PP-OCRv5_mobile_rec", "PP-OCRv6_tiny_rec", "--json").out)
    assert found["kind"] == "bytes"
    assert found["languages"]["lost"] == ["ja"]
    assert "vi" in found["languages"]["gained"]
    assert (found["charset"]["before"], found["charset"]["after"]) == (18383, 6904)
    counts = {key: found["charset"][key]["count"] for key in ("added", "missing")}
    assert 18383 + counts["added"] - counts["missing"] == 6904
    assert len(found["charset"]["missing"]["sample"]) == 20
    assert {"key": "tier", "kind": "figures", "before": "mobile", "after": "tiny"} in found["changes"]


def test_two_versions_of_a_card_and_the_version_that_is_due(run: Run, cards: tuple[Path, Path]) -> None:
    ran = run("models", "diff", *cards)
    assert (ran.code, ran.out.splitlines()) == (
        0,
        [
            "\t".join(["what", *(str(path).replace("\t", " ") for path in cards)]),
            "characters\t2\t3",
            "characters only here\t1: b\t2: c d",
            "languages only here\t\ten",
        ],
    )
    assert ran.error == "warning: what the model reads changed, so card_version must be 2.0.0 at least"
    assert json.loads(run("models", "diff", *cards, "--json").out)["version_due"] == "2.0.0"


def test_a_card_and_itself(run: Run, cards: tuple[Path, Path]) -> None:
    ran = run("models", "diff", cards[0], cards[0])
    assert (ran.code, ran.out, ran.err) == (0, "", "the cards say the same\n")


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (("none.yaml", "UVDoc"), 2, "none.yaml could not be read: No such file or directory"),
        (("UVDoc", "UVDok"), 3, "no model is called 'UVDok' (did you mean UVDoc?)"),
        (("UVDoc", "bad.yaml"), 2, "card_version: '1.0' is not a version of three numbers, such as 1.2.0"),
        (("UVDoc", "day.yaml"), 2, "line 1: tag:yaml.org,2002:timestamp (put it in quotes) is more than plain data"),
    ],
)
def test_what_is_no_card(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, str], code: int, error: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.yaml").write_text(json.dumps(card_data(card_version="1.0")), encoding="utf-8")
    Path("day.yaml").write_text("verified: {by: tern, when: 2026-11-30}\n", encoding="utf-8")
    ran = run("models", "diff", *arguments)
    assert ran.code == code
    assert ran.error.endswith(error)


def test_brackets_of_a_name_stay_in_the_heading_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_fitted(["What", "[old]/gull_rec.yaml"], [["characters", "2"]])
    assert "[old]/gull_rec.yaml" in capsys.readouterr().out
