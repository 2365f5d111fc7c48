"""One connection, from the answering side: heads, bodies, and the rude ways to end them."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Event

PIECE = 1 << 20


@dataclass
class Request:
    """What was asked, and what was answered."""

    source: str
    what: str
    """``check`` (of the root), ``list`` (any metadata, and HEAD for a file), ``file`` (a body) or ``other``."""
    model: str
    path: str
    """The file in the model, or the name of the tar."""
    method: str
    host: str
    headers: dict[str, str]
    """By lower-case name."""
    query: dict[str, str]
    target: str
    """Path and query as sent."""
    status: int = 0
    """Zero as long as nothing is answered."""
    sent: int = 0
    """Bytes of the body that were given to the connection."""
    faults: list[str] = field(default_factory=list)
    """The kinds of faults that struck."""


@dataclass
class Wire:
    """Sends one answer and notes what it sent."""

    socket: socket.socket
    closing: Event
    """Set when the server ends: nothing waits longer than that."""
    note: Request
    bodiless: bool = False
    """After a HEAD no body may follow."""
    open: bool = True
    """Whether another request can follow on this connection."""

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the status line and the headers."""
        self.note.status = status
        self.socket.sendall(format_head(status, headers))

    def body(self, content: memoryview) -> None:
        """Send a part of the body."""
        for start in range(0, len(content), PIECE):
            piece = content[start : start + PIECE]
            self.note.sent += len(piece)  # first, so that whoever has the bytes sees them counted
            self.socket.sendall(piece)

    def raw(self, content: bytes) -> None:
        """Send bytes that count as no body."""
        self.socket.sendall(content)

    def wait(self, seconds: float | None) -> bool:
        """Wait, without a number for ever; says whether the server still runs."""
        return not self.closing.wait(seconds)

    def cut(self) -> None:
        """Close the connection in the middle of an answer."""
        self.open = False
        end(self.socket)

    def reset(self) -> None:
        """Close the connection with a reset instead of an end."""
        self.open = False
        reset(self.socket)


def format_head(status: int, headers: Mapping[str, str]) -> bytes:
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def end(connection: socket.socket) -> None:
    """Close in both directions, whatever state the connection is in."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    """Close with RST: data on the way is lost."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
