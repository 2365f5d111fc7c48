"""Which file answers a request: the same answers as nginx gives with its generated configuration."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from ocrzoo_registry.index.schema import BLOBS, FILE_NAME
from ocrzoo_registry.mirror import archives
from ocrzoo_registry.mirror.layouts import LAYOUTS
from ocrzoo_registry.mirror.layouts.base import Layout, Route
from ocrzoo_registry.mirror.serving.tables import NONE, Tables

JSON = "application/json"
BYTES = "application/octet-stream"


@dataclass(frozen=True)
class Found:
    """A file of the release, or that there is none."""

    path: str | None
    """Relative to the root of the release; None if there is no such file."""
    media_type: str = BYTES
    sha256: str | None = None
    """Its digest, if known: then it is the ETag."""
    commit: str | None = None
    """For ``X-Repo-Commit``."""
    error: str | None = None
    """For ``X-Error-Code``, if the file turns out to be missing."""


NOTHING = Found(None)


def find(tables: Tables, path: str, query: Mapping[str, str]) -> Found:
    """Return what is stored at a path (decoded, with its leading slash)."""
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


def _signature(_tables: Tables, match: re.Match[str], _query: Mapping[str, str]) -> Found:
    return Found(match[0][1:])


def _of_hub(layout: Layout, route: Route, tables: Tables, match: re.Match[str], query: Mapping[str, str]) -> Found:
    """A document or file of a hub, by the tables."""
    values = {name: _value(given, query) for name, given in route.values.items()} | match.groupdict()
    document = None if route.document is None else route.document.format(uri=match[0], **values).lstrip("/")
    if "repository" not in values:
        return Found(document, JSON)
    repository = f"{layout.hub}/{values['repository']}"
    commit = tables.commits.get(f"{repository}/{values['revision']}")
    missing = _missing(tables, repository, commit) if layout.states_commits else NOTHING
    if document is not None:
        unknown = commit is None and route.revision_in_query
        return missing if unknown else Found(document, JSON, commit=missing.commit, error=missing.error)
    sha256 = tables.files.get(f"{repository}/{commit or NONE}/{values['path']}")
    return missing if sha256 is None else Found(f"{BLOBS}/{sha256}", sha256=sha256, commit=missing.commit)


def _value(given: str, query: Mapping[str, str]) -> str:
    """A constant, or a parameter of the query; no path has a space, so that is a plus that nobody encoded."""
    return query.get(given[1:], "").replace(" ", "+") if given.startswith("?") else given


def _missing(tables: Tables, repository: str, commit: str | None) -> Found:
    """What Hugging Face's clients expect if a file is missing."""
    if repository not in tables.repositories:
        return Found(None, error="RepoNotFound")
    return Found(None, commit=commit, error="RevisionNotFound" if commit is None else "EntryNotFound")


_Answer = Callable[[Tables, re.Match[str], Mapping[str, str]], Found]


def _routes() -> Iterator[tuple[str, _Answer]]:
    yield rf"/{BLOBS}/(?P<sha256>[0-9a-f]{{64}})", _blob
    yield rf"/{re.escape(FILE_NAME)}\.[a-z0-9.]+", _signature
    for layout in LAYOUTS:
        for route in layout.routes:
            yield route.pattern, partial(_of_hub, layout, route)
    yield rf"/(?:{re.escape(FILE_NAME)}|{re.escape(archives.FILE_NAME)}|.+\.tar)", _own


_ROUTES = [(re.compile(pattern), answer) for pattern, answer in _routes()]
