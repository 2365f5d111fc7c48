"""Turns an answer into bytes: ranges, and the faults on the way."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from tests.hubs.faults import ANSWERS, BODIES, OF_RANGES, Fault
from tests.hubs.routing import Answer, Visit
from tests.hubs.wire import Wire

PAGE = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please accept the terms.</body></html>\n"
BOMB_BYTES = 1 << 28


def respond(visit: Visit, answer: Answer, wire: Wire) -> None:
    """Send an answer, or what a fault makes of it."""
    ranged = "range" in visit.asked.headers
    fault = visit.hubs.strike(
        wire.note, lambda fault: fault.kind in ANSWERS and (ranged or fault.kind not in OF_RANGES)
    )
    if fault is None:
        _send(visit, answer, wire)
    else:
        _ANSWERING[fault.kind](visit, answer, wire, fault)


def _send(visit: Visit, answer: Answer, wire: Wire, *, ranged: bool = True, shift: int = 0) -> None:
    """Send the answer, or the range of it that was asked for; ``shift`` gives a range elsewhere."""
    total = len(answer.body)
    headers = {**answer.headers}
    status, start, stop = answer.status, 0, total
    asked = _range(visit, answer) if ranged and answer.ranges and visit.asked.method == "GET" else None
    if asked is not None:
        start, stop = asked[0] + shift, min(asked[1] + shift, total)
        if asked[0] >= total:
            headers["Content-Range"] = f"bytes */{total}"
            status, start, stop = 416, 0, 0
        else:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{total}"
            status = 206
    headers["Content-Length"] = str(stop - start)
    wire.head(status, headers)
    if not wire.bodiless:
        _send_body(visit, answer.body, start, stop, wire)


def _range(visit: Visit, answer: Answer) -> tuple[int, int] | None:
    """Read the Range header: first byte and the one behind the last; None where the whole file is due."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", visit.asked.headers.get("range", ""))
    known = visit.asked.headers.get("if-range", answer.headers.get("ETag"))
    if found is None or found.groups() == ("", "") or known != answer.headers.get("ETag"):
        return None
    total = len(answer.body)
    first, last = found.groups()
    if not first:
        return max(0, total - int(last)), total
    return int(first), min(int(last) + 1, total) if last else total


def _send_body(visit: Visit, body: bytes, start: int, stop: int, wire: Wire) -> None:
    content = memoryview(body)
    fault = visit.hubs.strike(wire.note, lambda fault: fault.kind in BODIES and fault.reaches(start, stop))
    if fault is None:
        wire.body(content[start:stop])
        return
    at = max(fault.at, start)
    wire.body(content[start:at])
    _SENDING[fault.kind](content[at:stop], wire, fault)


def _stall(rest: memoryview, wire: Wire, fault: Fault) -> None:
    if wire.wait(fault.seconds):
        wire.body(rest)


def _drip(rest: memoryview, wire: Wire, fault: Fault) -> None:
    size = fault.size or 1
    for start in range(0, len(rest), size):
        if not wire.wait(fault.pause):
            return
        wire.body(rest[start : start + size])


def _corrupt(rest: memoryview, wire: Wire, _fault: Fault) -> None:
    wire.body(memoryview(bytes([rest[0] ^ 0xFF])))
    wire.body(rest[1:])


def _reset(_rest: memoryview, wire: Wire, fault: Fault) -> None:
    wire.wait(fault.seconds or 0)
    wire.reset()


_SENDING: dict[str, Callable[[memoryview, Wire, Fault], None]] = {
    "cut": lambda _rest, wire, _fault: wire.cut(),
    "reset": _reset,
    "stall": _stall,
    "drip": _drip,
    "corrupt": _corrupt,
}


def _status(visit: Visit, _answer: Answer, wire: Wire, fault: Fault) -> None:
    body = b"" if fault.status in {204, 304} else b"struck by a fault\n"
    _send(visit, Answer(fault.status, fault.headers, body if fault.body is None else fault.body), wire)


def _hang(_visit: Visit, _answer: Answer, wire: Wire, fault: Fault) -> None:
    wire.wait(fault.seconds)
    wire.cut()


def _drip_headers(_visit: Visit, _answer: Answer, wire: Wire, fault: Fault) -> None:
    wire.note.status = 200
    wire.raw(b"HTTP/1.1 200 OK\r\n")
    line = b"X-Slow: for ever\r\n"
    sent = 0
    while wire.wait(fault.pause):
        wire.raw(line[sent % len(line)].to_bytes())
        sent += 1


def _html(visit: Visit, _answer: Answer, wire: Wire, fault: Fault) -> None:
    page = PAGE if fault.body is None else fault.body
    _send(visit, Answer(200, {"Content-Type": "text/html; charset=utf-8"}, page), wire)


def _redirect(visit: Visit, answer: Answer, wire: Wire, fault: Fault) -> None:
    """Lead away, as HuggingFace does with the headers that describe the file here."""
    described = {name: value for name, value in answer.headers.items() if name == "ETag" or name.startswith("X-")}
    headers = {**described, "Location": f"{visit.hubs.cdn_url}/cdn{visit.asked.target}", **fault.headers}
    _send(visit, Answer(fault.status if 300 <= fault.status < 400 else 302, headers), wire)


def _redirect_loop(visit: Visit, _answer: Answer, wire: Wire, fault: Fault) -> None:
    joint = "&" if "?" in visit.asked.target else "?"
    location = f"{visit.asked.origin}{visit.asked.target}{joint}again={fault.used}"
    _send(visit, Answer(302, {"Location": location}), wire)


def _endless(_visit: Visit, _answer: Answer, wire: Wire, fault: Fault) -> None:
    wire.head(200, {"Content-Type": "application/octet-stream", "Transfer-Encoding": "chunked"})
    piece = b" " * (fault.size or 65536)
    while not wire.bodiless and wire.wait(fault.seconds or 0):
        wire.raw(f"{len(piece):x}\r\n".encode())
        wire.body(memoryview(piece))
        wire.raw(b"\r\n")


def _bad_json(visit: Visit, answer: Answer, wire: Wire, fault: Fault) -> None:
    body = b'{"sha": "0123' if fault.body is None else fault.body
    _send(visit, replace(answer, body=body, ranges=False), wire)


def _gzip_bomb(visit: Visit, answer: Answer, wire: Wire, fault: Fault) -> None:
    headers = {**answer.headers, "Content-Encoding": "gzip"}
    _send(visit, Answer(200, headers, bomb(fault.size or BOMB_BYTES)), wire)


@lru_cache(maxsize=4)
def bomb(size: int) -> bytes:
    """Compress that many spaces, rounded up to whole MiB, a thousandfold."""
    block = b" " * (1 << 20)
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(block) for _ in range(-(-size // len(block)))]
    return b"".join([*parts, packer.flush()])


def _no_range(visit: Visit, answer: Answer, wire: Wire, _fault: Fault) -> None:
    answer.headers.pop("Accept-Ranges", None)
    _send(visit, answer, wire, ranged=False)


def _wrong_range(visit: Visit, answer: Answer, wire: Wire, _fault: Fault) -> None:
    _send(visit, answer, wire, shift=-1 if (_range(visit, answer) or (0, 0))[0] else 1)


def _short(visit: Visit, answer: Answer, wire: Wire, fault: Fault) -> None:
    _send(visit, replace(answer, body=answer.body[: fault.at]), wire)


def _changed(visit: Visit, answer: Answer, wire: Wire, fault: Fault) -> None:
    if fault.call is not None:
        fault.call()
    _send(visit, visit.hubs.answer(visit), wire)


_ANSWERING: dict[str, Callable[[Visit, Answer, Wire, Fault], None]] = {
    "status": _status,
    "hang": _hang,
    "drip_headers": _drip_headers,
    "html": _html,
    "redirect": _redirect,
    "redirect_loop": _redirect_loop,
    "endless": _endless,
    "bad_json": _bad_json,
    "gzip_bomb": _gzip_bomb,
    "no_range": _no_range,
    "wrong_range": _wrong_range,
    "short": _short,
    "changed": _changed,
}
