"""Logins to OCI registries: one for all downloads that meet it, and Docker's credentials from one place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Semaphore

import pytest
from tests.registry.network.web_server import Asked, Reply, WebServer, serving
from tests.registry.oci_registry import write_docker_config

from ocrzoo_registry.errors import Refused
from ocrzoo_registry.network.http import Web
from ocrzoo_registry.network.oci import OciRepository, _errors
from ocrzoo_registry.network.oci_login import authorization

MANIFEST = "/v2/models/manifests/v1"
TOKEN = "/token?service=x"
FOUND = Reply(body=b"{}")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[WebServer]:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no login"))
    with serving() as server:
        yield server


@pytest.fixture
def repository(server: WebServer) -> OciRepository:
    return OciRepository(host_of(server), "models")


def host_of(server: WebServer) -> str:
    return server.url.removeprefix("http://")


def refused(server: WebServer) -> Reply:
    """Give the answer that names a token service."""
    return Reply(401, {"WWW-Authenticate": f'Bearer realm="{server.url}/token",service="x"'})


def test_downloads_that_meet_a_login_together_log_in_once(server: WebServer, repository: OciRepository) -> None:
    """A credential helper may ask the user, and a token service may count."""
    together = 4
    waiting = Semaphore(0)

    def manifest(asked: Asked) -> Reply:
        if asked.headers.get("authorization") == "Bearer abc":
            return FOUND
        waiting.release()
        return refused(server)

    def token(_asked: Asked) -> Reply:
        for _ in range(together):  # all were refused before anybody gets the token
            waiting.acquire(timeout=10)
        waiting.release(together)
        return Reply(body=b'{"token": "abc"}')

    server.answers |= {MANIFEST: manifest, TOKEN: token}
    with ThreadPoolExecutor(together) as pool:
        found = list(pool.map(lambda _: repository.manifest("v1")[0], range(together)))
    assert found == [FOUND.body] * together
    assert [asked.path for asked in server.asked].count(TOKEN) == 1


def test_a_token_that_has_expired_is_replaced(server: WebServer, repository: OciRepository) -> None:
    valid = ["one"]

    def manifest(asked: Asked) -> Reply:
        return FOUND if asked.headers.get("authorization") == f"Bearer {valid[0]}" else refused(server)

    server.answers |= {
        MANIFEST: manifest,
        TOKEN: lambda _asked: Reply(body=json.dumps({"token": valid[0]}).encode()),
    }
    first = repository.manifest("v1")
    valid[0] = "two"
    assert repository.manifest("v1") == first


class TestDockersConfiguration:
    """The password of the registry is in the usual configuration of Docker."""

    @pytest.fixture(autouse=True)
    def usual(self, server: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Give its path."""
        host = host_of(server)
        path = write_docker_config(tmp_path / "home" / ".docker", host) / "config.json"
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.delenv("DOCKER_CONFIG")
        pair = json.loads(path.read_bytes())["auths"][host]["auth"]

        def manifest(asked: Asked) -> Reply:
            is_right = asked.headers.get("authorization") == f"Basic {pair}"
            return FOUND if is_right else Reply(401, {"WWW-Authenticate": 'Basic realm="tests"'})

        server.answers[MANIFEST] = manifest
        return path

    def test_it_is_read_unless_the_user_names_another(self, repository: OciRepository) -> None:
        assert repository.manifest("v1")[0] == FOUND.body

    @pytest.mark.parametrize("there", [True, False])
    def test_one_that_the_user_names_is_the_only_one(
        self, repository: OciRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
    ) -> None:
        named = tmp_path / "named"
        monkeypatch.setenv("DOCKER_CONFIG", str(named))
        if there:
            write_docker_config(named, "registry.example")
        with pytest.raises(Refused, match="wants a login: run 'docker login"):
            repository.manifest("v1")

    @pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 100_000])
    def test_one_that_cannot_be_read_is_named(self, repository: OciRepository, usual: Path, content: bytes) -> None:
        usual.write_bytes(content)
        with pytest.raises(Refused, match=f": wants a login, and {usual} could not be read: ") as caught:
            repository.manifest("v1")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("service", ["http://127.0.0.1:9/token", "http://localhost/token"])
def test_a_registry_elsewhere_cannot_have_this_machine_asked_for_a_token(service: str) -> None:
    import requests

    answer = requests.Response()
    answer.headers["WWW-Authenticate"] = f'Bearer realm="{service}",service="x"'
    with pytest.raises(Refused, match="its token service is not asked by https"):
        authorization("registry.example", "models", answer, ())


def test_an_error_of_a_registry_that_is_deeply_nested_has_no_codes(server: WebServer) -> None:
    server.answers["/x"] = Reply(400, body=b"[" * 90_000)
    web = Web(server.url)
    with web.get(f"{server.url}/x", accept=(400,)) as answer:
        assert _errors(web, answer) == ""
