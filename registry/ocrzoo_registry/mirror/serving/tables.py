"""What a web server looks up to answer for the hubs: revisions, and the digest behind each name of a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from ocrzoo_registry.index.schema import Index
from ocrzoo_registry.mirror.layouts.archives import MadeArchives
from ocrzoo_registry.mirror.layouts.repositories import BRANCHES, Repository, repositories

NONE = "-"
"""Stands for what is not there, in the place of a commit or digest."""


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


def tables(index: Index, made: MadeArchives, own: Mapping[str, bytes]) -> Tables:
    """Return the tables of a release; ``own`` are the contents of the mirror's own documents, by their paths.

    Raises:
        UsageError: As :func:`ocrzoo_registry.mirror.layouts.tree`.
    """
    served = [one for hub in BRANCHES for one in repositories(index, hub) if one.now or hub == "huggingface"]
    documents = {name: hashlib.sha256(content).hexdigest() for name, content in own.items()}
    sizes = {documents[name]: len(content) for name, content in own.items()}
    return Tables(
        repositories=frozenset(_key(one) for one in served),
        commits={f"{_key(one)}/{name}": one.commit for one in served for name in _revisions(one)},
        files={f"{_key(one)}/{one.commit}/{file.path}": file.sha256 for one in served for file in one.files},
        documents=documents | {path: one.sha256 for path, one in made.archives.items()},
        sizes=sizes | index.blobs | {one.sha256: one.size for one in made.archives.values()},
    )


def _key(repository: Repository) -> str:
    return f"{repository.hub}/{repository.name}"


def _revisions(repository: Repository) -> tuple[str, ...]:
    """What it is asked for by; by nothing at all, where the revision stands in a query that may be left out."""
    nothing = ("",) if repository.now and repository.hub != "huggingface" else ()
    return (*repository.revisions, *nothing)
