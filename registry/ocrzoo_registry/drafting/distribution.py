"""A Python distribution with one model: what ``pip install -e .`` takes, and what a plugin is checked by."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template

from ocrzoo_registry.cards.to_fill import MARK
from ocrzoo_registry.cards.weights import weights_fault
from ocrzoo_registry.drafting.card_text import card_text
from ocrzoo_registry.drafting.draft import Draft
from ocrzoo_registry.drafting.new_folder import new_folder
from ocrzoo_registry.drafting.tasks import USUAL
from ocrzoo_registry.drafting.weights import Weights
from ocrzoo_registry.errors import IntegrityError, UsageError
from ocrzoo_registry.plugins.discovery import OFFICIAL_PLUGINS

_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_LONGEST = 60
_PREFIX = "ocrzoo-"
_RESERVED = {*OFFICIAL_PLUGINS, "cards", "registry"}
"""Names of ocrzoo's own plugins and packages."""
WEIGHTS = "weights"
"""The folder of weights beside the cards, with a folder for each model."""


@dataclass(frozen=True)
class Names:
    """The names that belong to one new plugin."""

    plugin: str
    """The entry point's name, and the folder's."""

    @classmethod
    def of(cls, name: str) -> Names:
        """Read the name that the user gives; a leading ``ocrzoo-`` is not needed.

        Raises:
            UsageError: No distribution can have it, or it is one of ocrzoo's own.
        """
        short = name.removeprefix(_PREFIX)
        if not _NAME.fullmatch(short) or len(short) > _LONGEST or short == "ocrzoo":
            raise UsageError(
                f"{name!r} cannot name a plugin: use lowercase letters, digits and dashes, such as seaside"
            )
        if short in _RESERVED:
            raise UsageError(f"{name!r} is the name of a part of ocrzoo: choose another, such as my-{short}")
        return cls(short.replace("_", "-"))

    @property
    def distribution(self) -> str:
        """As pip knows it."""
        return f"{_PREFIX}{self.plugin}"

    @property
    def package(self) -> str:
        """As Python imports it."""
        return self.distribution.replace("-", "_")


def write_distribution(folder: Path, names: Names, draft: Draft, weights: Weights | None) -> None:
    """Write a distribution into a new folder: complete, or not at all.

    ``weights`` are copied beside the card; without them its card names where they are.

    Raises:
        UsageError: The folder exists, or cannot be written.
        IntegrityError: The weights are not weights.
    """
    with new_folder(folder) as stage:
        _write(stage, names, draft, weights)


def _write(stage: Path, names: Names, draft: Draft, weights: Weights | None) -> None:
    model = str(draft.data["name"])
    cards = stage / names.package / "cards"
    cards.mkdir(parents=True)
    for path, text in _texts(names, draft).items():
        (stage / path).parent.mkdir(parents=True, exist_ok=True)
        (stage / path).write_text(text, encoding="utf-8")
    (stage / names.package / "py.typed").touch()
    (cards / f"{model}.yaml").write_text(card_text(draft, f"ocrzoo plugins new {names.plugin}"), encoding="utf-8")
    draft.write_charset(cards)
    if weights is None:
        return
    beside = cards / WEIGHTS / model
    beside.mkdir(parents=True)
    for name, origin in weights.files.items():
        shutil.copyfile(origin, beside / name)
    if fault := weights_fault(beside, weights.file_format):
        raise IntegrityError(fault)


def _texts(names: Names, draft: Draft) -> dict[str, str]:
    """The files that are made from templates, by their paths."""
    model, license_ = str(draft.data["name"]), str(draft.data["license"])
    known = not license_.startswith(MARK)
    charset, cards = draft.data.get("charset"), f"{names.package}/cards"
    summary = str(draft.data["summary"])
    values = {
        "distribution": names.distribution,
        "package": names.package,
        "plugin": names.plugin,
        "model": model,
        "summary": summary if not summary.startswith(MARK) else f"The model {model} for ocrzoo.",
        "license_line": f'license = "{license_}"' if known else '# license = "Apache-2.0"  # TO-FILL: as in the card',
        "use": _use(draft),
        "charset_row": f"| `{cards}/{charset}` | the characters, one a line, in the order of the classes |\n"
        if charset
        else "",
        "weights_row": f"| `{cards}/{WEIGHTS}/{model}/` | the weights |\n"
        if "directory" in draft.data["sources"]
        else "",
    }
    return {path: _filled(path.rpartition("/")[2], values) for path in _paths(names)}


def _paths(names: Names) -> list[str]:
    return [
        "pyproject.toml",
        "README.md",
        f"{names.package}/__init__.py",
        "tests/test_plugin.py",
        ".github/workflows/check.yml",
    ]


def _filled(name: str, values: dict[str, str]) -> str:
    text = resources.files("ocrzoo_registry.drafting").joinpath("templates", f"{name}.txt").read_text("utf-8")
    return Template(text).substitute(values)


def _use(draft: Draft) -> str:
    """A command that runs the model."""
    usual, model = USUAL.get(str(draft.data["task"])), draft.data["name"]
    return f"ocrzoo models show {model}" if usual is None else f"ocrzoo ocr page.png --{usual.option} {model}"
