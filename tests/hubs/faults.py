"""What can go wrong at a hub, as data: which requests a fault strikes, how often, and where in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

ANSWERS = {
    "status": "answers with `status` and `headers`",
    "hang": "takes the request and never answers, or closes the connection after `seconds`",
    "drip_headers": "sends headers for ever, a byte every `seconds`",
    "html": "answers 200 with a web page, as a captive portal does",
    "redirect": "sends to another origin, `Hubs.cdn_url`, which serves the file",
    "redirect_loop": "sends to itself, each time under another query",
    "endless": "answers 200 with a chunked body that never ends",
    "bad_json": "answers a listing with something that is no JSON",
    "gzip_bomb": "answers with few bytes of gzip that inflate to `size`",
    "no_range": "ignores Range, where there is one: 200 and the whole file",
    "wrong_range": "answers 206 with a range one byte off what was asked for",
    "short": "serves the file cut off at `at`, while listing and HEAD state its full size",
    "changed": "runs `call` before it answers, which may change `Hubs.models`",
}
"""Faults of the whole answer; one of them strikes a request."""

BODIES = {
    "cut": "closes the connection before byte `at`",
    "reset": "resets the connection before byte `at`, `seconds` later: at once, what was sent may not arrive",
    "stall": "sends nothing for `seconds` before byte `at` (for ever without), then goes on",
    "drip": "from byte `at` on, sends `size` bytes every `seconds`",
    "corrupt": "flips the bits of byte `at`",
}
"""Faults of the body; one of them strikes a request, beside one of the answer's."""

STATES = {"shrunk": "listings, digests, HEAD and GET all describe the file cut off at `at`"}
"""Faults of the repository: they hold as long as they are there, and are never used up."""

OF_LISTINGS = frozenset({"bad_json", "gzip_bomb"})
OF_RANGES = frozenset({"no_range", "wrong_range"})
PAUSE = 0.05
"""Seconds between the pieces of what drips, where the fault says nothing."""


@dataclass
class Fault:
    """One thing that goes wrong."""

    kind: str
    source: str | None = None
    """``huggingface``, ``aistudio``, ``modelscope``, ``bos`` or ``cdn``; None is any of them."""
    what: str = ""
    """``check``, ``list``, ``file``, ``other`` or ``any``; empty is ``file``, or ``list`` for kinds of listings."""
    path: str | None = None
    """Only the file of this name, in whichever folder."""
    times: int | None = 1
    """How many requests it strikes; None is every one."""
    at: int = 0
    """The byte it strikes, counted from the file's beginning whatever range is asked for."""
    status: int = 503
    """For ``status``, and for ``redirect`` where it is 301 to 308."""
    headers: dict[str, str] = field(default_factory=dict)
    """For ``status`` and ``redirect``, where ``Location`` overrides the one meant."""
    body: bytes | None = None
    """For ``status``, ``html`` and ``bad_json``, in place of their own."""
    seconds: float | None = None
    size: int | None = None
    """Bytes a piece for ``drip`` (1) and ``endless`` (64 KiB), bytes inflated for ``gzip_bomb`` (256 MiB)."""
    call: Callable[[], None] | None = None
    used: int = 0
    """How many requests it has struck."""

    def __post_init__(self) -> None:
        if self.kind not in {*ANSWERS, *BODIES, *STATES}:
            raise ValueError(f"no such kind of fault: {self.kind}")
        self.what = self.what or ("list" if self.kind in OF_LISTINGS else "file")

    @property
    def pause(self) -> float:
        return PAUSE if self.seconds is None else self.seconds

    def concerns(self, source: str, what: str, path: str) -> bool:
        """Whether a request is of the sort that this fault strikes, and it is not used up."""
        return (
            (self.times is None or self.used < self.times)
            and self.source in {None, source}
            and self.what in {"any", what}
            and self.names(path)
            and not (self.kind.startswith("redirect") and source == "cdn")
        )

    def names(self, path: str) -> bool:
        """Whether it strikes this file."""
        return self.path is None or PurePosixPath(path).name == PurePosixPath(self.path).name

    def reaches(self, start: int, stop: int) -> bool:
        """Whether its byte is among those sent; what drips also drips behind that byte."""
        return self.at < stop and (start <= self.at or self.kind == "drip")
