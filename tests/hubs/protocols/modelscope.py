"""ModelScope: one listing with sha256 digests, and files named in the query."""

from __future__ import annotations

from pathlib import PurePosixPath

from tests.hubs.contents import is_lfs, sha256
from tests.hubs.routing import Answer, Missing, Protocol, Route, Visit, file_answer, json_answer, pick

REPO = r"(?P<repo>[^/]+/[^/]+)"


def _success(data: object) -> Answer:
    return json_answer({"Code": 200, "Data": data, "Message": "success", "RequestId": "0", "Success": True})


def _failure(status: int, message: str) -> Answer:
    return json_answer({"Code": status, "Data": None, "Message": message, "Success": False}, status)


def _files(visit: Visit) -> Answer:
    commit, files = visit.at(visit.asked.query.get("Revision", "master"))
    return _success({"Files": [_entry(path, content, commit) for path, content in sorted(files.items())]})


def _entry(path: str, content: bytes, commit: str) -> dict[str, object]:
    return {
        "Path": path,
        "Name": PurePosixPath(path).name,
        "Type": "blob",
        "Mode": "33188",
        "Size": len(content),
        "Sha256": sha256(content),
        "Revision": commit,
        "IsLFS": is_lfs(path),
    }


def _file(visit: Visit) -> Answer:
    _commit, files = visit.at(visit.asked.query.get("Revision", "master"))
    path = visit.asked.query.get("FilePath", "")
    content = pick(files, path)
    return file_answer(content, f'"{sha256(content)}"', {"X-Linked-ETag": f'"{sha256(content)}"'})


def _model(visit: Visit) -> Answer:
    owner, _, name = visit.names["repo"].partition("/")
    commit, _files_there = visit.at("master")
    return _success({"Id": 1, "Name": name, "Path": owner, "Revision": commit, "Visibility": 5})


def _revisions(visit: Visit) -> Answer:
    commit, _files_there = visit.at("master")
    branch = {"Revision": "master", "CommitId": commit, "CreatedAt": 0}
    return _success({"RevisionMap": {"Branches": [branch], "Tags": []}})


def _no_acceleration(visit: Visit) -> Answer:
    return _failure(404, "not found")


def _missing(visit: Visit, what: str) -> Answer:
    return _failure(404, f"{what} not found")


def _refused() -> Answer:
    return _failure(401, "unauthorized")


def _unknown_file(visit: Visit) -> Answer:
    raise Missing("file")


MODELSCOPE = Protocol(
    "modelscope",
    ("modelscope.cn", "www.modelscope.cn"),
    (
        Route(rf"/api/v1/models/{REPO}/repo/files", "list", _files),
        Route(rf"/api/v1/models/{REPO}/repo", "file", _file),
        Route(rf"/api/v1/models/{REPO}/revisions", "list", _revisions),
        Route(rf"/(?:api|openapi)/v1/models/{REPO}", "list", _model),
        Route(r"/api/v1/repos/internalAccelerationInfo", "other", _no_acceleration),
        Route(r"/openapi/v1/.*", "other", _unknown_file),
    ),
    _missing,
    _refused,
)
