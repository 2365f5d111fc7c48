"""Plugins, examples and documents import from ``ocrzoo``, ``ocrzoo.testing`` and ``ocrzoo_registry`` themselves."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import takewhile
from pathlib import Path

import pytest

from ocrzoo_registry.plugins.hookspecs import HookSpecs
from ocrzoo_registry.plugins.manager import HOOKS

REPOSITORY = Path(__file__).parents[2]
FRONTS = ("ocrzoo", "ocrzoo.testing", "ocrzoo_registry")
FENCE = re.compile(r"^( *)```python\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def sources() -> Iterator[tuple[str, str]]:
    """Name and Python text of everything that readers copy from."""
    for folder in ("plugins", "examples"):
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            yield str(path.relative_to(REPOSITORY)), path.read_text(encoding="utf-8")
    folders = (REPOSITORY / folder for folder in ("docs", "plugins", "examples"))
    documents = [*REPOSITORY.glob("*.md"), *(path for folder in folders for path in folder.rglob("*.md"))]
    for path in sorted(documents):
        for number, (_, block) in enumerate(FENCE.findall(path.read_text(encoding="utf-8")), 1):
            yield f"{path.relative_to(REPOSITORY)}#{number}", textwrap.dedent(block)
    for name, hook in vars(HookSpecs).items():
        if name.startswith("ocrzoo_"):
            yield f"hookspecs.{name}", example(hook)


def example(hook: Callable[..., object]) -> str:
    """The plugin in a hook's docstring: the indented block after the directive."""
    _, _, after = (inspect.getdoc(hook) or "").partition(".. code-block:: python\n")
    indented = takewhile(lambda line: not line.strip() or line.startswith("    "), after.splitlines())
    return textwrap.dedent("\n".join(indented))


def imported(text: str) -> Iterator[tuple[str, str]]:
    """Module and name of each import of a front or of a module below it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in FRONTS:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.partition(".")[0] in FRONTS)


SOURCES = dict(sources())


@pytest.mark.parametrize("name", SOURCES)
def test_public_text_imports_from_the_fronts_only(name: str) -> None:
    for module, attribute in imported(SOURCES[name]):
        assert module in FRONTS, f"{name}: {module}.{attribute}"
        assert not attribute or attribute in import_module(module).__all__, f"{name}: {module}.{attribute}"


def test_all_kinds_of_public_text_are_looked_at() -> None:
    names = [name for name, text in SOURCES.items() if list(imported(text))]
    for part in (
        "plugins/lcnet/",
        "examples/",
        "README.md#",
        "docs/plugins/hooks",
        "docs/plugins/predictors.md#",
        "docs/plugins/tutorial.md#",
    ):
        assert any(name.startswith(part) for name in names), part
    assert len([name for name in names if name.startswith("hookspecs.")]) == len(HOOKS)
