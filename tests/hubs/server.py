"""A local server that speaks the protocols of four model hubs, and goes wrong where a test says so.

::

    with Hubs({"UVDoc": {"inference.yml": b"..."}}) as hubs:
        hubs.inject(Fault("cut", path="inference.pdiparams", at=1000))
        ...  # a client that is told hubs.environment()
        assert [request.status for request in hubs.asked("file")] == [200, 206]
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from threading import Event, Lock
from types import TracebackType
from typing import Self

from tests.hubs.answering import respond
from tests.hubs.contents import Files, commit_id, tar_of
from tests.hubs.faults import Fault
from tests.hubs.listener import Listener
from tests.hubs.protocols.aistudio import AISTUDIO
from tests.hubs.protocols.bos import BOS
from tests.hubs.protocols.huggingface import HUGGINGFACE
from tests.hubs.protocols.mirror import MIRROR, ROOT, path_of
from tests.hubs.protocols.modelscope import MODELSCOPE
from tests.hubs.routing import Answer, Asked, Missing, Route, Visit
from tests.hubs.wire import Request, Wire

PROTOCOLS = {protocol.source: protocol for protocol in (HUGGINGFACE, AISTUDIO, MODELSCOPE, BOS, MIRROR)}
CDN_HOSTS = ("gitea-cdn.baidu-tech.com", "bj-gitea-online.cdn.bcebos.com", "cdn-lfs.huggingface.co")
BRANCHES = {"huggingface": "main", "modelscope": "master", "aistudio": "master", "bos": "master", "mirror": "main"}
TAR_SUFFIX = "_infer.tar"


@dataclass
class Hubs:
    """Four hubs and a mirror on one port, told apart by path; a context manager."""

    models: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Name -> path -> content; ``owner/name`` where the owner is none of PaddlePaddle's."""
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    tars: dict[str, bytes] = field(default_factory=dict)
    """Tars on BOS that are not made from ``models``: ``<name>_infer.tar`` -> content."""
    tags: dict[str, str] = field(default_factory=dict)
    """Tags on AIStudio: name -> commit."""
    token: str | None = None
    """Without it, all but BOS answer 401."""
    page_size: int = 1000
    aistudio_sha256: bool = False
    """Whether AIStudio tells digests of files."""
    bos_md5: bool = True
    """Whether BOS sends Content-MD5."""
    cdn_url: str = ""
    """Where redirects lead: a second port, unless a test names a host that its proxy knows."""

    def __post_init__(self) -> None:
        self.closing = Event()
        self._lock = Lock()
        self._history: dict[tuple[str, str], dict[str, bytes]] = {}
        self._listeners: list[Listener] = []

    def __enter__(self) -> Self:
        self.url = f"http://127.0.0.1:{self.listen(Listener(self)).port}"
        cdn = self.listen(Listener(self, cdn=True))
        self.cdn_url = self.cdn_url or f"http://127.0.0.1:{cdn.port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        errors = [error for listener in self._listeners for error in listener.errors]
        if kind is None and errors:
            raise ExceptionGroup("the server itself failed", [e for e in errors if isinstance(e, Exception)])

    def listen(self, listener: Listener) -> Listener:
        """Let another port serve this until the end."""
        self._listeners.append(listener)
        return listener

    def secure(self, context: ssl.SSLContext) -> int:
        """Speak TLS too; gives the port."""
        return self.listen(Listener(self, tls=context)).port

    def close(self) -> None:
        """End all that hangs, then all connections."""
        self.closing.set()
        for listener in self._listeners:
            listener.close()

    def environment(self) -> dict[str, str]:
        """Give the variables that lead every client here."""
        names = (
            "HF_ENDPOINT",
            "PADDLE_PDX_HUGGING_FACE_ENDPOINT",
            "MODELSCOPE_ENDPOINT",
            "STUDIO_GIT_HOST",
            "OCRZOO_BOS_ENDPOINT",
        )
        return dict.fromkeys(names, self.url)

    @property
    def mirror(self) -> str:
        """The address of the mirror."""
        return f"{self.url}{ROOT}"

    def inject(self, fault: Fault) -> Fault:
        """Let something go wrong from now on; ``used`` of the result counts how often it did."""
        with self._lock:
            self.faults.append(fault)
        return fault

    def clear(self) -> None:
        """Let all go well from now on, and forget what was asked."""
        with self._lock:
            self.faults.clear()
            self.requests.clear()

    def asked(self, what: str | None = None, source: str | None = None, path: str | None = None) -> list[Request]:
        """Give the requests of a sort, in the order they came."""
        return [
            request
            for request in list(self.requests)
            if what in {None, request.what} and source in {None, request.source} and path in {None, request.path}
        ]

    def commit(self, model: str) -> str:
        """Give the id of a model's current state, which stays available from now on."""
        return self._snapshot(model)

    def forget(self) -> None:
        """Lose all states but the current ones, as a hub does whose history was written anew."""
        with self._lock:
            self._history.clear()

    # What the protocols ask for.

    def model_of(self, source: str, repo: str) -> str:
        """Find a repository: PaddleX's names have the owner that PaddleX looks under."""
        owner, _, name = repo.partition("/")
        ours = "PaddleX" if source == "aistudio" and "PaddleOCR-VL" not in name else "PaddlePaddle"
        key = name if owner == ours and name in self.models else repo
        if key not in self.models:
            raise Missing("repo")
        return key

    def files_at(self, model: str, revision: str, source: str) -> tuple[str, Files]:
        """Give commit and files of a branch, or of a commit that was current when something was asked."""
        current = self._snapshot(model)
        commit = current if revision == BRANCHES[source] else self.tags.get(revision, revision)
        files = self._history.get((model, commit))
        if files is None:
            raise Missing("revision")
        return commit, {path: self._shrink(source, path, content) for path, content in files.items()}

    def states(self, source: str) -> list[Files]:
        """Give the files of all states that were current when something was asked."""
        for model in list(self.models):
            self._snapshot(model)
        with self._lock:
            states = list(self._history.values())
        return [{path: self._shrink(source, path, content) for path, content in files.items()} for files in states]

    def tar(self, name: str) -> bytes:
        """Give a tar on BOS."""
        model = name.removesuffix(TAR_SUFFIX)
        if name in self.tars:
            content = self.tars[name]
        elif name.endswith(TAR_SUFFIX) and model in self.models:
            content = tar_of(model, dict(self.models[model]))
        else:
            raise Missing("file")
        return self._shrink("bos", name, content)

    def _snapshot(self, model: str) -> str:
        files = dict(self.models[model])
        commit = commit_id(files)
        with self._lock:
            self._history[model, commit] = files
        return commit

    def _shrink(self, source: str, path: str, content: bytes) -> bytes:
        for fault in list(self.faults):
            if fault.kind == "shrunk" and fault.source in {None, source} and fault.names(path):
                return content[: fault.at]
        return content

    # What the listeners ask for.

    def serve(self, asked: Asked, connection: socket.socket, *, cdn: bool) -> bool:
        """Answer one request; says whether the connection stays open."""
        visit, route = self._visit(asked, cdn=cdn)
        note = self._note(visit)
        wire = Wire(connection, self.closing, note, bodiless=asked.method == "HEAD")
        respond(visit, self.answer(visit, route), wire)
        return wire.open and not self.closing.is_set()

    def answer(self, visit: Visit, route: Route | None = None) -> Answer:
        """Give what is sent when nothing goes wrong."""
        route = route or self._visit(visit.asked, cdn=visit.cdn)[1]
        protocol = PROTOCOLS.get(visit.source)
        if route is None or protocol is None:
            return Answer(200 if visit.what == "check" else 404)
        if protocol.refused is not None and not visit.cdn and visit.what != "other" and not self._admits(visit.asked):
            return protocol.refused()
        try:
            return route.answer(visit)
        except Missing as missing:
            return protocol.missing(visit, missing.what)

    def strike(self, note: Request, fits: Callable[[Fault], bool]) -> Fault | None:
        """Use the first fault that concerns a request."""
        with self._lock:
            for fault in self.faults:
                if fault.concerns(note.source, note.what, note.path) and fits(fault):
                    fault.used += 1
                    note.faults.append(fault.kind)
                    return fault
        return None

    def _visit(self, asked: Asked, *, cdn: bool) -> tuple[Visit, Route | None]:
        path = asked.raw_path
        cdn = cdn or asked.host in CDN_HOSTS
        if cdn:
            path = path.removeprefix("/cdn")
        for protocol in PROTOCOLS.values():
            for route in protocol.routes:
                names = route.match(path)
                if names is not None:
                    what = "list" if route.what == "file" and asked.method == "HEAD" else route.what
                    return Visit(self, asked, protocol.source, what, names, cdn), route
        return Visit(self, asked, self._source_of(asked.host), "check" if path == "/" else "other", cdn=cdn), None

    def _source_of(self, host: str) -> str:
        """Tell the hub by its real name; without a proxy no host tells."""
        return next((protocol.source for protocol in PROTOCOLS.values() if protocol.serves(host)), "")

    def _admits(self, asked: Asked) -> bool:
        return self.token is None or asked.headers.get("authorization", "").rpartition(" ")[2] == self.token

    def _note(self, visit: Visit) -> Request:
        asked = visit.asked
        path = visit.names.get("path") or asked.query.get("FilePath", "") or PurePosixPath(path_of(visit)).name
        repo = visit.names.get("repo", path.removesuffix(TAR_SUFFIX))
        model = repo if repo in self.models else repo.rpartition("/")[2]
        source = "cdn" if visit.cdn else visit.source
        headers = dict(asked.headers)
        note = Request(source, visit.what, model, path, asked.method, asked.host, headers, asked.query, asked.target)
        with self._lock:
            self.requests.append(note)
        return note
