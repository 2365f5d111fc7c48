"""What is to be checked: the source folder of a plugin, which need not be installed, or the name of something."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ocrzoo_registry.download.events import Advance, DownloadEvents
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import read_bounded, reason, resolved
from ocrzoo_registry.plugins.hookspecs import ENTRY_POINT_GROUP
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import RemoteFile
from ocrzoo_registry.store.store import Store
from ocrzoo_registry.zoo import Zoo

MAX_PROJECT_BYTES = 1 << 20

_NAME, _VERSION = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", r"[0-9A-Za-z][0-9A-Za-z.!+_-]{0,63}"
"""What a file may be named after."""

_SOURCES = (".", "src")
"""Where a project keeps its packages; other folders of it are looked into after these."""


@dataclass(frozen=True)
class Project:
    """The source folder of a plugin."""

    folder: Path
    name: str
    version: str
    entry_points: Mapping[str, str]
    """Plugin name to module."""

    @property
    def packages(self) -> list[str]:
        """The packages, or modules, that its entry points name."""
        return [value.partition(":")[0].partition(".")[0].strip() for value in self.entry_points.values()]

    @property
    def import_paths(self) -> list[Path]:
        """The folders that its packages are in.

        Raises:
            UsageError: A package is in none.
        """
        places = [*(self.folder / part for part in _SOURCES), *_subfolders(self.folder)]
        found: dict[Path, None] = {}
        for package in self.packages:
            place = next((one for one in places if _has_package(one, package)), None)
            if place is None:
                raise UsageError(f"{self.folder} has no package {package!r}, which its entry point names")
            found[resolved(place)] = None
        return list(found)

    def check(self) -> None:
        """Refuse a project whose packages are not in it.

        Raises:
            UsageError: A package is missing.
        """
        self.import_paths  # noqa: B018  # it raises


def _has_package(place: Path, package: str) -> bool:
    return (place / package / "__init__.py").is_file() or (place / f"{package}.py").is_file()


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def read_project(folder: Path) -> Project:
    """Return the plugin in a source folder, from its ``pyproject.toml``.

    Raises:
        UsageError: There is none, it cannot be read, or it has no entry point of ocrzoo.
    """
    path = folder / "pyproject.toml"
    try:
        data = tomllib.loads(read_bounded(path, MAX_PROJECT_BYTES).decode("utf-8"))
    except OSError as error:
        step = "name the folder of a plugin, or the plugin as it is installed"
        raise UsageError(f"{path} could not be read: {reason(error)}: {step}") from error
    except ValueError as error:
        raise UsageError(f"{path} is not TOML in UTF-8: {' '.join(str(error).split())}") from error
    project = _table(data, "project")
    points = _table(_table(project, "entry-points"), ENTRY_POINT_GROUP) or _poetry_points(data)
    points = {name: value for name, value in points.items() if isinstance(value, str) and (name + value).isprintable()}
    if not points:
        raise UsageError(f"{path} has no plugin: add the table [project.entry-points.{ENTRY_POINT_GROUP}]")
    name, version = project.get("name", folder.resolve().name), project.get("version", "0")
    for key, value, form in (("name", name, _NAME), ("version", version, _VERSION)):
        if not isinstance(value, str) or not re.fullmatch(form, value):
            raise UsageError(f"{path}: project.{key} is {str(value)[:80]!r}: letters, digits and . - _ are needed")
    return Project(folder, name, version, points)


def _poetry_points(data: Mapping[str, Any]) -> Mapping[str, Any]:
    return _table(_table(_table(_table(data, "tool"), "poetry"), "plugins"), ENTRY_POINT_GROUP)


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


@contextmanager
def installed_for_now(project: Project, site: Path) -> Iterator[None]:
    """Let this process find a source folder as if it was installed in ``site``, before any installed state of it.

    What was imported of its packages is forgotten at the end: another folder may have packages of these names.

    Raises:
        UsageError: It cannot be found.
    """
    info = site / f"{project.name.replace('-', '_')}-{project.version}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    metadata = f"Metadata-Version: 2.1\nName: {project.name}\nVersion: {project.version}\n"
    points = [f"{name} = {value}" for name, value in project.entry_points.items()]
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    (info / "entry_points.txt").write_text("\n".join([f"[{ENTRY_POINT_GROUP}]", *points, ""]), encoding="utf-8")
    added = [*map(str, (site, *project.import_paths))]
    imported = set(sys.modules)
    sys.path[:0] = added
    try:
        yield
    finally:
        for path in added:
            sys.path.remove(path)
        for name in set(sys.modules) - imported:
            if name.partition(".")[0] in project.packages:
                del sys.modules[name]


def zoo_for(project: Project | None, home: Path, on_bytes: Callable[[], object]) -> Zoo:
    """Return the zoo of the environment; for a source folder, with ``home`` in place of the user's store.

    Files that the user's store has with the expected digest are copied from it. ``on_bytes`` is called as files arrive,
    also from other threads.
    """

    def progress(_what: str, _total: int | None, _done: int) -> AbstractContextManager[Advance]:
        return nullcontext(lambda _count: on_bytes())

    if project is None:
        return Zoo(Settings.from_environment(), DownloadEvents(progress))
    settings = Settings.from_environment(_allowing(project.name))
    own = Store(settings.home)

    def copies(request: DownloadRequest, file: RemoteFile) -> list[Path]:
        return [own.folder(request.name, request.file_format) / file.path]

    return Zoo(replace(settings, home=home, strict=False), DownloadEvents(progress, local_copies=copies))


def _allowing(distribution: str) -> dict[str, str]:
    """The environment; whoever names a folder lets its plugin be imported, whichever others may be.

    It is not signed yet: where ``OCRZOO_PLUGIN_KEYS`` requires signatures, no other plugin is imported beside it.
    """
    environ = dict(os.environ)
    if environ.pop("OCRZOO_PLUGIN_KEYS", ""):
        environ["OCRZOO_PLUGINS"] = distribution
    elif "OCRZOO_PLUGINS" in environ:
        others = [name for name in environ["OCRZOO_PLUGINS"].split(",") if name.strip().lower() not in {"", "none"}]
        environ["OCRZOO_PLUGINS"] = ",".join([*others, distribution])
    return environ


def folder_of(target: str | os.PathLike[str] | None) -> Path | None:
    """Return the source folder that a target is; ``None`` if it is a name."""
    if target is None:
        return None
    path = Path(target)
    if path.is_dir():
        return path
    if not isinstance(target, str) or os.sep in target:
        raise UsageError(f"{path} is not a folder: name the source folder of a plugin")
    return None
