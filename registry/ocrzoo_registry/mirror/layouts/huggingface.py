"""Hugging Face: ``api/models`` and ``resolve``.

Every file is listed as one in large-file storage, since its ETag is then its SHA-256.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ocrzoo_registry.mirror.layouts.base import REPOSITORY, Client, Layout, Repository, Route, repository_in
from ocrzoo_registry.mirror.layouts.documents import document, git_id, pointer
from ocrzoo_registry.store.manifest import StoredFile


def tree(repositories: list[Repository]) -> Iterator[tuple[str, bytes | StoredFile]]:
    """Yield the documents and files of these repositories, earlier states included."""
    for repository in repositories:
        described, listed = document(_revision(repository)), document([_entry(file) for file in repository.files])
        for revision in repository.revisions:
            yield f"api/models/{repository.name}/revision/{revision}", described
            yield f"api/models/{repository.name}/tree/{revision}", listed
        for file in repository.files:
            yield f"{repository.name}/resolve/{repository.commit}/{file.path}", file


def _revision(repository: Repository) -> dict[str, Any]:
    return {
        "_id": repository.commit[:24],
        "id": repository.name,
        "modelId": repository.name,
        "author": repository.name.partition("/")[0],
        "sha": repository.commit,
        "private": False,
        "gated": False,
        "disabled": False,
        "tags": [],
        "downloads": 0,
        "likes": 0,
        "siblings": [
            {
                "rfilename": file.path,
                "size": file.size,
                "blobId": git_id(file),
                "lfs": {"sha256": file.sha256, **_lfs(file)},
            }
            for file in repository.files
        ],
    }


def _entry(file: StoredFile) -> dict[str, Any]:
    lfs = {"oid": file.sha256, **_lfs(file)}
    return {"type": "file", "oid": git_id(file), "size": file.size, "path": file.path, "lfs": lfs}


def _lfs(file: StoredFile) -> dict[str, int]:
    return {"size": file.size, "pointerSize": len(pointer(file))}


def _client(mirror: str) -> Client:
    return Client(
        "huggingface-hub",
        {"HF_ENDPOINT": mirror, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"},
        ("reads them at import: set them before Python starts",),
    )


LAYOUT = Layout(
    hub="huggingface",
    title="HuggingFace",
    place=repository_in("huggingface"),
    tree=tree,
    branch="main",
    routes=(
        Route(rf"/{REPOSITORY}/resolve/(?P<revision>[^/]+)/(?P<path>.+)"),
        Route(rf"/api/models/{REPOSITORY}/(revision|tree)/(?P<revision>[^/]+)", "{uri}"),
        Route(rf"/api/models/{REPOSITORY}", "{uri}/revision/main", {"revision": "main"}),
    ),
    clients={"huggingface-hub": _client},
    states_commits=True,
    keeps_earlier=True,
)
