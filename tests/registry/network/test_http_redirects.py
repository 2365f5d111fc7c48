"""Redirects: how many, where to, and what does not go along."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.registry.network.web_server import Reply, WebServer, serving

from ocrzoo_registry.errors import SourceError, Unreachable
from ocrzoo_registry.network.http import MAX_REDIRECTS, Web, _redirected

SECRETS = {"Authorization": "Bearer secret"}


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def server() -> Iterator[WebServer]:
    with serving({"/end": Reply(body=b"there")}) as server:
        yield server


@pytest.fixture
def other() -> Iterator[WebServer]:
    with serving({"/end": Reply(body=b"elsewhere")}) as server:
        yield server


def get(client: Web, url: str, **headers: str) -> bytes:
    with client.get(url, headers) as answer:
        return b"".join(client.chunks(answer))


def to(location: str, status: int = 302) -> Reply:
    return Reply(status, {"Location": location})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_with_the_headers_of_the_request(
    server: WebServer, other: WebServer, status: int
) -> None:
    server.answers["/a"] = to(f"{other.url}/end", status)
    assert get(Web(), f"{server.url}/a", Range="bytes=5-") == b"elsewhere"
    assert other.asked[0].headers["range"] == "bytes=5-"


def test_a_redirect_may_be_relative(server: WebServer) -> None:
    server.answers["/deep/a"] = to("../end")
    assert get(Web(), f"{server.url}/deep/a") == b"there"


def test_a_head_stays_a_head(server: WebServer) -> None:
    server.answers["/a"] = to("/end")
    with Web().get(f"{server.url}/a", method="HEAD") as answer:
        assert answer.headers["Content-Length"] == "5"
    assert [asked.method for asked in server.asked] == ["HEAD", "HEAD"]


def test_so_many_redirects_and_no_more(server: WebServer) -> None:
    for number in range(MAX_REDIRECTS):
        server.answers[f"/{number}"] = to(f"/{number + 1}")
    server.answers[f"/{MAX_REDIRECTS}"] = Reply(body=b"at last")
    assert get(Web(), f"{server.url}/0") == b"at last"
    server.answers[f"/{MAX_REDIRECTS}"] = to("/end")
    with pytest.raises(SourceError, match=f"more than {MAX_REDIRECTS} redirects"):
        get(Web(), f"{server.url}/0")


def test_a_redirect_to_itself_has_an_end(server: WebServer) -> None:
    server.answers["/a"] = to("/a")
    with pytest.raises(SourceError, match="redirects"):
        get(Web(), f"{server.url}/a")
    assert len(server.asked) == MAX_REDIRECTS + 1


def test_the_body_of_a_redirect_is_not_read(server: WebServer) -> None:
    server.answers["/a"] = Reply(raw=b"HTTP/1.1 302 Found\r\nLocation: /end\r\n\r\n", endless=b"x" * 100_000)
    assert get(Web(), f"{server.url}/a") == b"there"


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://host/x", "gopher://x", "data:text/plain,x"])
def test_a_redirect_to_something_else_than_the_web_is_refused(server: WebServer, location: str) -> None:
    server.answers["/a"] = to(location)
    with pytest.raises(SourceError, match="redirects to") as caught:
        get(Web(), f"{server.url}/a")
    assert not isinstance(caught.value, Unreachable)


@pytest.mark.parametrize("location", ["http://[", "http://127.0.0.1:x/", "//:0:0/", "http://\x80/"])
def test_a_redirect_to_nowhere_is_the_servers_fault(server: WebServer, location: str) -> None:
    server.answers["/a"] = to(location)
    with pytest.raises(SourceError):
        get(Web(), f"{server.url}/a")


def test_a_redirect_never_leaves_https() -> None:
    assert _redirected("https://a/x", "/y") == "https://a/y"
    assert _redirected("http://a/x", "https://b/y") == "https://b/y"
    assert _redirected("HTTPS://a/x", "HTTPS://b/y").lower() == "https://b/y"
    for location in ("http://a/y", "HTTP://a/y"):
        with pytest.raises(SourceError, match="redirects from https to http"):
            _redirected("https://a/x", location)
        with pytest.raises(SourceError, match="redirects from https to http"):
            _redirected("HTTPS://a/x", location)


def test_secrets_go_to_their_origin_only(server: WebServer, other: WebServer) -> None:
    server.answers["/a"] = to(f"{other.url}/end")
    assert get(Web(server.url, SECRETS), f"{server.url}/a") == b"elsewhere"
    assert server.asked[0].headers["authorization"] == "Bearer secret"
    assert "authorization" not in other.asked[0].headers


def test_secrets_stay_with_their_origin_over_a_redirect_and_come_back(server: WebServer, other: WebServer) -> None:
    server.answers["/a"] = to(f"{other.url}/back")
    other.answers["/back"] = to(f"{server.url}/end")
    get(Web(server.url, SECRETS), f"{server.url}/a")
    seen = {asked.path: asked.headers.get("authorization") for asked in [*server.asked, *other.asked]}
    assert seen == {"/a": "Bearer secret", "/back": None, "/end": "Bearer secret"}


def test_an_address_elsewhere_gets_no_secrets(server: WebServer, other: WebServer) -> None:
    get(Web(server.url, SECRETS), f"{other.url}/end")
    get(Web(server.url, SECRETS), other.url.replace("127.0.0.1", "localhost") + "/end")
    get(Web(server.url, SECRETS), server.url.replace("127.0.0.1", "localhost") + "/end")
    assert all("authorization" not in asked.headers for asked in [*server.asked, *other.asked])


def test_another_scheme_is_another_origin(server: WebServer) -> None:
    get(Web(server.url.replace("http:", "https:"), SECRETS), f"{server.url}/end")
    assert "authorization" not in server.asked[0].headers


def test_without_an_endpoint_there_are_no_secrets(server: WebServer) -> None:
    get(Web("", SECRETS), f"{server.url}/end")
    assert "authorization" not in server.asked[0].headers


def test_a_cookie_of_ours_does_not_travel_either(server: WebServer, other: WebServer) -> None:
    server.answers["/a"] = to(f"{other.url}/end")
    get(Web(server.url, {"Cookie": "m_session_id=secret"}), f"{server.url}/a")
    assert server.asked[0].headers["cookie"] == "m_session_id=secret"
    assert "cookie" not in other.asked[0].headers
