"""The server itself: ranges, what it notes, tokens, revisions, and its end."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from tests.hubs.faults import Fault
from tests.hubs.kit import MODEL, ask
from tests.hubs.server import Hubs

REPO = f"PaddlePaddle/{MODEL}"
PARAMS = f"/{REPO}/resolve/main/inference.pdiparams"
MEDIA = f"/api/v1/repos/PaddleX/{MODEL}/media/inference.pdiparams"
BODIES = {
    "huggingface": PARAMS,
    "modelscope": f"/api/v1/models/{REPO}/repo?Revision=master&FilePath=inference.pdiparams",
    "aistudio": MEDIA,
    "bos": f"/paddlex/official_inference_model/paddle3.0.0/{MODEL}_infer.tar",
}
LISTINGS = {
    "huggingface": f"/api/models/{REPO}/revision/main",
    "modelscope": f"/api/v1/models/{REPO}/repo/files?Revision=master&Recursive=True",
    "aistudio": f"/api/v1/repos/PaddleX/{MODEL}/git/trees/master?recursive=true",
}


@pytest.mark.parametrize("target", BODIES.values(), ids=BODIES)
def test_every_hub_serves_ranges_of_its_files(hubs: Hubs, target: str) -> None:
    whole = ask(hubs.url, target).body
    total = len(whole)
    for asked, start, stop in [("10-19", 10, 20), (f"{total - 5}-", total - 5, total), ("-7", total - 7, total)]:
        part = ask(hubs.url, target, Range=f"bytes={asked}")
        assert (part.status, part.body) == (206, whole[start:stop])
        assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/{total}"
    behind = ask(hubs.url, target, Range=f"bytes={total}-")
    assert (behind.status, behind.headers["content-range"]) == (416, f"bytes */{total}")


@pytest.mark.parametrize("target", BODIES.values(), ids=BODIES)
def test_a_range_of_another_state_becomes_the_whole_file(hubs: Hubs, target: str) -> None:
    whole = ask(hubs.url, target)
    assert ask(hubs.url, target, Range="bytes=5-9", If_Range=whole.headers["etag"]).body == whole.body[5:10]
    assert ask(hubs.url, target, Range="bytes=5-9", If_Range='"another"').body == whole.body


@pytest.mark.parametrize("target", BODIES.values(), ids=BODIES)
def test_head_describes_what_get_sends(hubs: Hubs, target: str) -> None:
    head, whole = ask(hubs.url, target, "HEAD"), ask(hubs.url, target)
    assert (head.status, head.body) == (200, b"")
    assert head.headers == whole.headers
    assert int(head.headers["content-length"]) == len(whole.body)


def test_requests_are_noted(hubs: Hubs) -> None:
    ask(hubs.url, "/", "HEAD")
    ask(hubs.url, LISTINGS["modelscope"], Authorization="Bearer secret")
    ask(hubs.url, PARAMS, "HEAD")
    ask(hubs.url, BODIES["modelscope"], Range="bytes=0-9")
    ask(hubs.url, BODIES["bos"])
    noted = [(one.source, one.what, one.model, one.path, one.status, one.sent) for one in hubs.requests]
    assert noted == [
        ("", "check", "", "", 200, 0),
        ("modelscope", "list", MODEL, "", 200, noted[1][5]),
        ("huggingface", "list", MODEL, "inference.pdiparams", 200, 0),
        ("modelscope", "file", MODEL, "inference.pdiparams", 206, 10),
        ("bos", "file", MODEL, f"{MODEL}_infer.tar", 200, noted[4][5]),
    ]
    listing = hubs.requests[1]
    assert listing.headers["authorization"] == "Bearer secret"
    assert listing.query == {"Revision": "master", "Recursive": "True"}
    assert f"http://{listing.host}" == hubs.url
    assert [one.source for one in hubs.asked("file")] == ["modelscope", "bos"]


@pytest.mark.parametrize("host", ["huggingface.co", "modelscope.cn", "aistudio.baidu.com", "x.bj.bcebos.com"])
def test_checks_are_told_apart_by_the_real_hosts(hubs: Hubs, host: str) -> None:
    ask(hubs.url, "/", "HEAD", Host=host)
    named = {"huggingface.co": "huggingface", "modelscope.cn": "modelscope", "aistudio.baidu.com": "aistudio"}
    assert hubs.requests[-1].source == named.get(host, "bos")


@pytest.mark.parametrize("source", LISTINGS)
@pytest.mark.parametrize("scheme", ["Bearer", "token"])
def test_a_token_can_be_asked_for(hubs: Hubs, source: str, scheme: str) -> None:
    hubs.token = "secret"
    for target in (LISTINGS[source], BODIES[source]):
        assert ask(hubs.url, target).status == 401
        assert ask(hubs.url, target, Authorization=f"{scheme} wrong").status == 401
        assert ask(hubs.url, target, Authorization=f"{scheme} secret").status == 200
    assert ask(hubs.url, BODIES["bos"]).status == 200
    assert ask(hubs.url, "/", "HEAD").status == 200


@pytest.mark.parametrize("source", LISTINGS)
def test_what_changes_gets_another_revision_and_the_old_one_stays(hubs: Hubs, source: str) -> None:
    before, old = hubs.commit(MODEL), ask(hubs.url, BODIES[source]).body
    hubs.models[MODEL]["inference.pdiparams"] = b"other weights"
    after = hubs.commit(MODEL)
    assert before != after
    targets = {
        "huggingface": "/{}/resolve/{}/inference.pdiparams",
        "modelscope": "/api/v1/models/{}/repo?Revision={}&FilePath=inference.pdiparams",
        "aistudio": "/api/v1/repos/{}/media/inference.pdiparams?ref={}",
    }
    repo = f"PaddleX/{MODEL}" if source == "aistudio" else REPO
    assert ask(hubs.url, targets[source].format(repo, before)).body == old
    assert ask(hubs.url, targets[source].format(repo, after)).body == b"other weights"
    assert ask(hubs.url, targets[source].format(repo, "0" * 40)).status == 404
    assert ask(hubs.url, BODIES[source]).body == b"other weights"


def test_connections_stay_open(hubs: Hubs) -> None:
    connection = HTTPConnection("127.0.0.1", urlsplit(hubs.url).port, timeout=5)
    for _ in range(3):
        connection.request("GET", PARAMS)
        assert len(connection.getresponse().read()) == 256 * 1200
    connection.close()


def test_the_environment_leads_every_client_here(hubs: Hubs) -> None:
    assert set(hubs.environment().values()) == {hubs.url}
    assert hubs.url.startswith("http://127.0.0.1:")


def test_it_ends_while_requests_hang(files: dict[str, bytes]) -> None:
    """Clients see the end of their connection, or its reset where the server had not taken it up yet."""
    threads = threading.active_count()
    with ExitStack() as stack:
        with Hubs({MODEL: files}) as hubs:
            hubs.inject(Fault("hang", times=2))
            hubs.inject(Fault("stall", at=10))
            address = ("127.0.0.1", urlsplit(hubs.url).port or 0)
            clients = [stack.enter_context(socket.create_connection(address, 5)) for _ in range(4)]
            for client in clients[:3]:
                client.sendall(f"GET {PARAMS} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            wait_until(lambda: sum(fault.used for fault in hubs.faults) == 3)
        for client in clients:
            with suppress(ConnectionResetError):
                while client.recv(65536):
                    pass
    wait_until(lambda: threading.active_count() <= threads)


def test_its_own_failures_come_out() -> None:
    broken = Hubs({MODEL: {"inference.yml": 7}})  # type: ignore[dict-item]
    broken.__enter__()
    with pytest.raises(OSError, match="closed"):
        ask(broken.url, LISTINGS["modelscope"])
    with pytest.raises(ExceptionGroup, match="the server itself failed"):
        broken.__exit__(None, None, None)


def wait_until(happened: object) -> None:
    """Give a thread of the server time to catch up."""
    assert callable(happened)
    end = time.monotonic() + 5
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)
