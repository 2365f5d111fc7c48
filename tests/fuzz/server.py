"""A web server that answers wrongly, in a process of its own; what it does follows from the path."""

from __future__ import annotations

import contextlib
import gzip
import multiprocessing
import socket
import struct
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from random import Random

from tests.fuzz.images import valid_image

LONGEST_S = 30.0
"""Seconds after which an answer ends that should be given up long before."""
LOCATIONS = (
    *("", "/", "?", "#", "/0 1", "//", "///", "http:", "http://", "http:///x", "https://", "http://[", "http://[::1"),
    *("/a b", "../.."),
    *("ftp://x/a b", "mailto:ann@host", "file:///etc/passwd", "data:text/plain,x", "javascript:x"),
    *("http://ann:Secret@127.0.0.1:9/",),
    *("http://127.0.0.1:9/", "http://127.0.0.1:99999/", "http://127.0.0.1:0/", "http://0/", "http://256.1.1.1/"),
    *("http://a..b/",),
    *("http://\xe4 b/", "\xc3\xa4 b", "%zz", "%", "\\\\x\\y", "http://good\\@bad/", "http://xn--/", "x" * 70_000),
    *("http://" + "a." * 200,),
    *("http:/x", "HTTP://127.0.0.1:9/", "http://127.0.0.1:9?x y", "http://127.0.0.1:9#x y", ";", "\t", "\x0b"),
    *("http://::1/",),
)  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    """``/<number>/...``: the number seeds the answer."""

    def do_GET(self) -> None:
        number = self.path.strip("/").partition("/")[0].partition("?")[0]
        with contextlib.suppress(OSError):
            random = Random(number)
            ANSWERS[random.choice([*ANSWERS])](self, random)
        self.close_connection = True

    def send(self, content: bytes) -> None:
        self.wfile.write(content)
        self.wfile.flush()

    def drip(self, content: bytes, seconds: float) -> None:
        """Send something again and again."""
        end = time.monotonic() + LONGEST_S
        while time.monotonic() < end:
            self.send(content)
            time.sleep(seconds)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1", "replace")


def _image(handler: Handler, random: Random) -> None:
    content = valid_image(random)
    handler.send(
        _head(f"Content-Length: {len(content)}", f"Content-Type: {random.choice(('image/png', 'text/html', ''))}")
        + content
    )


def _status(handler: Handler, random: Random) -> None:
    status = random.choice(
        ("204 x", "206 x", "299 x", "300 x", "304 x", "305 x", "400 x", "401 x", "403 x", "404 x", "407 x", "408 x")
    )
    status = random.choice(
        (
            status,
            "410 x",
            "416 x",
            "418 x",
            "429 x",
            "451 x",
            "500 x",
            "503 x",
            "599 x",
            "600 x",
            "999 x",
            "000 x",
            "1 x",
        )
    )
    wait = random.choice(
        ("", "Retry-After: 100000", "Retry-After: -1", "Retry-After: x", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT")
    )
    handler.send(_head("Content-Length: 2", *filter(None, [wait]), status=status) + b"no")


def _redirect(handler: Handler, random: Random) -> None:
    location = random.choice(
        (*LOCATIONS, handler.path, f"/{random.randrange(10**6)}/x", "http://{}".format(handler.headers["Host"]))
    )
    status = random.choice(("301 x", "302 x", "303 x", "307 x", "308 x"))
    handler.send(_head(f"Location: {location}", *[f"Location: {location}"] * random.choice((0, 0, 1)), status=status))
    if random.random() < 0.2:
        handler.drip(b"x" * 65536, 0.01)


def _garbage(handler: Handler, random: Random) -> None:
    begin = random.choice(
        (
            b"",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 ",
            b"HTTP/9.9 200 OK\r\n\r\n",
            b"SSH-2.0-x\r\n",
            b"\x16\x03\x01",
            b"HTTP/1.1 2x0 OK\r\n\r\n",
        )
    )
    handler.send(begin + random.randbytes(random.choice((0, 10, 5000))))


def _headers(handler: Handler, random: Random) -> None:
    begin = random.choice((b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b""))
    handler.send(begin)
    handler.drip(
        random.choice((b"X", b"X: y\r\n", b"X: " + b"y" * 60_000 + b"\r\n", b" folded\r\n", b"HTTP/1.1 102 x\r\n\r\n")),
        random.choice((0.001, 0.2)),
    )


def _length(handler: Handler, random: Random) -> None:
    content = valid_image(random)
    length = random.choice(
        (
            "-1",
            "0",
            "1",
            "x",
            "",
            "999999999999999999999",
            str(len(content) + 1),
            "٣",
            "1, 2",
            "0x10",
            f"{len(content)}\r\nContent-Length: 1",
        )
    )
    handler.send(_head(f"Content-Length: {length}").replace(b"?", b"\xd9\xa3") + content)


def _chunked(handler: Handler, random: Random) -> None:
    chunks = random.choice(
        (
            b"5\r\nabc",
            b"zz\r\n",
            b"-1\r\nx",
            b"FFFFFFFFFFFFFFFF\r\nx",
            b"3;" + b"x" * 70_000,
            b"3\r\nabc\r\n" * 1000,
            b"",
            b"0\r\n" + b"T: x\r\n" * 10_000,
        )
    )
    handler.send(_head("Transfer-Encoding: chunked", *["Content-Length: 3"] * random.randrange(2)) + chunks)


def _encoded(handler: Handler, random: Random) -> None:
    bomb = gzip.compress(bytes(150 << 20), 1) if random.random() < 0.3 else gzip.compress(valid_image(random))
    name = random.choice(("gzip", "gzip, gzip", "deflate", "br", "zstd", "x", ", ".join(["gzip"] * 300)))
    handler.send(
        _head(f"Content-Encoding: {name}", f"Content-Length: {len(bomb)}")
        + bomb[: random.choice((len(bomb), len(bomb) // 2))]
    )


def _slow(handler: Handler, random: Random) -> None:
    handler.send(
        random.choice((b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"))
    )
    handler.drip(random.choice((b"", b"x", b"\0\0")), random.choice((0.05, 0.3)))


def _endless(handler: Handler, random: Random) -> None:
    handler.send(_head())
    handler.drip(random.choice((bytes(1 << 20), valid_image(random), b"%PDF-1.7\n" * 9000)), 0)


def _reset(handler: Handler, random: Random) -> None:
    handler.send(random.choice((b"", _head("Content-Length: 100"), _head("Content-Length: 100") + b"x" * 50)))
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


ANSWERS: dict[str, Callable[[Handler, Random], None]] = {
    "image": _image,
    "status": _status,
    "redirect": _redirect,
    "redirect again": _redirect,
    "garbage": _garbage,
    "headers": _headers,
    "length": _length,
    "chunked": _chunked,
    "encoded": _encoded,
    "slow": _slow,
    "endless": _endless,
    "reset": _reset,
}


def _serve(ready: Connection) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that went away
        ready.send(server.server_port)
        server.serve_forever()


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Run the server, and yield its address."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"127.0.0.1:{ours.recv()}"
    finally:
        process.kill()
        process.join()
