"""What ``ocrzoo doctor`` looks at: one module per subject, each with a function that yields findings.

Nothing heavy is imported here: engines and OpenCV are imported in a process of their own, which may crash or hang.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from ocrzoo_registry.errors import OcrzooError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    level: Level
    message: str
    next_step: str = ""
    """What to do about it."""
    data: dict[str, Any] = field(default_factory=dict)
    """The same for programs."""


Check = Callable[[Zoo], Iterable[Finding]]

CHECKS = {
    "versions": "ocrzoo.cli.checks.versions:versions",
    "plugins": "ocrzoo.cli.checks.versions:plugins",
    "engines": "ocrzoo.cli.checks.engines:engines",
    "requirements": "ocrzoo.cli.checks.packages:requirements",
    "conflicts": "ocrzoo.cli.checks.packages:conflicts",
    "opencv": "ocrzoo.cli.checks.packages:opencv",
    "cpu": "ocrzoo.cli.checks.machine:cpu",
    "memory": "ocrzoo.cli.checks.machine:memory",
    "home": "ocrzoo.cli.checks.storage:home",
    "models": "ocrzoo.cli.checks.storage:models",
    "sources": "ocrzoo.cli.checks.network:sources",
    "fonts": "ocrzoo.cli.checks.fonts:fonts",
    "settings": "ocrzoo.cli.checks.variables:settings",
}
"""Each check's dotted path, in the order of the report."""


WITHOUT_SETTINGS = frozenset({"versions", "requirements", "conflicts", "opencv", "cpu", "memory"})
"""The checks that need no settings."""


def run_checks() -> Iterator[tuple[str, Finding]]:
    """Run all checks; one that fails is a finding itself, and so are invalid settings."""
    names = set(CHECKS)
    try:
        zoo = Zoo()
    except OcrzooError as error:
        yield "settings", Finding("error", str(error))
        names, zoo = set(WITHOUT_SETTINGS), Zoo(Settings(home=Path()))
    for name, path in CHECKS.items():
        if name in names:
            yield from _run(name, path, zoo)


def _run(name: str, path: str, zoo: Zoo) -> Iterator[tuple[str, Finding]]:
    module, _, function = path.partition(":")
    check: Check = getattr(import_module(module), function)
    try:
        yield from ((name, finding) for finding in check(zoo))
    except OcrzooError as error:
        yield name, Finding("error", str(error))
    except Exception as error:  # noqa: BLE001  # a machine that is broken in a new way is reported, too
        yield name, Finding("error", f"could not be checked: {type(error).__name__}: {error}")
