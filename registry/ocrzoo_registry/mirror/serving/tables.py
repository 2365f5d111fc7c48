"""What a web server looks up to answer for the hubs: commits by revision, digests by file name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from ocrzoo_registry.index import schema
from ocrzoo_registry.index.schema import Index
from ocrzoo_registry.mirror import archives
from ocrzoo_registry.mirror.archives import ArchiveList
from ocrzoo_registry.mirror.layouts import LAYOUTS
from ocrzoo_registry.mirror.layouts.base import Layout, Repository
from ocrzoo_registry.mirror.layouts.repositories import repositories
from ocrzoo_registry.mirror.release import Release, read_document

NONE = "-"
"""In the place of a commit or digest that does not exist."""


@dataclass(frozen=True)
class Tables:
    """All tables of a release; a repository is written ``<hub>/<owner>/<name>``."""

    repositories: frozenset[str]
    commits: Mapping[str, str]
    """Repository, slash, revision (or nothing) to commit."""
    files: Mapping[str, str]
    """Repository, slash, commit, slash, path to sha256."""
    documents: Mapping[str, str]
    """Paths of what is served under the mirror's own names, the index and archives, to sha256."""
    sizes: Mapping[str, int]
    """Bytes, by sha256."""


def tables_of(release: Release) -> Tables:
    """Return the tables of a release on disk; a copy without its list of archives serves none.

    Raises:
        IntegrityError: A document cannot be read.
        UsageError: As :func:`ocrzoo_registry.mirror.layouts.tree`.
    """
    own = {schema.FILE_NAME: read_document(release.folder / schema.FILE_NAME, schema.MAX_BYTES)}
    made = ArchiveList(schema_version=1, archives={})
    listed = release.folder / archives.FILE_NAME
    if listed.exists():
        own[archives.FILE_NAME] = read_document(listed, archives.MAX_BYTES)
        made = release.archives()
    return tables(release.index, made, own)


def tables(index: Index, made: ArchiveList, own: Mapping[str, bytes]) -> Tables:
    """Return the tables of an index; ``own`` are the contents of the mirror's own documents, by path.

    Raises:
        UsageError: As :func:`ocrzoo_registry.mirror.layouts.tree`.
    """
    served = [
        (layout, one)
        for layout in LAYOUTS
        if layout.routes
        for one in repositories(index, layout)
        if one.now or layout.keeps_earlier
    ]
    documents = {name: hashlib.sha256(content).hexdigest() for name, content in own.items()}
    sizes = {documents[name]: len(content) for name, content in own.items()}
    return Tables(
        repositories=frozenset(_key(one) for _, one in served),
        commits={f"{_key(one)}/{name}": one.commit for layout, one in served for name in _revisions(layout, one)},
        files={f"{_key(one)}/{one.commit}/{file.path}": file.sha256 for _, one in served for file in one.files},
        documents=documents | {path: one.sha256 for path, one in made.archives.items()},
        sizes=sizes | index.blobs | {one.sha256: one.size for one in made.archives.values()},
    )


def _key(repository: Repository) -> str:
    return f"{repository.hub}/{repository.name}"


def _revisions(layout: Layout, repository: Repository) -> tuple[str, ...]:
    """What a repository is requested by; the empty text where the revision is in a query, which may leave it out."""
    optional = any(route.revision_in_query for route in layout.routes)
    nothing = ("",) if repository.now and optional else ()
    return (*repository.revisions, *nothing)
