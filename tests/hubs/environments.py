"""Virtual environments for programs that ours must get on with, made once and kept in pytest's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock

INSTALL_S = 900.0
"""How long it may take to install one: the largest of them downloads about 300 MB."""
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Environments:
    """The environments of this repository's tests, by the name of their list of requirements."""

    folder: Path
    lists: Path = HERE
    """Where the lists of requirements lie."""
    variables: dict[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    """What installing sees: the environment before a test sets a proxy or certificates for its hubs."""

    def python(self, name: str) -> str:
        """Give the interpreter of an environment that has what ``<name>.txt`` lists."""
        requirements = self.lists / f"{name}.txt"
        told = requirements.read_bytes() + sys.version.encode()
        environment = self.folder / f"{name}-{hashlib.sha256(told).hexdigest()[:16]}"
        complete = environment / "complete"
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{environment}.lock", timeout=INSTALL_S):  # the other workers of xdist wait
            if not complete.exists():
                shutil.rmtree(environment, ignore_errors=True)
                _make(environment, requirements, self.variables)
                complete.touch()
        return str(environment / "bin" / "python")


def _make(environment: Path, requirements: Path, variables: Mapping[str, str]) -> None:
    python = str(environment / "bin" / "python")
    uv = shutil.which("uv")
    if uv is None:
        _run([sys.executable, "-m", "venv", str(environment)], variables)
        _run([python, "-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "-r", str(requirements)], variables)
    else:
        _run([uv, "venv", "--quiet", "--python", sys.executable, str(environment)], variables)
        _run([uv, "pip", "install", "--quiet", "--no-deps", "--python", python, "-r", str(requirements)], variables)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    variables = {name: text for name, text in environment.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    with TemporaryDirectory() as elsewhere:  # in the repository uv would hold to our own versions
        done = subprocess.run(
            command, cwd=elsewhere, env=variables, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
