"""The family plugins: each is wired up everywhere, and offers exactly the cards of its folder."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pluggy
import pytest

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.plugins.hookspecs import HookSpecs

REPOSITORY = Path(__file__).parents[2]
CARDS = REPOSITORY / "model_cards" / "ocrzoo_cards"
FAMILIES = sorted(path.name for path in (REPOSITORY / "plugins").iterdir() if (path / "pyproject.toml").is_file())
CARD_COUNT = len(list(CARDS.glob("*/*.yaml")))


def read_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return read_toml(REPOSITORY / "pyproject.toml")


def test_every_family_with_cards_has_a_plugin() -> None:
    assert {path.parent.name for path in CARDS.glob("*/*.yaml")} == set(FAMILIES)


def test_every_plugin_is_an_entry_point(project: dict[str, Any]) -> None:
    entry_points = dict(project["project"]["entry-points"]["ocrzoo"])
    entry_points.pop("core", None)
    assert entry_points == {family: f"ocrzoo_{family}" for family in FAMILIES}


def test_every_plugin_is_in_the_wheel(project: dict[str, Any]) -> None:
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {p for p in packages if p.startswith("plugins/")} == {f"plugins/{f}/ocrzoo_{f}" for f in FAMILIES}


def test_every_plugin_is_on_the_path_of_an_editable_install(project: dict[str, Any]) -> None:
    folders = project["tool"]["hatch"]["build"]["dev-mode-dirs"]
    assert {f for f in folders if f.startswith("plugins/")} == {f"plugins/{f}" for f in FAMILIES}


def test_every_plugin_is_type_checked(project: dict[str, Any]) -> None:
    folders = project["tool"]["mypy"]["mypy_path"].split(":")
    assert {f for f in folders if f.startswith("plugins/")} == {f"plugins/{f}" for f in FAMILIES}


def test_every_plugin_is_in_the_import_contracts(project: dict[str, Any]) -> None:
    linter = project["tool"]["importlinter"]
    modules = {f"ocrzoo_{family}" for family in FAMILIES}
    assert modules <= set(linter["root_packages"])
    assert set(linter["contracts"][0]["layers"][0].split(" | ")) == modules


def test_the_readme_states_how_many_models_there_are() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"(\d+) (?:official )?models\b", readme) in ([str(CARD_COUNT)], [])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_plugin_folder_is_a_project_to_copy_and_not_to_upload(family: str) -> None:
    folder = REPOSITORY / "plugins" / family
    own = read_toml(folder / "pyproject.toml")
    assert own["project"]["name"] == f"ocrzoo-{family}"
    assert own["project"]["classifiers"] == ["Private :: Do Not Upload"]
    assert own["project"]["dependencies"] == ["ocrzoo"]
    assert own["project"]["entry-points"]["ocrzoo"] == {family: f"ocrzoo_{family}"}
    assert own["build-system"]["build-backend"] == "hatchling.build"
    assert own["tool"]["uv"]["sources"]["ocrzoo"] == {"path": "../..", "editable": True}
    assert (folder / own["tool"]["uv"]["sources"]["ocrzoo"]["path"]).resolve() == REPOSITORY.resolve()
    assert (folder / f"ocrzoo_{family}" / "py.typed").is_file()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_readme_lists_the_models_of_the_family(family: str) -> None:
    readme = (REPOSITORY / "plugins" / family / "README.md").read_text(encoding="utf-8")
    listed = [line.split("`")[1] for line in readme.splitlines() if line.startswith("| `")]
    assert sorted(listed) == sorted(path.stem for path in (CARDS / family).glob("*.yaml"))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_hook_offers_exactly_the_cards_of_the_folder(family: str) -> None:
    module = importlib.import_module(f"ocrzoo_{family}")
    assert module.__doc__
    host = pluggy.PluginManager("ocrzoo")
    host.add_hookspecs(HookSpecs)
    host.register(module)
    host.check_pending()
    answers: list[Iterable[ModelCard]] = host.hook.ocrzoo_model_cards()
    cards = [card for answer in answers for card in answer]
    names = sorted(path.stem for path in (CARDS / family).glob("*.yaml"))
    assert sorted(item.name for item in cards) == names
    assert {item.family for item in cards} == {family}
    for item in cards:
        if item.charset:
            assert (item.folder / item.charset).is_file()


def test_a_plugin_loads_nothing_heavy() -> None:
    code = (
        "import importlib, sys\n"
        f"modules = [importlib.import_module(f'ocrzoo_{{family}}') for family in {FAMILIES!r}]\n"
        "cards = [card for module in modules for card in module.ocrzoo_model_cards()]\n"
        "heavy = {'numpy', 'cv2', 'paddle', 'onnxruntime', 'openvino', 'ocrzoo'} & set(sys.modules)\n"
        "print(len(cards), sorted(heavy))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True, timeout=60
    )
    assert done.stdout.split(maxsplit=1) == [str(CARD_COUNT), "[]\n"]
