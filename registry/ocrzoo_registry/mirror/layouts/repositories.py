"""Which repositories of a hub a mirror serves, by the ``sources`` of the cards, and what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.index.schema import BLOBS, FILE_NAME, Index, IndexedModel, revision_of
from ocrzoo_registry.mirror import archives
from ocrzoo_registry.mirror.layouts.base import APIS, HTTP, NGINX, SERVER, SITE, Layout, Place, Repository
from ocrzoo_registry.store.manifest import StoredFile

RESERVED = frozenset({*APIS, BLOBS, FILE_NAME, archives.FILE_NAME, NGINX, SITE, HTTP, SERVER})
"""First parts of the mirror's own paths, in lower case."""


def repositories(index: Index, layout: Layout) -> list[Repository]:
    """Return the present states of a hub's repositories, sorted by name, and then the earlier ones.

    Raises:
        UsageError: Two models have different bytes at one path of a repository, or a repository cannot be served here.
    """
    now = [*_merged(index.models, layout)]
    served = {(one.name, one.commit) for one in now}
    before = (one for one in _merged(index.earlier, layout) if (one.name, one.commit) not in served)
    return [*now, *(replace(one, branches=(), now=False) for one in before)]


def replaced(before: Index, models: Sequence[IndexedModel], layout: Layout) -> set[str]:
    """Return the names of repositories whose commit in an index is not the one that these models give."""
    served = {(one.name, one.commit) for one in _merged(models, layout)}
    return {one.name for one in _merged(before.models, layout) if (one.name, one.commit) not in served}


def _merged(models: Iterable[IndexedModel], layout: Layout) -> Iterator[Repository]:
    """The repositories of a hub that these models name, each with the files of all of them."""
    groups: dict[str, list[IndexedModel]] = {}
    branches: dict[str, list[str]] = {}
    for model in models:
        place = place_of(model, layout)
        if place is None:
            continue
        name, revision = place
        groups.setdefault(name, []).append(model)
        branches.setdefault(name, [layout.branch] if layout.branch else []).extend([revision] if revision else [])
    for name, sharing in sorted(groups.items()):
        files = _together(f"{name} on {layout.hub}", sharing)
        commit = sharing[0].revision if len(sharing) == 1 else revision_of(files)
        yield Repository(layout.hub, name, commit, files, tuple(dict.fromkeys(branches[name])), now=True)


def place_of(model: IndexedModel, layout: Layout) -> Place | None:
    """Return where a hub has a model, if it does.

    Raises:
        UsageError: The mirror needs that path itself.
    """
    place = layout.place(model.card, model.format)
    return None if place is None else (_checked(place[0], model), place[1])


def _checked(name: str, model: IndexedModel) -> str:
    first = name.partition("/")[0].lower()
    if first in RESERVED or first.startswith(f"{FILE_NAME}."):
        raise UsageError(
            f"{model.name} ({model.format}): a mirror cannot serve {name}, since {first} is a path of its own: "
            "leave the model out"
        )
    return name


def _together(where: str, models: list[IndexedModel]) -> tuple[StoredFile, ...]:
    """The files of all models, sorted by path; a file that several models share once."""
    found: dict[str, tuple[StoredFile, IndexedModel]] = {}
    folders: dict[str, IndexedModel] = {}
    for model in models:
        for file in model.files:
            known = found.setdefault(file.path, (file, model))
            if known[0].sha256 != file.sha256:
                raise UsageError(
                    f"{where}: {file.path} differs between {_both(known[1], model)}: leave one of them out"
                )
            folders |= dict.fromkeys(folders_above(file.path), model)
    for path in sorted(found.keys() & folders.keys()):
        raise UsageError(
            f"{where}: {path} is a file and a folder in {_both(found[path][1], folders[path])}: leave one out"
        )
    return tuple(found[path][0] for path in sorted(found))


def _both(first: IndexedModel, second: IndexedModel) -> str:
    return f"{first.name} ({first.format}) and {second.name} ({second.format})"


def folders_above(path: str) -> Iterator[str]:
    """Yield the folders that a path is in, the innermost first."""
    while path := path.rpartition("/")[0]:
        yield path
