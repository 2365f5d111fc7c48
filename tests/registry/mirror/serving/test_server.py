"""The embedded server: releases that come while it runs, many clients, hostile folders, start and stop."""

from __future__ import annotations

import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.hubs.kit import ask
from tests.registry.mirror.made_mirrors import MadeMirror, card_of, put, sha256
from tests.registry.mirror.serving.web_servers import run_serve

from ocrzoo_registry.errors import IntegrityError, NotFound, UsageError
from ocrzoo_registry.mirror.layouts import earlier
from ocrzoo_registry.mirror.serving import server

NAME = "seaside_det"
FILE = f"/PaddlePaddle/{NAME}/resolve/main/inference.yml"
STOP_S = 10.0


def publish(folder: Path, content: bytes, name: str, before: MadeMirror | None = None) -> MadeMirror:
    """Publish a release with one file, as ``mirror build`` does."""
    mirror = MadeMirror().add(card_of(NAME, "paddle"), "paddle", {"inference.yml": content})
    if before is not None:
        mirror.earlier = earlier(before.index(), mirror.index().models)
    mirror.lay(folder / "releases" / name, before.blobs if before else None)
    switch(folder, name)
    return mirror


def switch(folder: Path, name: str) -> None:
    (folder / "next").symlink_to(f"releases/{name}")
    (folder / "next").replace(folder / "current")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    publish(folder, b"first", "1")
    return folder


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    with run_serve(folder) as (url, _):
        yield url


def test_a_new_release_is_served_from_the_next_request_on(folder: Path, url: str) -> None:
    first = ask(url, FILE)
    publish(folder, b"second", "2", MadeMirror().add(card_of(NAME, "paddle"), "paddle", {"inference.yml": b"first"}))
    second = ask(url, FILE)
    assert (first.body, second.body) == (b"first", b"second")
    commits = [answer.headers["x-repo-commit"] for answer in (first, second)]
    assert commits[0] != commits[1]
    assert ask(url, FILE.replace("main", commits[0])).body == b"first"


def test_readers_never_see_a_mixture_of_releases(folder: Path, url: str) -> None:
    contents = [bytes([number]) * 100_000 for number in range(20)]
    digests = {f'"{sha256(content)}"': content for content in [b"first", *contents]}

    def read(_: int) -> bool:
        answer = ask(url, FILE)
        return answer.status == 200 and digests[answer.headers["etag"]] == answer.body

    before: MadeMirror | None = None
    with ThreadPoolExecutor(4) as pool:
        for number, content in enumerate(contents):
            reading = [pool.submit(read, one) for one in range(8)]
            before = publish(folder, content, f"n{number}", before)
            assert all(one.result() for one in reading)


def test_a_broken_release_keeps_the_previous_one_served(folder: Path) -> None:
    with run_serve(folder) as (url, process):
        put(folder / "releases" / "broken" / "index.json", b"{")
        switch(folder, "broken")
        assert [ask(url, FILE).body for _ in range(3)] == [b"first"] * 3
        publish(folder, b"third", "3")
        assert ask(url, FILE).body == b"third"
        process.terminate()
        _, err = process.communicate(timeout=STOP_S)
    assert err.count("\n") == 1, err
    assert "still serving 1" in err


def test_a_blob_that_is_a_link_or_pipe_is_not_served(folder: Path, url: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    blob = folder / "current" / "blobs" / sha256(b"first")
    blob.unlink()
    blob.symlink_to(tmp_path / "secret")
    assert ask(url, FILE).status == 404
    blob.unlink()
    os.mkfifo(blob)
    assert ask(url, FILE).status == 404


def test_a_folder_link_outside_the_release_is_not_served(folder: Path, url: str, tmp_path: Path) -> None:
    put(tmp_path / "elsewhere" / "main", b"secret")
    revisions = folder / "current" / "api" / "models" / "PaddlePaddle" / NAME / "revision"
    revisions.rename(tmp_path / "away")
    revisions.symlink_to(tmp_path / "elsewhere")
    answer = ask(url, f"/api/models/PaddlePaddle/{NAME}/revision/main")
    assert (answer.status, answer.headers["x-error-code"]) == (404, "EntryNotFound")


def test_the_etag_of_the_index_is_its_digest(folder: Path) -> None:
    index = folder / "current" / "index.json"
    index.write_bytes(index.read_bytes().replace(b"\n", b" "))
    with run_serve(folder) as (url, _):
        answer = ask(url, "/index.json")
    assert answer.headers["etag"] == f'"{sha256(answer.body)}"'


def test_the_served_tree_itself_can_be_named(folder: Path) -> None:
    with run_serve(folder / "releases" / "1") as (url, _):
        assert ask(url, FILE).body == b"first"


def test_many_clients_at_once_all_get_their_bytes(tmp_path: Path) -> None:
    files = {f"part_{number}": os.urandom(3_000_000 + number) for number in range(8)}
    MadeMirror().add(card_of(NAME, "paddle"), "paddle", files).lay(tmp_path / "release")
    with run_serve(tmp_path / "release") as (url, _), ThreadPoolExecutor(32) as pool:
        assert all(pool.map(lambda client: _pull(url, files, client), range(32)))


def _pull(url: str, files: dict[str, bytes], client: int) -> bool:
    """Read all files on one connection that stays open, each in another order and some from their middle."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    names = sorted(files, key=lambda name: hashlib.sha256(f"{name}{client}".encode()).digest())
    right = []
    for name in names:
        start = (client * 99_991) % len(files[name]) if client % 2 else 0
        headers = {"Range": f"bytes={start}-"} if start else {}
        connection.request("GET", f"/PaddlePaddle/{NAME}/resolve/main/{name}", headers=headers)
        right.append(connection.getresponse().read() == files[name][start:])
    connection.close()
    return all(right)


def test_more_transfers_than_it_sends_at_once_are_told_when_to_come_again(tmp_path: Path) -> None:
    MadeMirror().add(card_of(NAME, "paddle"), "paddle", {"inference.yml": bytes(50_000_000)}).lay(tmp_path / "release")
    code = "from ocrzoo_registry.mirror.serving import server; server.MAX_TRANSFERS = 2"
    asked = f"GET {FILE} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    with run_serve(tmp_path / "release", before=code) as (url, _), ExitStack() as stack:
        address = urlsplit(url)
        for _ in range(2):
            busy = stack.enter_context(socket.create_connection((address.hostname or "", address.port or 0), STOP_S))
            busy.sendall(asked)
            assert busy.recv(12) == b"HTTP/1.1 200"
        refused = ask(url, FILE)
        assert refused.status == 503
        assert 1 <= int(refused.headers["retry-after"]) <= 4
        assert refused.headers["connection"] == "close"


def test_connections_end_with_their_answers_while_there_are_many(folder: Path) -> None:
    """Those that are kept for a next request must not shut others out."""
    code = "from ocrzoo_registry.network import web_server; web_server.MAX_CONNECTIONS = 8"
    with run_serve(folder, before=code) as (url, _), ExitStack() as stack:
        address = urlsplit(url)
        kept = [
            stack.enter_context(closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)))
            for _ in range(30)
        ]
        answers = []
        for one in kept:
            one.request("GET", FILE)
            answer = one.getresponse()
            answers.append((answer.status, answer.read(), answer.headers["connection"]))
        assert {one[:2] for one in answers} == {(200, b"first")}
        assert answers[0][2] is None
        assert answers[-1][2] == "close"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_at_once_and_silently(number: signal.Signals, folder: Path) -> None:
    with run_serve(folder) as (url, process):
        address = urlsplit(url)
        with socket.create_connection((address.hostname or "", address.port or 0)):  # one who says nothing
            ask(url, FILE)
            start = time.monotonic()
            process.send_signal(number)
            out, err = process.communicate(timeout=STOP_S)
    assert (process.returncode, out, err) == (0, "", "")
    assert time.monotonic() - start < STOP_S / 2


def test_idle_connections_are_closed(folder: Path) -> None:
    code = "from ocrzoo_registry.network import web_server; web_server.KEEP_ALIVE_S = 1"
    with run_serve(folder, before=code) as (url, _):
        address = urlsplit(url)
        with socket.create_connection((address.hostname or "", address.port or 0), STOP_S) as silent:
            assert silent.recv(1) == b""
        with socket.create_connection((address.hostname or "", address.port or 0), STOP_S) as answered:
            answered.sendall(f"HEAD {FILE} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert answered.recv(12) == b"HTTP/1.1 200"
            while answered.recv(1000):
                pass  # until it ends


def test_an_incomplete_request_times_out(folder: Path) -> None:
    """Else a few hundred of them, from one machine, would shut everybody out."""
    code = "from ocrzoo_registry.network import web_server; web_server.KEEP_ALIVE_S = 1"
    with run_serve(folder, before=code) as (url, _):
        address = urlsplit(url)
        for begun in (b"", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n"):
            with socket.create_connection((address.hostname or "", address.port or 0), STOP_S) as slow:
                slow.sendall(begun)
                end, ended = time.monotonic() + STOP_S, False
                with suppress(OSError):
                    while not ended and time.monotonic() < end:
                        slow.sendall(b"G")
                        slow.settimeout(0.2)
                        with suppress(TimeoutError):
                            ended = slow.recv(1000) == b""
                    slow.settimeout(STOP_S)
                assert time.monotonic() < end, begun


def test_a_stalled_client_does_not_delay_the_shutdown(tmp_path: Path) -> None:
    MadeMirror().add(card_of(NAME, "paddle"), "paddle", {"inference.yml": bytes(50_000_000)}).lay(tmp_path / "release")
    with run_serve(tmp_path / "release") as (url, process):
        address = urlsplit(url)
        with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
            connection.sendall(f"GET {FILE} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            connection.recv(100)
            process.terminate()
            _, err = process.communicate(timeout=server.STOP_S + STOP_S)
    assert (process.returncode, err) == (0, "")


def test_a_stalled_client_is_disconnected_and_a_slow_one_is_not(tmp_path: Path) -> None:
    content = bytes(range(256)) * 100_000
    MadeMirror().add(card_of(NAME, "paddle"), "paddle", {"inference.yml": content}).lay(tmp_path / "release")
    code = "from ocrzoo_registry.network import web_server; web_server.SEND_S = 2"
    asked = f"GET {FILE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    with run_serve(tmp_path / "release", before=code) as (url, _):
        address = urlsplit(url)
        where = (address.hostname or "", address.port or 0)
        with socket.create_connection(where, STOP_S) as stuck, socket.create_connection(where, STOP_S) as slow:
            for one in (stuck, slow):
                one.sendall(asked)
            got = b""
            while piece := slow.recv(1 << 20):
                got += piece
                time.sleep(0.1)
            assert got.endswith(content)
            time.sleep(3)
            got = b""
            with suppress(ConnectionError):
                while piece := stuck.recv(1 << 20):
                    got += piece
            assert len(got) < len(content)


def test_requests_that_are_not_http_are_refused(folder: Path) -> None:
    with run_serve(folder) as (url, process):
        address = urlsplit(url)
        for sent in (
            b"\x16\x03\x01\x02\0\r\n\r\n",
            b"HELO\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 99_999,
        ):
            connection = socket.create_connection((address.hostname or "", address.port or 0), 10)
            with connection, suppress(OSError):  # it may hang up before it has all
                connection.sendall(sent)
                assert connection.recv(12) in {b"HTTP/1.1 400", b""}
        assert ask(url, FILE).body == b"first"
        process.terminate()
        _, err = process.communicate(timeout=STOP_S)
    assert err == ""


def test_requests_are_logged_only_with_log(folder: Path) -> None:
    with run_serve(folder, "--log") as (url, process):
        ask(url, FILE)
        process.terminate()
        _, err = process.communicate(timeout=STOP_S)
    assert err.count("\n") == 1
    assert f"GET {FILE} HTTP/1.1" in err


def test_listening_on_all_addresses_warns(folder: Path) -> None:
    with run_serve(folder, "--host", "0.0.0.0") as (url, process):
        assert ask(url.replace("0.0.0.0", "127.0.0.1"), "/").status == 200
        process.terminate()
        _, err = process.communicate(timeout=STOP_S)
    assert "warning: anyone who can reach this machine" in err


def start(folder: Path, port: int = 0, host: str = "127.0.0.1") -> None:
    server.serve(folder, host, port, log_requests=False, started=lambda *_: None)


def test_a_port_in_use_is_one_line(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(
            UsageError, match=r"cannot listen on 127\.0\.0\.1 port \d+: .*; choose another --host or --port"
        ):
            start(folder, taken.getsockname()[1])


@pytest.mark.parametrize(
    ("prepare", "error", "words"),
    [
        (lambda _: None, NotFound, "is not a mirror"),
        (lambda folder: put(folder / "index.json", b"{"), IntegrityError, "is not an index of models"),
        (lambda folder: (folder / "index.json").mkdir(parents=True), NotFound, "is not a mirror"),
    ],
)
def test_folders_that_cannot_be_served_are_reported(
    prepare: Callable[[Path], object], error: type[Exception], words: str, tmp_path: Path
) -> None:
    prepare(tmp_path / "folder")
    with pytest.raises(error, match=words):
        start(tmp_path / "folder")


def test_without_the_extra_one_line_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(UsageError, match=r"pip install 'ocrzoo\[serve\]'"):
        start(folder)


def test_the_server_is_not_loaded_for_other_commands() -> None:
    code = "import sys, ocrzoo.cli.commands.mirror_serve; print({'starlette', 'uvicorn', 'asyncio'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_server_runs_stops_it(folder: Path, number: signal.Signals) -> None:
    """Between the line with the URL and the server's own signal handlers, Ctrl-C must not be lost."""
    code = (
        "import os, sys; from pathlib import Path; from ocrzoo_registry.mirror.serving.server import serve\n"
        f"raise_it = lambda *_: os.kill(os.getpid(), {int(number)})\n"
        "serve(Path(sys.argv[1]), '127.0.0.1', 0, log_requests=False, started=raise_it)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, timeout=60, check=False)
    assert done.stderr == b""
    assert done.returncode == 0
