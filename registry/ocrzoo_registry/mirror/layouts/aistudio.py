"""AI Studio, a Gitea whose documents also state the SHA-256 that its client checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from ocrzoo_registry.mirror.layouts.base import REPOSITORY, Client, Layout, Repository, Route, repository_in
from ocrzoo_registry.mirror.layouts.documents import document, git_id
from ocrzoo_registry.store.manifest import StoredFile


def tree(repositories: list[Repository]) -> Iterator[tuple[str, bytes]]:
    """Yield the documents of the present repositories."""
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


def _entry(file: StoredFile) -> dict[str, Any]:
    return {"path": file.path, "mode": "100644", "type": "blob", "size": file.size, "sha": git_id(file), "url": ""}


def _contents(file: StoredFile, repository: Repository) -> dict[str, Any]:
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


def _client(mirror: str) -> Client:
    return Client(
        "aistudio-sdk",
        {"STUDIO_GIT_HOST": mirror},
        (
            "it posts a count to https://aistudio.baidu.com before each download, without a timeout",
            "if that host is unreachable and does not refuse connections, disable that in Python:",
            "aistudio_sdk.snapshot_download.post_repo_statistic = lambda *_: None",
        ),
    )


_REPO = rf"/api/v1/repos/{REPOSITORY}"
_REVISION = {"revision": "?ref"}

LAYOUT = Layout(
    hub="aistudio",
    title="AI Studio",
    place=repository_in("aistudio"),
    tree=tree,
    branch="master",
    routes=(
        Route(rf"{_REPO}/media/(?P<path>.+)", values=_REVISION),
        Route(rf"{_REPO}/contents/.+", "{uri}", _REVISION),
        Route(r"/api/v1/repos/[^/]+/[^/]+/git/trees/[^/]+", "{uri}"),
    ),
    clients={"aistudio-sdk": _client},
)
