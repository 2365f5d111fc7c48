"""Each kind of fault, as a client of plain sockets sees it."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.hubs.contents import sha256
from tests.hubs.faults import ANSWERS, BODIES, STATES, Fault
from tests.hubs.kit import MODEL, Reply, ask
from tests.hubs.server import Hubs

PARAMS = "inference.pdiparams"
RESOLVE = f"/PaddlePaddle/{MODEL}/resolve/main"
TREE = f"/api/models/PaddlePaddle/{MODEL}/tree/main"
FILES = f"/api/v1/models/PaddlePaddle/{MODEL}/repo/files?Revision=master"
SIZE = 256 * 1200


def params(hubs: Hubs, **headers: str) -> Reply:
    return ask(hubs.url, f"{RESOLVE}/{PARAMS}", **headers)


def begin(hubs: Hubs, target: str = f"{RESOLVE}/{PARAMS}") -> socket.socket:
    """Send a request and read nothing yet."""
    connection = socket.create_connection(("127.0.0.1", urlsplit(hubs.url).port or 0), 5)
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection


def read_for(connection: socket.socket, seconds: float, enough: int | None = None) -> bytes:
    """Read what comes within a time, or until that is enough."""
    end, came = time.monotonic() + seconds, b""
    while (left := end - time.monotonic()) > 0 and (enough is None or len(came) < enough):
        connection.settimeout(left)
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            break
        if not piece:
            break
        came += piece
    return came


def body_of(came: bytes) -> bytes:
    return came.partition(b"\r\n\r\n")[2]


def test_every_kind_is_tested() -> None:
    tested = set(re.findall(r'Fault\(\s*"(\w+)"', Path(__file__).read_text("utf-8")))
    assert tested - {"nonsense"} == {*ANSWERS, *BODIES, *STATES}


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="no such kind of fault: nonsense"):
        Fault("nonsense")


def test_status(hubs: Hubs) -> None:
    fault = hubs.inject(Fault("status", status=429, headers={"Retry-After": "3"}, times=2))
    assert [params(hubs).status for _ in range(3)] == [429, 429, 200]
    assert fault.used == 2
    hubs.inject(Fault("status", status=503, body=b"busy", times=None))
    assert {params(hubs).body for _ in range(4)} == {b"busy"}
    hubs.clear()
    assert params(hubs).status == 200


def test_faults_choose_by_source_sort_and_file(hubs: Hubs) -> None:
    hubs.inject(Fault("status", status=500, source="bos", times=None))
    hubs.inject(Fault("status", status=501, what="list", times=None))
    hubs.inject(Fault("status", status=502, path="inference.yml", times=None))
    assert params(hubs).status == 200
    assert ask(hubs.url, TREE).status == 501
    assert ask(hubs.url, f"{RESOLVE}/{PARAMS}", "HEAD").status == 501
    assert ask(hubs.url, f"{RESOLVE}/inference.yml").status == 502
    assert ask(hubs.url, f"/paddlex/official_inference_model/paddle3.0.0/{MODEL}_infer.tar").status == 500


def test_cut(hubs: Hubs, files: dict[str, bytes]) -> None:
    hubs.inject(Fault("cut", at=1000))
    with pytest.raises(http.client.IncompleteRead) as caught:
        params(hubs)
    assert caught.value.partial == files[PARAMS][:1000]
    assert hubs.requests[-1].sent == 1000


def test_cut_strikes_its_byte_whatever_the_range(hubs: Hubs, files: dict[str, bytes]) -> None:
    fault = hubs.inject(Fault("cut", at=1000))
    assert params(hubs, Range="bytes=0-999").status == 206
    assert params(hubs, Range="bytes=1001-").status == 206
    assert fault.used == 0
    with pytest.raises(http.client.IncompleteRead) as caught:
        params(hubs, Range="bytes=900-")
    assert caught.value.partial == files[PARAMS][900:1000]


def test_cut_of_a_listing(hubs: Hubs) -> None:
    hubs.inject(Fault("cut", what="list", at=5))
    with pytest.raises(http.client.IncompleteRead):
        ask(hubs.url, TREE)


def test_reset(hubs: Hubs) -> None:
    hubs.inject(Fault("reset", at=1000))
    with pytest.raises(ConnectionResetError):
        params(hubs)


def test_stall(hubs: Hubs, files: dict[str, bytes]) -> None:
    hubs.inject(Fault("stall", at=1000, seconds=0.8))
    with begin(hubs) as connection:
        assert body_of(read_for(connection, 0.4)) == files[PARAMS][:1000]
        assert read_for(connection, 5, SIZE - 1000) == files[PARAMS][1000:]
    hubs.inject(Fault("stall", at=1000))
    with begin(hubs) as connection:
        assert len(body_of(read_for(connection, 0.4))) == 1000


def test_drip(hubs: Hubs) -> None:
    hubs.inject(Fault("drip", at=1000, size=10, seconds=0.05, times=None))
    with begin(hubs) as connection:
        assert 1000 < len(body_of(read_for(connection, 0.5))) <= 1000 + 10 * 10
    began = time.monotonic()
    assert len(params(hubs, Range="bytes=2000-2039").body) == 40
    assert 0.15 < time.monotonic() - began < 5


def test_corrupt(hubs: Hubs, files: dict[str, bytes]) -> None:
    hubs.inject(Fault("corrupt", at=1000))
    assert params(hubs, Range="bytes=0-999").body == files[PARAMS][:1000]
    got = params(hubs, Range="bytes=900-").body
    assert [number for number, byte in enumerate(got, 900) if byte != files[PARAMS][number]] == [1000]
    assert params(hubs).body == files[PARAMS]


def test_short(hubs: Hubs) -> None:
    hubs.inject(Fault("short", at=500, times=None))
    tree = {entry["path"]: entry["size"] for entry in ask(hubs.url, TREE).data}
    assert tree[PARAMS] == SIZE == int(ask(hubs.url, f"{RESOLVE}/{PARAMS}", "HEAD").headers["content-length"])
    assert len(params(hubs).body) == 500
    assert params(hubs, Range="bytes=400-").headers["content-range"] == "bytes 400-499/500"
    assert params(hubs, Range="bytes=500-").status == 416


def test_shrunk(hubs: Hubs, files: dict[str, bytes]) -> None:
    commit = hubs.commit(MODEL)
    hubs.inject(Fault("shrunk", path=PARAMS, at=500))
    cut = sha256(files[PARAMS][:500])
    tree = {entry["path"]: entry for entry in ask(hubs.url, TREE).data}
    assert tree[PARAMS]["lfs"]["oid"] == cut
    listed = {entry["Path"]: entry for entry in ask(hubs.url, FILES).data["Data"]["Files"]}
    assert (listed[PARAMS]["Size"], listed[PARAMS]["Sha256"]) == (500, cut)
    assert listed["inference.json"]["Size"] == len(files["inference.json"])
    assert ask(hubs.url, f"{RESOLVE}/{PARAMS}", "HEAD").headers["x-linked-etag"] == f'"{cut}"'
    answer = params(hubs)
    assert (len(answer.body), answer.headers["x-repo-commit"]) == (500, commit)


def test_hang(hubs: Hubs) -> None:
    hubs.inject(Fault("hang", what="list"))
    with begin(hubs, TREE) as connection:
        assert read_for(connection, 0.3) == b""
    assert hubs.requests[-1].status == 0


def test_drip_headers(hubs: Hubs) -> None:
    hubs.inject(Fault("drip_headers", seconds=0.02))
    with begin(hubs) as connection:
        came = read_for(connection, 0.5)
    assert came.startswith(b"HTTP/1.1 200 OK\r\nX")
    assert b"\r\n\r\n" not in came


def test_no_range(hubs: Hubs, files: dict[str, bytes]) -> None:
    fault = hubs.inject(Fault("no_range"))
    params(hubs)
    assert fault.used == 0
    answer = params(hubs, Range="bytes=1000-")
    assert (answer.status, answer.body) == (200, files[PARAMS])


def test_wrong_range(hubs: Hubs, files: dict[str, bytes]) -> None:
    hubs.inject(Fault("wrong_range", times=2))
    answer = params(hubs, Range="bytes=1000-1999")
    assert (answer.status, answer.headers["content-range"]) == (206, f"bytes 999-1998/{SIZE}")
    assert answer.body == files[PARAMS][999:1999]
    assert params(hubs, Range="bytes=0-").headers["content-range"] == f"bytes 1-{SIZE - 1}/{SIZE}"


def test_html(hubs: Hubs) -> None:
    hubs.inject(Fault("html", what="any", times=2))
    for target in (TREE, f"{RESOLVE}/{PARAMS}"):
        answer = ask(hubs.url, target)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("status", [302, 307])
def test_redirect(hubs: Hubs, files: dict[str, bytes], status: int) -> None:
    hubs.inject(Fault("redirect", status=status, what="any", times=None))
    answer = params(hubs)
    assert answer.status == status
    assert answer.headers["location"] == f"{hubs.cdn_url}/cdn{RESOLVE}/{PARAMS}"
    assert answer.headers["x-linked-size"] == str(SIZE)
    hubs.token = "secret"
    elsewhere = ask(hubs.cdn_url, answer.headers["location"].removeprefix(hubs.cdn_url))
    assert elsewhere.body == files[PARAMS]
    last = hubs.requests[-1]
    assert (last.source, last.what, last.model, last.path) == ("cdn", "file", MODEL, PARAMS)


def test_redirect_loop(hubs: Hubs) -> None:
    hubs.inject(Fault("redirect_loop", times=None))
    target = f"{RESOLVE}/{PARAMS}"
    seen = {target}
    for _ in range(5):
        answer = ask(hubs.url, target)
        assert answer.status == 302
        target = answer.headers["location"].removeprefix(hubs.url)
        assert target not in seen
        seen.add(target)


def test_changed(hubs: Hubs) -> None:
    before = hubs.commit(MODEL)
    hubs.inject(Fault("changed", what="list", call=lambda: hubs.models[MODEL].update(new=b"new")))
    answer = ask(hubs.url, f"/api/models/PaddlePaddle/{MODEL}/revision/main").data
    assert answer["sha"] == hubs.commit(MODEL) != before


def test_endless(hubs: Hubs) -> None:
    hubs.inject(Fault("endless", what="any", times=2))
    for target in (TREE, f"{RESOLVE}/{PARAMS}"):
        with begin(hubs, target) as connection:
            came = b""
            while len(came) < 2 * SIZE:
                came += connection.recv(65536)
        assert b"\r\nTransfer-Encoding: chunked\r\n" in came


def test_bad_json(hubs: Hubs) -> None:
    fault = hubs.inject(Fault("bad_json"))
    params(hubs)
    assert fault.used == 0
    answer = ask(hubs.url, TREE)
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.body)


def test_gzip_bomb(hubs: Hubs) -> None:
    hubs.inject(Fault("gzip_bomb", size=1 << 25))
    answer = ask(hubs.url, TREE)
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.body) < 1 << 16
    assert len(gzip.decompress(answer.body)) == 1 << 25


def test_a_fault_of_the_answer_goes_with_one_of_the_body(hubs: Hubs, files: dict[str, bytes]) -> None:
    hubs.inject(Fault("no_range"))
    hubs.inject(Fault("cut", at=1500))
    with pytest.raises(http.client.IncompleteRead) as caught:
        params(hubs, Range="bytes=1000-")
    assert caught.value.partial == files[PARAMS][:1500]
    assert hubs.requests[-1].faults == ["no_range", "cut"]
