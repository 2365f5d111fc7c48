"""The training scripts of the examples, which import each other by name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

from tests.examples.conftest import EXAMPLES


def script(example: str, name: str) -> ModuleType:
    """Import a script of an example's folder ``training`` that needs no torch."""
    with _beside(EXAMPLES / example / "training"):
        return import_module(name)


@contextmanager
def _beside(folder: Path) -> Iterator[None]:
    """Import from a folder, and forget what came from there, since the examples use the same names."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", None)).startswith(str(folder)):
                del sys.modules[name]
