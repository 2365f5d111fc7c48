"""Running commands, and forgetting what plugins were imported."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.core.cli.conftest import Ran

from ocrzoo.cli import main

PACKAGES = {"ocrzoo_seaside", "ocrzoo_orientation", "ocrzoo_attention"}


@pytest.fixture
def command_line(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run a command in this process."""

    def call(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Ran(code, *capsys.readouterr())

    return call


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Each test imports its own plugin."""
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
        del sys.modules[name]


@pytest.fixture
def without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCRZOO_OFFLINE", "1")
