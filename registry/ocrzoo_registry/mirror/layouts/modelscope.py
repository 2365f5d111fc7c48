"""ModelScope: documents at paths, files by the query of a URL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from ocrzoo_registry.mirror.layouts.base import REPOSITORY, Client, Layout, Repository, Route, repository_in
from ocrzoo_registry.mirror.layouts.documents import document
from ocrzoo_registry.store.manifest import StoredFile


def tree(repositories: list[Repository]) -> Iterator[tuple[str, bytes]]:
    """Yield the documents of the present repositories."""
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


def _entry(file: StoredFile, repository: Repository) -> dict[str, Any]:
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


def _client(mirror: str) -> Client:
    parts = urlsplit(mirror)
    older = (
        f"before 1.38 it reads MODELSCOPE_DOMAIN={parts.netloc}"
        if parts.scheme == "https"
        else "before 1.38 it uses https only, unless a call passes endpoint="
    )
    return Client("modelscope", {"MODELSCOPE_ENDPOINT": mirror}, (f"1.38 or later; {older}",))


_REPO = rf"/api/v1/models/{REPOSITORY}/repo"
_REVISION = {"revision": "?Revision"}

LAYOUT = Layout(
    hub="modelscope",
    title="ModelScope",
    place=repository_in("modelscope"),
    tree=tree,
    branch="master",
    routes=(
        Route(_REPO, values={**_REVISION, "path": "?FilePath"}),
        Route(f"{_REPO}/files", "{uri}", _REVISION),
        Route(r"/api/v1/models/[^/]+/[^/]+/revisions", "{uri}"),
        Route(r"/(api|openapi)/v1/models/(?P<own>[^/]+/[^/]+)", "/api/v1/models/{own}/about"),
    ),
    clients={"modelscope": _client},
)
