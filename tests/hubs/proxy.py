"""A proxy that leads every host to the local hubs, so that clients can use the hubs' real names.

It answers ``CONNECT host:443`` with a tunnel to a port of the hubs that speaks TLS, under a certificate
of an authority made for the occasion.
"""

from __future__ import annotations

import re
import selectors
import socket
import ssl
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Protocol, Self

import trustme
from tests.hubs.server import CDN_HOSTS, PROTOCOLS
from tests.hubs.wire import end, reset

HEAD_LIMIT = 16384
CONNECT_S = 10.0
PIECE = 1 << 16


class Secured(Protocol):
    """Hubs, or what stands in for them."""

    def secure(self, context: ssl.SSLContext) -> int:
        """Speak TLS too; gives the port."""
        ...


class HostProxy:
    """A CONNECT proxy to the hubs; a context manager."""

    def __init__(self, hubs: Secured) -> None:
        self.hosts: list[str] = []
        """The hosts that were asked for, in order."""
        self.blocked: set[str] = set()
        """Hosts that cannot be reached: the proxy answers 502."""
        self._hubs = hubs

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="ocrzoo-hubs-")
        authority = trustme.CA()
        self.authority = Path(self._folder.name) / "authority.pem"
        """The certificate that clients have to trust."""
        authority.cert_pem.write_to_path(str(self.authority))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*certified_hosts()).configure_cert(context)
        self._tunnels = _Tunnels(self, self._hubs.secure(context))
        self.url = f"http://127.0.0.1:{self._tunnels.port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._tunnels.close()
        self._folder.cleanup()

    def environment(self) -> dict[str, str]:
        """Give the variables that make clients use this proxy, and trust it."""
        proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), self.url)
        authorities = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        cleared = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
        return {**proxies, **dict.fromkeys(authorities, str(self.authority)), **dict.fromkeys(cleared, "")}


def certified_hosts() -> list[str]:
    """Give the names on the certificate: the hubs', and those that they lead to."""
    hubs = [host for protocol in PROTOCOLS.values() for host in protocol.hosts if not host.startswith(".")]
    return [*hubs, "*.bj.bcebos.com", *CDN_HOSTS]


class _Tunnel(BaseRequestHandler):
    """One connection of a client."""

    server: _Tunnels

    def handle(self) -> None:
        client: socket.socket = self.request
        client.settimeout(CONNECT_S)
        found = re.match(rb"CONNECT ([^\s:]+):\d+ HTTP/1\.[01]\r\n", _read_head(client))
        if found is None:
            client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
            return
        host = found[1].decode()
        self.server.proxy.hosts.append(host)
        if host in self.server.proxy.blocked:
            client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", self.server.target), CONNECT_S) as hub:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.server.join(client, hub)


def _read_head(client: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < HEAD_LIMIT:
        piece = client.recv(PIECE)
        if not piece:
            break
        head += piece
    return head


class _Tunnels(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, proxy: HostProxy, target: int) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.proxy, self.target = proxy, target
        self.port = int(self.server_address[1])
        self._ends: set[socket.socket] = set()
        self._lock = Lock()
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def join(self, client: socket.socket, hub: socket.socket) -> None:
        """Carry bytes both ways until one side ends."""
        pair = {client, hub}
        with self._lock:
            self._ends |= pair
        for side in pair:
            side.settimeout(None)
        try:
            _carry(client, hub)
        finally:
            with self._lock:
                self._ends -= pair

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: connections end as the test wants them to."""

    def close(self) -> None:
        self.shutdown()
        self._thread.join(5)
        with self._lock:
            for connection in self._ends:
                end(connection)
        self.server_close()


def _carry(client: socket.socket, hub: socket.socket) -> None:
    """Carry what comes from either side to the other; an end, or a reset, of one ends the other alike."""
    others = {client: hub, hub: client}
    with selectors.DefaultSelector() as selector:
        for side in others:
            selector.register(side, selectors.EVENT_READ)
        while True:
            for key, _events in selector.select():
                side = client if key.fileobj is client else hub
                try:
                    piece = side.recv(PIECE)
                    others[side].sendall(piece)
                except ConnectionResetError:
                    reset(others[side])
                    return
                if not piece:
                    return
