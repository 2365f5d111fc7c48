"""Which repositories of which hub a mirror stands in for, by the ``sources`` of the cards, and what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.cards.schema import RelativePath
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.index.schema import BLOBS, FILE_NAME, Index, IndexedFile, IndexedModel, revision_of
from ocrzoo_registry.sources import references

Hub = Literal["huggingface", "modelscope", "aistudio", "bos"]

BRANCHES: dict[Hub, str] = {"huggingface": "main", "modelscope": "master", "aistudio": "master"}
"""What each hub calls the branch that it serves where nobody names one; an archive has none."""

RESERVED = frozenset(
    {"api", "openapi", BLOBS, FILE_NAME, "archives.json", "nginx.conf", "site.conf", "http.conf", "server.conf"}
)
"""First parts of paths that are the mirror's own, in small letters."""

_PATH = TypeAdapter(RelativePath)


@dataclass(frozen=True)
class Repository:
    """One state of a repository."""

    hub: Hub
    name: str
    """``owner/name``; for an archive its path."""
    commit: str
    """40 hexadecimal digits: the model's revision, or, where several models share it, one made from all files."""
    files: tuple[IndexedFile, ...]
    """In order of their paths."""
    branches: tuple[str, ...]
    """Names that stand for this state; none where it is an earlier one."""
    now: bool
    """Whether it is the state that the repository has now."""

    @property
    def revisions(self) -> tuple[str, ...]:
        """Everything that it can be asked for by."""
        return tuple(dict.fromkeys((*self.branches, self.commit)))


def repositories(index: Index, hub: Hub) -> list[Repository]:
    """Return the repositories of a hub in order of their names, each at its state now, and then what they were before.

    Raises:
        UsageError: Two models have different bytes at one path of a repository, or a repository cannot be served here.
    """
    now = [*_merged(index.models, hub)]
    served = {(one.name, one.commit) for one in now}
    before = (one for one in _merged(index.earlier, hub) if (one.name, one.commit) not in served)
    return [*now, *(replace(one, branches=(), now=False) for one in before)]


def earlier(before: Index, models: Iterable[IndexedModel]) -> tuple[IndexedModel, ...]:
    """Return what a new index keeps as ``earlier``: models of the one before with other bytes or commits now.

    Raises:
        UsageError: As :func:`repositories`.
    """
    models = tuple(models)
    now = {(model.name, model.format): model.files for model in models}
    served = {(one.name, one.commit) for one in _merged(models, "huggingface")}
    gone = {one.name for one in _merged(before.models, "huggingface") if (one.name, one.commit) not in served}
    return tuple(
        model
        for model in before.models
        if now.get((model.name, model.format)) != model.files
        or ((place := _place(model, "huggingface")) is not None and place[0] in gone)
    )


def _merged(models: Iterable[IndexedModel], hub: Hub) -> Iterator[Repository]:
    """The repositories of a hub that these models name, each with the files of all of them."""
    groups: dict[str, list[IndexedModel]] = {}
    branches: dict[str, list[str]] = {}
    for model in models:
        place = _place(model, hub)
        if place is None:
            continue
        name, revision = place
        groups.setdefault(name, []).append(model)
        branches.setdefault(name, [BRANCHES[hub]] if hub in BRANCHES else []).extend([revision] if revision else [])
    for name, sharing in sorted(groups.items()):
        files = _together(f"{name} on {hub}", sharing)
        commit = sharing[0].revision if len(sharing) == 1 else revision_of(files)
        yield Repository(hub, name, commit, files, tuple(dict.fromkeys(branches[name])), now=True)


def _place(model: IndexedModel, hub: Hub) -> tuple[str, str | None] | None:
    """The repository (or path of the archive) that a hub has for a model, and the revision that the card asks for."""
    if hub == "bos":
        archive = read_reference(model.card, "bos", model.format, references.Archive)
        path = None if archive is None else _path_of(archive.url)
        return None if path is None else (_checked(path, model), None)
    repository = read_reference(model.card, hub, model.format, references.Repository)
    return None if repository is None else (_checked(repository.repository, model), repository.revision)


def _path_of(url: str) -> str | None:
    """The path of an archive's address; none where a plain file server could not have it."""
    try:
        parts = urlsplit(url)
        path = _PATH.validate_python(parts.path.removeprefix("/"))
    except ValueError:
        return None
    return path if path.endswith(".tar") and not parts.query else None


def _checked(name: str, model: IndexedModel) -> str:
    first = name.partition("/")[0].lower()
    if first in RESERVED or first.startswith(f"{FILE_NAME}."):
        raise UsageError(
            f"{model.name} ({model.format}): a mirror cannot serve {name}: {first} is its own; leave it out"
        )
    return name


def _together(where: str, models: list[IndexedModel]) -> tuple[IndexedFile, ...]:
    """The files of all models, in order of their paths; what two have alike once."""
    found: dict[str, tuple[IndexedFile, IndexedModel]] = {}
    folders: dict[str, IndexedModel] = {}
    for model in models:
        for file in model.files:
            known = found.setdefault(file.path, (file, model))
            if known[0].sha256 != file.sha256:
                raise UsageError(
                    f"{where}: {file.path} of {_both(known[1], model)} is not the same: leave one of them out"
                )
            folders |= dict.fromkeys(_folders(file.path), model)
    for path in sorted(found.keys() & folders.keys()):
        raise UsageError(
            f"{where}: {path} is a file and a folder in {_both(found[path][1], folders[path])}: leave one out"
        )
    return tuple(found[path][0] for path in sorted(found))


def _both(first: IndexedModel, second: IndexedModel) -> str:
    return f"{first.name} ({first.format}) and of {second.name} ({second.format})"


def _folders(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
