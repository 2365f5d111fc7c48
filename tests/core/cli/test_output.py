"""Output of commands: what a stranger wrote in a card is shown as text."""

from __future__ import annotations

import json

import pytest

from ocrzoo.cli.output import print_json


@pytest.mark.parametrize("odd", ["\x7f", "\x9b2J", "\u202e", "\u2066", "\ud800", "\U000e0041"])
def test_json_commands_no_terminal_and_says_the_same(capsys: pytest.CaptureFixture[str], odd: str) -> None:
    print_json({"summary": f"Größe 大 {odd}"})
    out = capsys.readouterr().out
    assert "Größe 大 \\u" in out
    assert out.removesuffix("\n").isprintable()
    assert json.loads(out) == {"summary": f"Größe 大 {odd}"}
