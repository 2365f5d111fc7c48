"""BOS, an object store: a tar archive for each model, at the path of its URL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from ocrzoo_registry.cards.fields import Format, RelativePath
from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.mirror.archives import Archive
from ocrzoo_registry.mirror.layouts.base import Layout, Place, Repository
from ocrzoo_registry.sources import references

_PATH = TypeAdapter(RelativePath)


def place(card: ModelCard, file_format: Format) -> Place | None:
    """Return the path of an archive's URL, if a server of plain files can have it."""
    reference = read_reference(card, "bos", file_format, references.Archive)
    try:
        parts = urlsplit(reference.url if reference else "")
        path = _PATH.validate_python(parts.path.removeprefix("/"))
    except ValueError:
        return None
    return (path, None) if path.endswith(".tar") and not parts.query else None


def tree(repositories: list[Repository]) -> Iterator[tuple[str, Archive]]:
    """Yield the present archives."""
    for repository in repositories:
        if repository.now:
            yield repository.name, Archive(PurePosixPath(repository.name).stem, repository.files)


LAYOUT = Layout(hub="bos", title="BOS", place=place, tree=tree, archived=True)
"""Without routes: both servers send archives as they send the mirror's own documents."""
