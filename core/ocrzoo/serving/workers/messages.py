"""Messages between the server and its workers, over pipes: JSON, and the bytes that belong to it.

Nothing is pickled: a worker has handled files of strangers. A message is four bytes with the length of its JSON, the
JSON, and the parts whose lengths are in it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

_LENGTH_BYTES = 4
_MAX_JSON = 256 << 20
"""Bytes; a page of many thousand lines takes a few millions."""


@dataclass(frozen=True)
class Message:
    """One message."""

    kind: str
    """What it is: see :mod:`ocrzoo.serving.workers.worker`."""
    data: dict[str, Any]
    parts: Sequence[bytes] = ()

    def encode(self) -> list[bytes]:
        """Return the bytes to send, in pieces."""
        head = {"kind": self.kind, "data": self.data, "parts": [len(part) for part in self.parts]}
        text = json.dumps(head, separators=(",", ":"), ensure_ascii=False)
        content = text.encode("utf-8", "backslashreplace")
        return [len(content).to_bytes(_LENGTH_BYTES, "big"), content, *self.parts]


def read(stream: IO[bytes]) -> Message | None:
    """Read a message; ``None`` at the end of the stream.

    Raises:
        EOFError: The stream ends amid a message.
    """
    prefix = stream.read(_LENGTH_BYTES)
    if not prefix:
        return None
    head = _head(_exactly(stream, _length(prefix)))
    return Message(head["kind"], head["data"], [_exactly(stream, int(size)) for size in head["parts"]])


async def read_async(stream: asyncio.StreamReader) -> Message | None:
    """Do the same for a stream of asyncio."""
    try:
        prefix = await stream.readexactly(_LENGTH_BYTES)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise EOFError("the message breaks off") from error
        return None
    try:
        head = _head(await stream.readexactly(_length(prefix)))
        return Message(head["kind"], head["data"], [await stream.readexactly(int(size)) for size in head["parts"]])
    except asyncio.IncompleteReadError as error:
        raise EOFError("the message breaks off") from error


def _length(prefix: bytes) -> int:
    length = int.from_bytes(prefix, "big")
    if len(prefix) < _LENGTH_BYTES or length > _MAX_JSON:
        raise EOFError("not a message")
    return length


def _head(content: bytes) -> dict[str, Any]:
    head: dict[str, Any] = json.loads(content)
    return head


def _exactly(stream: IO[bytes], count: int) -> bytes:
    content = stream.read(count)
    if len(content) < count:
        raise EOFError("the message breaks off")
    return content
