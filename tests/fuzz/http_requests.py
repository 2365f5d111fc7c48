"""Hostile requests to ``ocrzoo serve``, drawn from a seed: ``python -m tests.fuzz.http_requests --count 10000``.

A server of its own gets them, many at a time, as raw bytes. Each must be answered with a status of HTTP, or the
connection closed where the request is no HTTP; then the server is still ready, has the same worker processes, has
written no file, and stayed below its limit of memory.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import re
import socket
import struct
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import PIL.Image
import psutil
from tests.core.serving.conftest import Server, running
from tests.fuzz.images import damaged_image, valid_image
from tests.fuzz.mutations import NUMBERS, STRANGE, damaged
from tests.fuzz.pdfs import damaged_pdf

LIMIT_S = 45.0
"""Seconds that no answer may take."""
MAX_MEMORY = 4 << 30
"""Bytes of the server, its worker and three processes that render and write PDFs, each limited to 1 GiB."""
KEYS = (
    *("file", "fileType", "useDocOrientationClassify", "useTextlineOrientation", "textDetLimitSideLen"),
    *("textDetLimitType", "textDetThresh", "textDetBoxThresh", "textDetUnclipRatio", "textRecScoreThresh"),
    *("returnWordBox", "visualize", "logId", "lang", "images", "maxImageSize", "maxPages", "receipt", "document"),
)
LOG_IDS = ("../../x", "/etc/cron.d/x", "a\r\nSet-Cookie: x=1", "\0", "..\\x", "~/x", "$(touch x)", "x" * 100_000)
URLS = (
    *("http://127.0.0.1:{port}/metrics", "http://localhost:22/", "http://[::1]:{port}/", "http://169.254.169.254/"),
    *("http://0/", "http://2130706433/", "file:///etc/passwd", "gopher://127.0.0.1:9/", "http://user:x@127.0.0.1/"),
    *("http://127.0.0.1.nip.io/", "https://localhost/", "HTTP://127.0.0.1/", "http://127.1:80/", "//127.0.0.1/"),
)
PATHS = (
    *("/ocr", "/ocr?format=pdf", "/ocr?format=ndjson", "/ocr?format=x", "/layout-parsing", "/export?format=pdf"),
    *("/ui/../../etc/passwd", "/ui/%2e%2e/%2e%2e/pyproject.toml", "/ui//etc/passwd", "/ui/..%2f..%2fx", "/%00"),
    *("/" + "a" * 60_000, "/ocr/" + "../" * 500, "/ocr?" + "a=1&" * 5000, "*", "http://other.example/ocr", "/ocr#x"),
)
METHODS = (
    "POST",
    "POST",
    "POST",
    "POST",
    "GET",
    "PUT",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PATCH",
    "get",
    "X" * 900,
)
TYPES = (
    *("application/json", "image/png", "application/pdf", "application/octet-stream", "text/plain", "", "x"),
    *(
        "multipart/form-data; boundary=x",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "image/" + "x" * 9000,
    ),
)
HEADERS = (
    *("Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: 5\r\nContent-Length: 6", "X"),
    *(
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Content-Encoding: gzip",
        "Expect: 100-continue",
    ),
    *("Host: \x00", "X-Request-Id: a\tb", "X-Request-Id: " + "x" * 5000, "Cookie: " + "x" * 60_000, ": x", " x: y"),
    *("Authorization: Bearer " + "x" * 9000, "Range: bytes=0-", "Connection: close, keep-alive", "Upgrade: websocket"),
    *("Accept: " + "a/b," * 3000, "Accept: text/plain;q=x", "Accept: */*;q=nan", "Origin: null", "X: \xff\xfe"),
)


def body(random: Random) -> bytes:
    """Draw a JSON body, of which something is wrong."""
    content = base64.b64encode(random.choice((valid_image, damaged_image, damaged_pdf))(random)).decode()
    found: dict[str, Any] = {"file": content, "visualize": random.random() < 0.2}
    for _ in range(random.choice((0, 1, 1, 2, 5))):
        found[random.choice(KEYS)] = random.choice((random.choice(STRANGE), random.choice(NUMBERS)))
    if random.random() < 0.15:
        found["logId"] = random.choice(LOG_IDS)
    if random.random() < 0.15:
        found["file"] = random.choice(URLS).format(port=random.choice((80, 8080)))
    if random.random() < 0.1:
        found["pages"] = [{"lines": [{"text": random.choice(STRANGE), "polygon": random.choice(STRANGE), "score": 2}]}]
    text = json.dumps(found).encode()
    return damaged(random, text) if random.random() < 0.2 else text


@cache
def bombs() -> list[bytes]:
    """Small files that would be large: PNG, TIFF, PDF, and JSON that is deep."""
    rows = zlib.compress(bytes(60_001 * 300), 9)
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    made = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    tiff = io.BytesIO()
    PIL.Image.new("1", (30_000, 5_900)).save(tiff, "TIFF", compression="group4")
    stream = zlib.compress(b"0 0 m 9 9 l S " * 3_000_000, 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[" + b"3 0 R " * 5000 + b"]/Count 5000>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 14400 14400]/Contents 4 0 R>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n" % len(stream) + stream + b"\nendstream",
    ]
    out = b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n%b\nendobj\n" % (n, one) for n, one in enumerate(objects, 1))
    return [
        b"\x89PNG\r\n\x1a\n" + made,
        tiff.getvalue(),
        out + b"trailer<</Root 1 0 R>>",
        b"[" * 200_000,
        b'{"file":' * 50_000,
    ]


def request(random: Random) -> bytes:
    """Draw one request, as its bytes."""
    kind = random.choice(("json",) * 5 + ("file",) * 4 + ("bomb", "headers", "paths", "raw"))
    if kind == "raw":
        return random.choice(
            (random.randbytes(200), b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 500, b"\x16\x03\x01" + bytes(99))
        )
    content = body(random)
    media, path, method, extra = "application/json", random.choice(PATHS[:6]), "POST", []
    if kind == "file":
        content = random.choice((damaged_image, damaged_pdf))(random)
        media = random.choice(("image/png", "application/pdf", "application/octet-stream"))
    elif kind == "bomb":
        content, media = random.choice(bombs()), random.choice(TYPES[:4])
    elif kind == "paths":
        path, method = random.choice(PATHS), random.choice(METHODS)
    elif kind == "headers":
        media, extra = random.choice(TYPES), random.sample(HEADERS, random.choice((1, 2)))
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {media}", *extra]
    if not any(one.startswith(("Content-Length", "Transfer")) for one in extra):
        length = len(content) if random.random() < 0.95 else random.choice((0, 1, len(content) - 1, len(content) + 10))
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + content


@dataclass(frozen=True)
class Outcome:
    """How a request ended."""

    number: int
    status: str
    """Of HTTP; ``closed`` where the connection was closed without an answer."""
    seconds: float
    answer: bytes


def ask(address: tuple[str, int], number: int, seed: int, hurry_s: float = 0.3) -> Outcome:
    """Send a request and read its answer; a body that is shorter than it says is given up."""
    began = time.monotonic()
    sent = request(Random(f"{seed} {number}"))
    received = b""
    with contextlib.suppress(OSError), socket.create_connection(address, timeout=LIMIT_S) as connection:
        with contextlib.suppress(OSError):  # the server may refuse early
            connection.sendall(sent)
        length = re.search(rb"Content-Length: (\d+)", sent)
        is_short = length is None or int(length[1]) > len(sent.partition(b"\r\n\r\n")[2])
        if is_short:
            time.sleep(hurry_s)
            connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(1 << 16):
            received += data
    status = re.match(rb"HTTP/1\.1 (\d{3}) ", received)
    return Outcome(number, status[1].decode() if status else "closed", time.monotonic() - began, received)


def defect(outcome: Outcome) -> str | None:
    """What is wrong with an answer."""
    if outcome.seconds > LIMIT_S:
        return "hang"
    if outcome.status == "500":
        return "bug"
    head, _, _ = outcome.answer.partition(b"\r\n\r\n")
    if b"set-cookie" in head.lower():
        return "header injection"
    if b"root:x:0" in outcome.answer or b"Traceback" in outcome.answer:
        return "leak"
    return None


def memory(process: psutil.Process) -> int:
    """Bytes of a process and all below it."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            total += one.memory_info().rss
    return total


@contextlib.contextmanager
def watched(server: Server) -> Iterator[list[int]]:
    """Note the largest memory meanwhile."""
    import threading

    peak, end = [0], threading.Event()
    process = psutil.Process(server.process.pid)

    def watch() -> None:
        while not end.wait(0.2):
            peak[0] = max(peak[0], memory(process))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        end.set()
        thread.join()


def attack(server: Server, count: int, seed: int, clients: int = 16) -> tuple[list[Outcome], int]:
    """Send requests and return how they ended, and the peak of memory."""
    parts = urlsplit(server.url)
    address = str(parts.hostname), int(parts.port or 0)
    with watched(server) as peak, ThreadPoolExecutor(clients) as pool:
        outcomes = list(pool.map(lambda number: ask(address, number, seed), range(count)))
    return outcomes, peak[0]


OPTIONS: Sequence[str] = ("--timeout", "6", "--max_bytes", "2MiB", "--max_pages", "3", "--memory", "1GiB")


def main() -> int:
    """Attack a server and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.http_requests", description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, required=True, help="the folder of models")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, running(options.home, Path(temporary), *OPTIONS) as server:
        workers = server.workers()
        outcomes, peak = attack(server, options.count, options.seed)
        same = server.workers() == workers
        ready = server.get("/readyz").status_code
        written = sorted(path.name for path in Path(temporary).iterdir())
        tail = server.log.read_text().splitlines()
    print(Counter(one.status for one in outcomes))
    bad = [(one, found) for one in outcomes if (found := defect(one))]
    for one, found in bad[:20]:
        print(f"{one.number}: {found}: {one.status} after {one.seconds:.1f} s: {one.answer[-300:]!r}")
    slowest = max(outcomes, key=lambda one: one.seconds)
    print(
        f"slowest {slowest.seconds:.1f} s ({slowest.number}); peak {peak >> 20} MiB; ready {ready}; same workers {same}"
    )
    print(f"files in its folder: {written}; {sum('traceback' in line.lower() for line in tail)} tracebacks in its log")
    return int(bool(bad) or not same or ready != 200 or peak > MAX_MEMORY)


if __name__ == "__main__":
    sys.exit(main())
