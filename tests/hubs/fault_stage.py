"""Where one fault meets our resolver with one source: what is pulled, and what must hold whatever goes wrong."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.hubs.faults import Fault
from tests.hubs.kit import MODEL
from tests.hubs.pulling import (
    PARAMS,
    SOURCES,
    Pulse,
    asked_of,
    card,
    contents_of,
    folder_of,
    half_done,
    make_zoo,
    parts_of,
    size_of,
    variables,
)
from tests.hubs.server import Hubs
from tests.hubs.wire import Request

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.errors import ExitCode, IntegrityError, OcrzooError
from ocrzoo_registry.network.retry import LEAST_RATE, SILENCE_S
from ocrzoo_registry.store.manifest import Manifest
from ocrzoo_registry.store.store import ModelFiles

FILES = {
    "inference.yml": f"Global:\n  model_name: {MODEL}\n".encode(),
    "inference.json": b'{"program": {}}\n' * 200,
    PARAMS: bytes(range(256)) * 6000,
}
"""The model that is pulled: 1.5 MB."""
HALF = 768_000
"""Where faults strike in its weights, or in the archive that holds them."""
SLACK_S = 2.0
"""For threads that wait for their turn."""
_OUTCOMES = "unreachable|busy|too slow|refused|absent"


@dataclass
class Stage:
    """One source with a fault, and a home that is still empty."""

    source: str
    hubs: Hubs
    home: Path
    others: Sequence[str] = ()
    """Sources that are asked after it."""
    environment: dict[str, str] = field(default_factory=dict)
    """Settings beyond those that lead to the server."""
    states: list[dict[str, bytes]] = field(default_factory=list)
    """What the model may be, each of them whole; what the hub has now, unless it says otherwise."""
    message: str = ""
    """What the last pull failed with."""
    seconds: float = 0.0
    """How long the longest pull took."""

    @property
    def file(self) -> str:
        """The file that faults strike: weights or archive."""
        return asked_of(self.source)

    @property
    def folder(self) -> Path:
        return folder_of(self.home)

    @property
    def next_source(self) -> str:
        return SOURCES[(SOURCES.index(self.source) + 1) % len(SOURCES)]

    def settings(self) -> dict[str, str]:
        return variables(self.home, [self.source, *self.others], self.hubs, **self.environment)

    def inject(self, *faults: Fault) -> None:
        """Let faults strike this source, and of its files the heavy one."""
        for fault in faults:
            path = self.file if fault.what == "file" and fault.kind != "shrunk" else fault.path
            self.hubs.inject(replace(fault, source=self.source, path=path))

    def bodies(self, since: int = 0) -> list[Request]:
        """Give the requests for the heavy file's bytes."""
        return [one for one in list(self.hubs.requests)[since:] if one.what == "file" and one.path == self.file]

    def pull(self, expected: Manifest | None = None) -> str:
        """Pull the model, hold what came of it against what must hold, and tell it in a few words."""
        resolver = make_zoo(self.settings()).resolver
        since, began = len(self.hubs.requests), time.monotonic()
        with Pulse(self.hubs) as pulse:
            try:
                files = _resolved(resolver, expected)
            except OcrzooError as error:
                words = self._failed(error)
            else:
                words = self._succeeded(files, since)
        taken = time.monotonic() - began
        self.seconds = max(self.seconds, taken)
        assert pulse.longest_s < SILENCE_S + SLACK_S, f"nothing moved for {pulse.longest_s:.1f} s"
        bound = 3 * SILENCE_S + sum(map(len, FILES.values())) / LEAST_RATE + SLACK_S
        assert taken < bound * (1 + len(self.others)), f"took {taken:.1f} s"
        return words

    def _failed(self, error: OcrzooError) -> str:
        """Check that a failure leaves nothing that could be taken for a model, and give its word."""
        self.message = str(error)
        assert half_done(self.home) == []
        assert "\n" not in self.message
        assert self.source in self.message
        if isinstance(error, IntegrityError):
            assert error.exit_code == ExitCode.INTEGRITY
            return "error: corrupt"
        assert error.exit_code == ExitCode.SOURCE
        found = re.search(rf"\b{self.source}\b[^:;]*: ({_OUTCOMES}|has no)\b", self.message)
        return f"error: {found[1] if found else 'failed'}".replace("has no", "absent")

    def _succeeded(self, files: ModelFiles, since: int) -> str:
        """Check every byte, and tell how they came."""
        assert files.folder == self.folder
        assert contents_of(self.folder) in (self.states or [self._state_now()])
        assert parts_of(self.home) == {}
        assert files.manifest is not None
        if files.manifest.source != self.source:
            assert files.manifest.source == self.next_source
            return "right, from the next source"
        return f"right{self._how(since)}"

    def _state_now(self) -> dict[str, bytes]:
        """What the hub has now, for whoever believes it."""
        files = dict(self.hubs.models[MODEL])
        for fault in self.hubs.faults:
            if fault.kind == "shrunk" and fault.path == PARAMS:
                files[PARAMS] = files[PARAMS][: fault.at]
        return files

    def _how(self, since: int) -> str:
        requests, bodies = list(self.hubs.requests)[since:], self.bodies(since)
        if any(one.status == 206 and "wrong_range" not in one.faults for one in bodies):
            assert sum(one.sent for one in bodies) < 1.1 * size_of(self.source, self.hubs)
            return ", resumed"
        if len([one for one in bodies if one.sent > HALF // 2]) > 1:
            return ", downloaded again"
        asked = [(one.method, one.target) for one in requests if one.source != "cdn"]
        return ", retried" if len(set(asked)) < len(asked) else ""


def _resolved(resolver: Resolver, expected: Manifest | None) -> ModelFiles:
    if expected is not None:
        return resolver.get(DownloadRequest(card(), [expected.format], expected))
    return resolver.get(DownloadRequest(card(), ["paddle"]))
