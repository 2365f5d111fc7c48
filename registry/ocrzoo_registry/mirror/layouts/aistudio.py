"""The documents that AI Studio's client reads (those of a Gitea), with the SHA-256 that it checks where it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from ocrzoo_registry.index.schema import IndexedFile
from ocrzoo_registry.mirror.layouts.documents import document, git_id
from ocrzoo_registry.mirror.layouts.repositories import Repository


def tree(repositories: list[Repository]) -> Iterator[tuple[str, bytes]]:
    """Yield the paths of these repositories as they are now, and what lies there."""
    for repository in repositories:
        if repository.now:
            base = f"api/v1/repos/{repository.name}"
            listed = document(_tree(repository))
            for revision in repository.revisions:
                yield f"{base}/git/trees/{revision}", listed
            for file in repository.files:
                yield f"{base}/contents/{file.path}", document(_contents(file, repository))


def _tree(repository: Repository) -> dict[str, Any]:
    return {
        "sha": repository.commit,
        "url": f"/api/v1/repos/{repository.name}/git/trees/{repository.commit}",
        "tree": [_entry(file) for file in repository.files],
        "truncated": False,
        "page": 1,
        "total_count": len(repository.files),
    }


def _entry(file: IndexedFile) -> dict[str, Any]:
    return {"path": file.path, "mode": "100644", "type": "blob", "size": file.size, "sha": git_id(file), "url": ""}


def _contents(file: IndexedFile, repository: Repository) -> dict[str, Any]:
    return {
        "name": PurePosixPath(file.path).name,
        "path": file.path,
        "sha": git_id(file),
        "last_commit_sha": repository.commit,
        "type": "file",
        "size": file.size,
        "encoding": None,
        "content": None,
        "Sha256": file.sha256,
    }
