"""What the tests of ``ocrzoo mirror`` look at."""

from __future__ import annotations

import json
from pathlib import Path

from tests.core.cli.conftest import Ran


def problems(ran: Ran) -> list[str]:
    return [line for line in ran.err.splitlines() if line.startswith(("error", "warning", "bug"))]


def served(mirror: Path) -> Path:
    return (mirror / "current").resolve()


def index_of(mirror: Path) -> dict[str, dict[str, object]]:
    models = json.loads((mirror / "current" / "index.json").read_bytes())["models"]
    return {f"{model['name']} {model['format']}": model for model in models}


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.lstat().st_ino, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
        if not path.is_relative_to(folder / ".work")
    }
