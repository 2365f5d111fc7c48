"""Answers to cases as a file that is small enough to keep: what several answers share is written once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MARK = "@"
"""What the name of a shared value begins with."""
SHARED_FROM = 60
"""Characters; what is shorter is written where it stands."""
DIGITS = 10


def write_answers(path: Path, versions: Mapping[str, str], answers: Mapping[str, Any]) -> None:
    """Write answers, a shared value a line and a case a line, so that a change shows what changed."""
    shared: dict[str, str] = {}
    cases = {name: _pack(answer, shared) for name, answer in answers.items()}
    blocks = {
        "versions": [f"{_json(name)}: {_json(version)}" for name, version in versions.items()],
        "shared": [f"{_json(name)}: {text}" for name, text in sorted(shared.items())],
        "answers": [f"{_json(name)}: {_json(answer)}" for name, answer in cases.items()],
    }
    text = ",\n".join(f"{_json(name)}: {{\n" + ",\n".join(lines) + "\n}" for name, lines in blocks.items())
    path.write_text(f"{{{text}}}\n", encoding="utf-8")


def read_answers(path: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """Return versions and answers that a file holds."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return data["versions"], {name: _unpack(answer, data["shared"]) for name, answer in data["answers"].items()}


def _pack(value: Any, shared: dict[str, str]) -> Any:
    if isinstance(value, dict):
        value = {key: _pack(item, shared) for key, item in value.items()}
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        value = [_pack(item, shared) for item in value]
    text = _json(value)
    if len(text) < SHARED_FROM:
        return value
    name = MARK + hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
    if shared.setdefault(name, text) != text:
        raise ValueError(f"two values are called {name}")
    return name


def _unpack(value: Any, shared: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and value in shared:
        return _unpack(shared[value], shared)
    if isinstance(value, dict):
        return {key: _unpack(item, shared) for key, item in value.items()}
    return [_unpack(item, shared) for item in value] if isinstance(value, list) else value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
