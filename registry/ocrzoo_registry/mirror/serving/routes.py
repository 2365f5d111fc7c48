"""What lies behind an address of a mirror: the same answers as nginx gives by its configuration (``server_config``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ocrzoo_registry.index.schema import BLOBS, FILE_NAME
from ocrzoo_registry.mirror.layouts import archives
from ocrzoo_registry.mirror.serving.tables import NONE, Tables

JSON = "application/json"
BYTES = "application/octet-stream"


@dataclass(frozen=True)
class Found:
    """A file of the release, or that there is none."""

    path: str | None
    """Where it lies, from the root of the release; None where there is nothing."""
    media_type: str = BYTES
    sha256: str | None = None
    """Its digest, where it is known: then it is the ETag."""
    commit: str | None = None
    """For ``X-Repo-Commit``."""
    error: str | None = None
    """For ``X-Error-Code``, where the file turns out not to be there."""


NOTHING = Found(None)


def find(tables: Tables, path: str, query: Mapping[str, str]) -> Found:
    """Return what lies at a path (decoded, with its slash at the start)."""
    if re.search(r"/\.|//|\\|\0", path):
        return NOTHING
    for pattern, answer in _ROUTES:
        match = pattern.fullmatch(path)
        if match is not None:
            return answer(tables, match, query)
    return NOTHING


def _blob(tables: Tables, match: re.Match[str], _query: Mapping[str, str]) -> Found:
    return Found(match[0][1:], sha256=match["sha256"] if match["sha256"] in tables.sizes else None)


def _own(tables: Tables, match: re.Match[str], _query: Mapping[str, str]) -> Found:
    path = match[0][1:]
    return Found(path, sha256=tables.documents[path]) if path in tables.documents else NOTHING


def _document(_tables: Tables, match: re.Match[str], _query: Mapping[str, str]) -> Found:
    return Found(match[0][1:], JSON)


def _signature(_tables: Tables, match: re.Match[str], _query: Mapping[str, str]) -> Found:
    return Found(match[0][1:])


def _about(_tables: Tables, match: re.Match[str], _query: Mapping[str, str]) -> Found:
    return Found(f"api/v1/models/{match['repository']}/about", JSON)


def _resolve(tables: Tables, match: re.Match[str], _query: Mapping[str, str]) -> Found:
    repository = f"huggingface/{match['repository']}"
    found = _file(tables, repository, match["revision"], match["path"])
    return found if found.path else _missing(tables, repository, match["revision"])


def _api(tables: Tables, match: re.Match[str], _query: Mapping[str, str]) -> Found:
    repository, revision = match["repository"], match.groupdict().get("revision") or "main"
    missing = _missing(tables, f"huggingface/{repository}", revision)
    place = f"api/models/{repository}/{match.groupdict().get('kind') or 'revision'}/{revision}"
    return Found(place, JSON, commit=missing.commit, error=missing.error)


def _modelscope_file(tables: Tables, match: re.Match[str], query: Mapping[str, str]) -> Found:
    path = query.get("FilePath", "").replace(" ", "+")  # no path has a space: it was a plus that nobody encoded
    return _file(tables, f"modelscope/{match['repository']}", query.get("Revision", ""), path, hub=False)


def _modelscope_list(tables: Tables, match: re.Match[str], query: Mapping[str, str]) -> Found:
    known = f"modelscope/{match['repository']}/{query.get('Revision', '')}" in tables.commits
    return Found(match[0][1:], JSON) if known else NOTHING


def _media(tables: Tables, match: re.Match[str], query: Mapping[str, str]) -> Found:
    return _file(tables, f"aistudio/{match['repository']}", query.get("ref", ""), match["path"], hub=False)


def _contents(tables: Tables, match: re.Match[str], query: Mapping[str, str]) -> Found:
    known = f"aistudio/{match['repository']}/{query.get('ref', '')}" in tables.commits
    return Found(match[0][1:], JSON) if known else NOTHING


def _file(tables: Tables, repository: str, revision: str, path: str, *, hub: bool = True) -> Found:
    """A file of a repository; ``hub``: its commit is told, as HuggingFace does."""
    commit = tables.commits.get(f"{repository}/{revision}", NONE)
    sha256 = tables.files.get(f"{repository}/{commit}/{path}")
    if sha256 is None:
        return NOTHING
    return Found(f"{BLOBS}/{sha256}", sha256=sha256, commit=commit if hub else None)


def _missing(tables: Tables, repository: str, revision: str) -> Found:
    """What HuggingFace's clients are told where a file is not there."""
    commit = tables.commits.get(f"{repository}/{revision}")
    if repository not in tables.repositories:
        return Found(None, error="RepoNotFound")
    return Found(None, commit=commit, error="RevisionNotFound" if commit is None else "EntryNotFound")


_REPOSITORY = r"(?P<repository>[^/]+/[^/]+)"
_Answer = Callable[[Tables, re.Match[str], Mapping[str, str]], Found]
_ROUTES: tuple[tuple[re.Pattern[str], _Answer], ...] = tuple(
    (re.compile(pattern), answer)
    for pattern, answer in (
        (rf"/{BLOBS}/(?P<sha256>[0-9a-f]{{64}})", _blob),
        (rf"/{re.escape(FILE_NAME)}\.[a-z0-9.]+", _signature),
        (rf"/{_REPOSITORY}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", _resolve),
        (rf"/api/models/{_REPOSITORY}/(?P<kind>revision|tree)/(?P<revision>[^/]+)", _api),
        (rf"/api/models/{_REPOSITORY}", _api),
        (rf"/api/v1/models/{_REPOSITORY}/repo", _modelscope_file),
        (rf"/api/v1/models/{_REPOSITORY}/repo/files", _modelscope_list),
        (rf"/api/v1/models/{_REPOSITORY}/revisions", _document),
        (rf"/(?:api|openapi)/v1/models/{_REPOSITORY}", _about),
        (rf"/api/v1/repos/{_REPOSITORY}/media/(?P<path>.+)", _media),
        (rf"/api/v1/repos/{_REPOSITORY}/contents/.+", _contents),
        (rf"/api/v1/repos/{_REPOSITORY}/git/trees/[^/]+", _document),
        (rf"/(?:{re.escape(FILE_NAME)}|{re.escape(archives.FILE_NAME)}|.+\.tar)", _own),
    )
)
