"""Requests, answers, and the table of routes that leads from the one to the other."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from tests.hubs.contents import Files
    from tests.hubs.server import Hubs


class Missing(Exception):
    """A repository, revision or file that is not there; ``what`` is ``repo``, ``revision`` or ``file``."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass
class Answer:
    """What is sent when no fault strikes."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    ranges: bool = False
    """Whether the body is a file of which a range can be asked for."""


def json_answer(data: object, status: int = 200, **headers: str) -> Answer:
    return Answer(status, {"Content-Type": "application/json; charset=utf-8", **headers}, json.dumps(data).encode())


def file_answer(content: bytes, etag: str, headers: Mapping[str, str]) -> Answer:
    """Answer with a file; ``etag`` is quoted."""
    return Answer(
        headers={"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", "ETag": etag, **headers},
        body=content,
        ranges=True,
    )


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    """By lower-case name."""
    scheme: str = "http"
    body: bytes = b""

    @property
    def host(self) -> str:
        return self.headers.get("host", "")

    @property
    def raw_path(self) -> str:
        """The path as sent: a quoted slash is no separator."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query).items()}

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}"


@dataclass(frozen=True)
class Visit:
    """A request, with what it is about."""

    hubs: Hubs
    asked: Asked
    source: str
    what: str
    names: Mapping[str, str] = field(default_factory=dict)
    """What the route found in the path: ``repo``, ``revision``, ``path``."""
    cdn: bool = False
    """Whether the request came to the other origin, where redirects lead."""

    @property
    def model(self) -> str:
        """The key in ``Hubs.models``.

        Raises:
            Missing: There is no such repository.
        """
        return self.hubs.model_of(self.source, self.names["repo"])

    def at(self, revision: str) -> tuple[str, Files]:
        """Give the commit and the files of a revision.

        Raises:
            Missing: There is no such repository, or no such revision of it.
        """
        return self.hubs.files_at(self.model, revision, self.source)


@dataclass(frozen=True)
class Route:
    """Which requests are answered by which function."""

    pattern: str
    """Matches the whole path, as sent, without the query."""
    what: str
    """``check``, ``list``, ``file`` or ``other``; a HEAD for a file is a ``list``."""
    answer: Callable[[Visit], Answer]

    def match(self, path: str) -> dict[str, str] | None:
        found = re.fullmatch(self.pattern, path)
        return None if found is None else {name: unquote(value) for name, value in found.groupdict().items()}


@dataclass(frozen=True)
class Protocol:
    """How one hub answers."""

    source: str
    hosts: tuple[str, ...]
    """The hub's real host names; a leading dot stands for every host below it."""
    routes: tuple[Route, ...]
    missing: Callable[[Visit, str], Answer]
    refused: Callable[[], Answer] | None = None
    """The answer without the right token; None where tokens do not matter."""

    def serves(self, host: str) -> bool:
        name = host.partition(":")[0]
        return any(name.endswith(known) if known.startswith(".") else name == known for known in self.hosts)


def pick(files: Files, path: str) -> bytes:
    """Give a file's content.

    Raises:
        Missing: There is no such file.
    """
    if path not in files:
        raise Missing("file")
    return files[path]
