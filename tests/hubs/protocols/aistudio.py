"""AIStudio, which is a Gitea: git's own ids and sizes in trees, the files' sizes in contents, media for bytes."""

from __future__ import annotations

from pathlib import PurePosixPath

from tests.hubs.contents import blob, etag, git_sha1, sha256
from tests.hubs.routing import Answer, Missing, Protocol, Route, Visit, file_answer, json_answer, pick

REPO = r"(?P<repo>[^/]+/[^/]+)"
API = rf"/api/v1/repos/{REPO}"
PATH = r"(?P<path>.+)"


def _tag(visit: Visit) -> Answer:
    """Name the commit of a tag; branches and commits are no tags."""
    tag = visit.names["tag"]
    commit = visit.hubs.tags.get(tag)
    if commit is None:
        raise Missing("revision")
    return json_answer({"name": tag, "id": commit, "commit": {"sha": commit, "url": ""}})


def _tree(visit: Visit) -> Answer:
    """List as git does: of a file kept in LFS, the pointer's id and size."""
    commit, files = visit.at(visit.names["revision"])
    page, length = int(visit.asked.query.get("page", "1")), int(visit.asked.query.get("per_page", "1000"))
    length = min(length, visit.hubs.page_size)
    entries = [_entry(path, blob(path, content)) for path, content in sorted(files.items())]
    return json_answer(
        {
            "sha": commit,
            "url": f"{visit.asked.origin}/api/v1/repos/{visit.names['repo']}/git/trees/{commit}",
            "tree": entries[(page - 1) * length : page * length],
            "truncated": page * length < len(entries),
            "page": page,
            "total_count": len(entries),
        }
    )


def _entry(path: str, held: bytes) -> dict[str, object]:
    return {"path": path, "mode": "100644", "type": "blob", "size": len(held), "sha": git_sha1(held), "url": ""}


def _contents(visit: Visit) -> Answer:
    """Describe a file; the size is that of the file itself, or the hub's own client could not download it."""
    commit, files = visit.at(visit.asked.query.get("ref", "master"))
    path = visit.names["path"]
    content = pick(files, path)
    described: dict[str, object] = {
        "name": PurePosixPath(path).name,
        "path": path,
        "sha": git_sha1(blob(path, content)),
        "last_commit_sha": commit,
        "type": "file",
        "size": len(content),
        "encoding": None,
        "content": None,
    }
    if visit.hubs.aistudio_sha256:
        described["Sha256"] = sha256(content)
    return json_answer(described)


def _media(visit: Visit) -> Answer:
    _commit, files = visit.at(visit.asked.query.get("ref", "master"))
    content = pick(files, visit.names["path"])
    return file_answer(content, etag(visit.names["path"], content), {})


def _statistics(visit: Visit) -> Answer:
    """Take the client's count of downloads, and forget it."""
    return json_answer({"errorCode": 0, "errorMsg": "", "result": None})


def _missing(visit: Visit, what: str) -> Answer:
    return json_answer({"errors": [], "message": f"The target couldn't be found: {what}", "url": ""}, 404)


def _refused() -> Answer:
    return json_answer({"message": "token is required", "url": ""}, 401)


AISTUDIO = Protocol(
    "aistudio",
    ("git.aistudio.baidu.com", "aistudio.baidu.com"),
    (
        Route(rf"{API}/tags/(?P<tag>.+)", "list", _tag),
        Route(rf"{API}/git/trees/(?P<revision>[^/]+)", "list", _tree),
        Route(rf"{API}/contents/{PATH}", "list", _contents),
        Route(rf"{API}/media/{PATH}", "file", _media),
        Route(r"/modelcenter/v2/statistic/repo", "other", _statistics),
    ),
    _missing,
    _refused,
)
