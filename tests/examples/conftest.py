"""The examples as a user has them: installed by pip beside ocrzoo, and run by its command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from tests.hubs.environments import Environments

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "examples"
TIMEOUT_S = 300

Ran = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Beside:
    """An environment with a stock program, ocrzoo and examples."""

    python: Path
    folders: tuple[Path, ...]

    def run(self, *command: str | Path, input: str | None = None) -> Ran:
        """Run a program of the environment; Debian's programs are not found, so that it needs none."""
        program = self.python.with_name(str(command[0]))
        return subprocess.run(
            [str(program), *map(str, command[1:])],
            env={**os.environ, "PATH": str(self.python.parent), "PYTHONPATH": os.pathsep.join(map(str, self.folders))},
            input=input,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Install an example, or ocrzoo itself, into a folder of its own, once, and return the folder."""

    @cache
    def call(name: str) -> Path:
        target = tmp_path_factory.mktemp(name)
        install = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--quiet"]
        options = ["--disable-pip-version-check", "--no-compile", "--root-user-action=ignore", "--target", str(target)]
        source = REPOSITORY if name == "ocrzoo" else EXAMPLES / name
        subprocess.run([*install, *options, str(source)], check=True, timeout=TIMEOUT_S)
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


@pytest.fixture(scope="session")
def beside(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, installed: Callable[[str], Path]
) -> Callable[..., Beside]:
    """Install examples beside a stock program, in the environment that ``<program>.txt`` lists."""
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)  # none under -p no:cacheprovider
    folder = tmp_path_factory.mktemp("environments") if cache is None else cache.mkdir("environments")

    def call(program: str, *examples: str) -> Beside:
        python = Environments(folder, Path(__file__).parent).python(program)
        return Beside(Path(python), tuple(installed(name) for name in ("ocrzoo", *examples)))

    return call
