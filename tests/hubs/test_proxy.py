"""The proxy that leads the hubs' real names to the server."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from tests.hubs.faults import Fault
from tests.hubs.kit import MODEL, PATIENCE_S, ask
from tests.hubs.proxy import HostProxy, certified_hosts
from tests.hubs.server import Hubs

PARAMS = f"/PaddlePaddle/{MODEL}/resolve/main/inference.pdiparams"


@pytest.fixture
def proxy(hubs: Hubs) -> Iterator[HostProxy]:
    with HostProxy(hubs) as proxy:
        yield proxy


def fetch(proxy: HostProxy, host: str, target: str) -> bytes:
    """Ask a host for something by https, trusting what the proxy's environment says."""
    trusted = ssl.create_default_context(cafile=proxy.environment()["SSL_CERT_FILE"])
    address = urlsplit(proxy.environment()["HTTPS_PROXY"])
    connection = http.client.HTTPSConnection("127.0.0.1", address.port, context=trusted, timeout=PATIENCE_S)
    connection.set_tunnel(host, 443)
    try:
        connection.request("GET", target)
        return connection.getresponse().read()
    finally:
        connection.close()


@pytest.mark.parametrize("host", [name.replace("*", "paddle-model-ecology") for name in certified_hosts()])
def test_every_host_leads_to_the_server(host: str, proxy: HostProxy, hubs: Hubs) -> None:
    fetch(proxy, host, "/")
    assert proxy.hosts == [host]
    assert [request.host for request in hubs.requests] == [host]


def test_other_hosts_have_no_certificate(proxy: HostProxy, hubs: Hubs) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        fetch(proxy, "example.invalid", "/")
    assert proxy.hosts == ["example.invalid"]
    assert hubs.requests == []


def test_hosts_can_be_out_of_reach(proxy: HostProxy, hubs: Hubs) -> None:
    proxy.blocked.add("huggingface.co")
    with pytest.raises(OSError, match="502"):
        fetch(proxy, "huggingface.co", "/")
    fetch(proxy, "modelscope.cn", "/")
    assert [request.source for request in hubs.asked("check")] == ["modelscope"]


def test_it_carries_nothing_but_tunnels(proxy: HostProxy) -> None:
    assert ask(proxy.url, "http://huggingface.co/").status == 405


@pytest.mark.parametrize(
    ("kind", "errors"),
    [
        ("cut", (http.client.IncompleteRead, ssl.SSLEOFError)),
        ("reset", (ConnectionResetError,)),
    ],
)
def test_ends_of_connections_come_through(
    kind: str, errors: tuple[type[Exception], ...], proxy: HostProxy, hubs: Hubs
) -> None:
    hubs.inject(Fault(kind, at=1000))
    with pytest.raises(errors):
        fetch(proxy, "huggingface.co", PARAMS)


def test_it_ends_while_tunnels_are_open(hubs: Hubs) -> None:
    connections = []
    with HostProxy(hubs) as proxy:
        address = urlsplit(proxy.url)
        for _ in range(3):
            connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=PATIENCE_S)
            connection.set_tunnel("huggingface.co", 443)
            connection.connect()
            connections.append(connection)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    for connection in connections:
        connection.close()


def test_the_environment_goes_nowhere_else(proxy: HostProxy) -> None:
    environment = proxy.environment()
    cleared = ("HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy")
    assert not any(environment[name] for name in cleared)
    assert environment["HTTPS_PROXY"] == environment["https_proxy"] == proxy.url
    assert environment["SSL_CERT_FILE"] == environment["REQUESTS_CA_BUNDLE"]
