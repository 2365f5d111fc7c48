"""Running commands, and staying off the network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.cli.conftest import Ran

from ocrzoo.cli import main


@pytest.fixture
def command_line(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run a command in this process."""

    def call(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Ran(code, *capsys.readouterr())

    return call


@pytest.fixture
def without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCRZOO_OFFLINE", "1")
