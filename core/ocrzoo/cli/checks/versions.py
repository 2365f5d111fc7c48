"""Versions of ocrzoo and of what it stands on, and the plugins."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from ocrzoo.cli.checks import Finding
from ocrzoo_registry.zoo import Zoo

_LIBRARIES = ("numpy", "pillow", "pydantic", "pypdfium2", "requests")


def versions(_zoo: Zoo) -> Iterator[Finding]:
    """Versions of ocrzoo, Python and libraries."""
    numbers = {name: number for name in ("ocrzoo", *_LIBRARIES) if (number := _version(name))}
    python = f"{platform.python_implementation()} {platform.python_version()}"
    data = {**numbers, "python": python, "executable": sys.executable, "platform": platform.platform()}
    listed = ", ".join(f"{name} {number}" for name, number in numbers.items())
    yield Finding("ok", f"{listed}; {python} on {platform.platform()}", data=data)
    missing = [name for name in _LIBRARIES if name not in numbers]
    if missing:
        yield Finding("error", f"not installed: {', '.join(missing)}", f"pip install {' '.join(missing)}")


def plugins(zoo: Zoo) -> Iterator[Finding]:
    """Plugins that do not come with ocrzoo, and the failures of all."""
    zoo.plugins.call_all()
    others = [one for one in zoo.plugins.plugins if one.origin.distribution != "ocrzoo"]
    count = len(zoo.plugins.plugins) - len(others)
    yield Finding("ok", f"{count} of ocrzoo{''.join(f', {one.origin} {one.status}' for one in others)}")
    for plugin in zoo.plugins.plugins:
        origin = plugin.origin
        for failure in plugin.failures:
            yield Finding(
                "error",
                f"{origin} failed at {failure.stage}: {failure.message}",
                f"correct or uninstall {origin.distribution}, or set OCRZOO_DISABLE_PLUGINS={origin.plugin}",
            )
    yield from (Finding("warning", conflict) for conflict in zoo.conflicts())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
