"""``docs/architecture.md`` and ``CONTRIBUTING.md`` name the rooms, layers and files that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"Inside the registry": ROOT / "registry" / "ocrzoo_registry", "Inside core": ROOT / "core" / "ocrzoo"}
SECTIONS = {"Inside the registry": "Rooms of the registry", "Inside core": "Rooms of core"}
MODULE = re.compile(r"`([a-z_]+(?:/[a-z_]+)+)(?:\.py|\.\w+|/)?`")
"""A module of a room, such as ``download/resolver`` or ``pipelines/factory.create_pipeline``."""
FILE = re.compile(r"`((?:[\w.-]+/)*[\w.-]+(?:\.py|\.yaml|\.tsv|\.toml|\.md|/))`")


def section(contract: str) -> str:
    """Return the section of the architecture page about a package."""
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    return page.split(f"## {SECTIONS[contract]}\n")[1].split("\n## ")[0]


def layers(contract: str) -> list[str]:
    """Return the layers that import-linter checks, the highest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    found: list[str] = next(
        one["layers"] for one in project["tool"]["importlinter"]["contracts"] if one["name"] == contract
    )
    return found


@pytest.mark.parametrize("contract", SECTIONS)
def test_the_page_shows_the_layers_that_are_checked(contract: str) -> None:
    assert section(contract).split("```text\n")[1].split("\n```")[0].split("\n") == layers(contract)


@pytest.mark.parametrize("contract", SECTIONS)
def test_the_page_has_a_row_for_every_room(contract: str) -> None:
    rows = "\n".join(line.split("|")[1] for line in section(contract).splitlines() if line.startswith("| "))
    rooms = {path.stem for path in PACKAGES[contract].iterdir() if not path.name.startswith(("_", "py."))}
    assert rooms - set(re.findall(r"`(\w+)`", rows)) == set()


def test_the_page_names_modules_that_exist() -> None:
    named = set(MODULE.findall((ROOT / "docs" / "architecture.md").read_text("utf-8")))
    places = [*PACKAGES.values(), ROOT, ROOT / "core"]
    found = {name for name in named for place in places if (place / name).exists() or (place / f"{name}.py").exists()}
    assert len(named) > 20
    assert named - found == set()


def test_contributing_names_files_that_exist() -> None:
    named = set(FILE.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8")))
    places = [ROOT, *PACKAGES.values(), ROOT / "core/ocrzoo/results", ROOT / "core/ocrzoo/pipelines"]
    assert len(named) > 15
    assert {name for name in named if not any((place / name).exists() for place in places)} == set()


def test_every_habit_is_in_the_menu() -> None:
    menu = set(re.findall(r"^(\w+)(?: \*ARGS)?:", (ROOT / "justfile").read_text("utf-8"), re.MULTILINE))
    assert menu >= set(re.findall(r"`just (\w+)", (ROOT / "CONTRIBUTING.md").read_text("utf-8")))
