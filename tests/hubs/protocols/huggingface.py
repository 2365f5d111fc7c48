"""HuggingFace: revision and tree listings, and files under ``resolve``."""

from __future__ import annotations

from urllib.parse import quote

from tests.hubs.contents import blob, etag, git_sha1, is_lfs, lfs_pointer, sha256
from tests.hubs.routing import Answer, Protocol, Route, Visit, file_answer, json_answer, pick

ERROR_CODES = {"repo": "RepoNotFound", "revision": "RevisionNotFound", "file": "EntryNotFound"}
REPO = r"(?P<repo>[^/]+/[^/]+)"


def _revision(visit: Visit) -> Answer:
    commit, files = visit.at(visit.names.get("revision", "main"))
    return json_answer(
        {
            "_id": commit[:24],
            "id": visit.names["repo"],
            "modelId": visit.names["repo"],
            "sha": commit,
            "private": False,
            "gated": False,
            "disabled": False,
            "tags": [],
            "downloads": 0,
            "siblings": [{"rfilename": path} for path in sorted(files)],
        }
    )


def _tree(visit: Visit) -> Answer:
    """List the files, a page at a time; ``Link`` leads to the next."""
    commit, files = visit.at(visit.names["revision"])
    start = int(visit.asked.query.get("cursor", "0"))
    stop = start + visit.hubs.page_size
    entries = [_entry(path, content) for path, content in sorted(files.items())]
    answer = json_answer(entries[start:stop])
    if stop < len(entries):
        following = f"{visit.asked.origin}{visit.asked.raw_path}?recursive=true&expand=false&cursor={stop}"
        answer.headers["Link"] = f'<{following}>; rel="next"'
    answer.headers["X-Repo-Commit"] = commit
    return answer


def _entry(path: str, content: bytes) -> dict[str, object]:
    entry: dict[str, object] = {
        "type": "file",
        "oid": git_sha1(blob(path, content)),
        "size": len(content),
        "path": path,
    }
    if is_lfs(path):
        entry["lfs"] = {"oid": sha256(content), "size": len(content), "pointerSize": len(lfs_pointer(content))}
    return entry


def _resolve(visit: Visit) -> Answer:
    commit, files = visit.at(visit.names["revision"])
    path = visit.names["path"]
    content = pick(files, path)
    headers = {"X-Repo-Commit": commit, "Content-Disposition": f"inline; filename*=UTF-8''{quote(path)}"}
    if is_lfs(path):
        headers |= {"X-Linked-Etag": etag(path, content), "X-Linked-Size": str(len(content))}
    return file_answer(content, etag(path, content), headers)


def _missing(visit: Visit, what: str) -> Answer:
    message = {"repo": "Repository not found", "revision": "Invalid rev id", "file": "Entry not found"}[what]
    answer = json_answer({"error": message}, 404)
    answer.headers |= {"X-Error-Code": ERROR_CODES[what], "X-Error-Message": message}
    return answer


def _refused() -> Answer:
    message = "Invalid username or password."
    answer = json_answer({"error": message}, 401)
    answer.headers |= {"X-Error-Code": "RepoNotFound", "X-Error-Message": message}
    return answer


HUGGINGFACE = Protocol(
    "huggingface",
    ("huggingface.co",),
    (
        Route(rf"/api/models/{REPO}", "list", _revision),
        Route(rf"/api/models/{REPO}/revision/(?P<revision>[^/]+)", "list", _revision),
        Route(rf"/api/models/{REPO}/tree/(?P<revision>[^/]+)", "list", _tree),
        Route(rf"/{REPO}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", "file", _resolve),
    ),
    _missing,
    _refused,
)
