"""The documents that ModelScope's clients read; its files are named in the query of an address (``server_config``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from ocrzoo_registry.index.schema import IndexedFile
from ocrzoo_registry.mirror.layouts.documents import document
from ocrzoo_registry.mirror.layouts.repositories import Repository


def tree(repositories: list[Repository]) -> Iterator[tuple[str, bytes]]:
    """Yield the paths of these repositories as they are now, and what lies there."""
    for repository in repositories:
        if repository.now:
            model = f"api/v1/models/{repository.name}"
            yield f"{model}/about", _success(_about(repository))
            yield f"{model}/revisions", _success(_revisions(repository))
            yield f"{model}/repo/files", _success({"Files": [_entry(file, repository) for file in repository.files]})


def _success(data: Any) -> bytes:
    return document({"Code": 200, "Data": data, "Message": "success", "RequestId": "0", "Success": True})


def _about(repository: Repository) -> dict[str, Any]:
    owner, _, name = repository.name.partition("/")
    return {"Id": 1, "Name": name, "Path": owner, "Revision": repository.commit, "Visibility": 5}


def _revisions(repository: Repository) -> dict[str, Any]:
    branches = [{"Revision": name, "CommitId": repository.commit, "CreatedAt": 0} for name in repository.branches]
    return {"RevisionMap": {"Branches": branches, "Tags": []}}


def _entry(file: IndexedFile, repository: Repository) -> dict[str, Any]:
    return {
        "Path": file.path,
        "Name": PurePosixPath(file.path).name,
        "Type": "blob",
        "Mode": "33188",
        "Size": file.size,
        "Sha256": file.sha256,
        "Revision": repository.commit,
        "IsLFS": True,
    }
