"""The examples as a user has them: installed by pip beside ocrzoo, and run by its command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
TIMEOUT_S = 300

Ran = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Install an example into a folder of its own, once, and return the folder."""

    @cache
    def call(name: str) -> Path:
        target = tmp_path_factory.mktemp(name)
        install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--quiet"]
        options = ["--disable-pip-version-check", "--no-compile", "--root-user-action=ignore", "--target", str(target)]
        subprocess.run([*install, *options, str(EXAMPLES / name)], check=True, timeout=TIMEOUT_S)
        return target

    return call


@pytest.fixture
def command(installed: Callable[[str], Path]) -> Callable[..., Ran]:
    """Run ocrzoo where an example is installed; ``environment`` are further variables."""

    def call(example: str | None, *arguments: str | Path, **environment: str | Path) -> Ran:
        own = {} if example is None else {"PYTHONPATH": str(installed(example))}
        return subprocess.run(
            [sys.executable, "-m", "ocrzoo", *map(str, arguments)],
            env={**os.environ, **own, **{name: str(value) for name, value in environment.items()}},
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )

    return call
