"""What operators do to a server, and what machines and clients do to it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
import pytest
from PIL import Image
from tests.core.serving.running import Server, are_over, run_server, until

if TYPE_CHECKING:
    from requests import Response

pytestmark = [pytest.mark.weights, pytest.mark.slow]

FIRST_LINE = "Reading a page with a model z"
"""Of the sample, as far as small networks agree."""
NOBODY = 65532
SLOW_S = 120
"""More than a busy machine needs for the document."""


@pytest.fixture(scope="module")
def document(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A PDF of ten pages: seconds of work."""
    path = tmp_path_factory.mktemp("document") / "ten.pdf"
    page = Image.open(sample).convert("RGB")
    page.save(path, save_all=True, append_images=[page] * 9, resolution=144)
    return path.read_bytes()


@pytest.fixture
def clients() -> Iterator[ThreadPoolExecutor]:
    """Clients that ask at the same time."""
    with ThreadPoolExecutor(16) as pool:
        yield pool


def code(response: Response) -> str:
    return str(response.json()["code"])


def in_work(server: Server, count: int) -> None:
    """Wait until workers have so many requests."""
    until(lambda: server.figure("ocrzoo_running_requests") >= count)


# Ending


def test_a_termination_signal_lets_a_request_in_work_be_answered(
    home: Path, document: bytes, clients: ThreadPoolExecutor
) -> None:
    with run_server(home, drain_s=SLOW_S) as server:
        asking = clients.submit(server.read, document)
        in_work(server, 1)
        started = server.processes()
        assert server.stop() in {0, 143, -signal.SIGTERM}
        assert asking.result().status_code == 200
        assert len(asking.result().json()["result"]["ocrResults"]) == 10
        until(lambda: are_over(started))


def test_requests_that_wait_are_answered_too_before_the_server_ends(
    home: Path, document: bytes, sample: Path, clients: ThreadPoolExecutor
) -> None:
    with run_server(home, drain_s=SLOW_S, jobs_per_worker=1) as server:
        first = clients.submit(server.read, document)
        in_work(server, 1)
        second = clients.submit(server.read, sample.read_bytes())
        until(lambda: server.figure("ocrzoo_waiting_requests") == 1)
        server.stop()
        assert (first.result().status_code, second.result().status_code) == (200, 200)


def test_requests_that_take_longer_than_the_server_waits_fail_with_a_code(
    home: Path, document: bytes, clients: ThreadPoolExecutor
) -> None:
    with run_server(home, drain_s=0) as server:
        asking = clients.submit(server.read, document)
        in_work(server, 1)
        started = server.processes()
        assert server.stop() in {0, 143, -signal.SIGTERM}
        assert (asking.result().status_code, code(asking.result())) == (503, "shutting_down")
        until(lambda: are_over(started))


def test_a_server_that_loads_its_models_ends_at_once(home: Path) -> None:
    with run_server(home, ready=False) as server:
        until(lambda: bool(server.workers()))
        started = server.processes()
        assert server.stop() in {0, 143, -signal.SIGTERM}
        until(lambda: are_over(started))
        assert "Traceback" not in server.log


def test_nothing_but_the_log_is_on_standard_error(home: Path, sample: Path) -> None:
    with run_server(home) as server:
        assert server.read(sample.read_bytes()).status_code == 200
        server.stop()
    assert all(line.startswith("{") for line in server.log.splitlines()), server.log


def test_workers_end_with_a_server_that_is_killed(home: Path, document: bytes, clients: ThreadPoolExecutor) -> None:
    import requests

    with run_server(home) as server:
        asking = clients.submit(server.read, document)
        in_work(server, 1)
        started = server.processes()
        server.process.kill()
        with pytest.raises(requests.ConnectionError):
            asking.result()
        until(lambda: are_over(started))


# Workers that die or hang


def test_the_request_of_a_worker_that_is_killed_fails_and_the_next_is_answered(
    home: Path, document: bytes, sample: Path, clients: ThreadPoolExecutor
) -> None:
    with run_server(home) as server:
        asking = clients.submit(server.read, document)
        in_work(server, 1)
        (worker,) = server.workers()
        worker.kill()
        failed = asking.result()
        assert (failed.status_code, code(failed)) == (503, "worker_lost")
        assert int(failed.headers["Retry-After"]) >= 1
        assert server.read(sample.read_bytes(), "?format=txt").text.startswith(FIRST_LINE)
        assert server.figure('ocrzoo_worker_events_total{event="lost"}') == 1
        server.stop()
    assert f"exit status -{signal.SIGKILL:d}" in server.log


def test_of_several_requests_of_a_worker_that_is_killed_all_are_read_again(
    home: Path, document: bytes, sample: Path, clients: ThreadPoolExecutor
) -> None:
    with run_server(home) as server:
        asking = [clients.submit(server.read, document), clients.submit(server.read, document, "?format=txt")]
        in_work(server, 2)
        (worker,) = server.workers()
        worker.kill()
        later = server.read(sample.read_bytes())
        assert [one.result().status_code for one in asking] == [200, 200]
        assert later.status_code == 200


def test_a_worker_that_is_stopped_is_replaced(
    home: Path, document: bytes, sample: Path, clients: ThreadPoolExecutor
) -> None:
    with run_server(home, stuck_s=5) as server:
        asking = clients.submit(server.read, document)
        in_work(server, 1)
        (worker,) = server.workers()
        worker.suspend()
        failed = asking.result()
        assert (failed.status_code, code(failed)) == (503, "worker_lost")
        assert server.read(sample.read_bytes(), "?format=txt").text.startswith(FIRST_LINE)
        assert server.figure('ocrzoo_worker_events_total{event="killed"}') == 1
        assert worker not in server.workers()


def test_a_machine_that_slept_keeps_its_workers(home: Path, sample: Path) -> None:
    with run_server(home, stuck_s=2) as server:
        (worker,) = server.workers()
        asleep = (psutil.Process(server.process.pid), worker)
        for process in asleep:
            process.suspend()
        until(lambda: all(process.status() == psutil.STATUS_STOPPED for process in asleep))
        subprocess.run([sys.executable, "-c", "import time; time.sleep(4)"], check=True)
        for process in asleep:
            process.resume()
        assert server.read(sample.read_bytes()).status_code == 200
        assert server.workers() == [worker]


# Load, and clients that are slow


def test_a_full_queue_refuses_with_the_time_to_come_again(
    home: Path, document: bytes, sample: Path, clients: ThreadPoolExecutor
) -> None:
    with run_server(home, queue=1, jobs_per_worker=1) as server:
        first = clients.submit(server.read, document)
        in_work(server, 1)
        second = clients.submit(server.read, sample.read_bytes())
        until(lambda: server.figure("ocrzoo_waiting_requests") == 1)
        third = server.read(document[:-1])
        assert (third.status_code, code(third)) == (503, "queue_full")
        assert int(third.headers["Retry-After"]) >= 1
        assert server.get("/readyz").status_code == 200
        assert (first.result().status_code, second.result().status_code) == (200, 200)


def test_a_client_that_does_not_read_its_answer_holds_up_nobody_and_is_cut_off(home: Path, sample: Path) -> None:
    quick = "import ocrzoo_registry.network.web_server as web; web.SEND_S = 1"
    content = sample.read_bytes()
    with run_server(home, before=quick) as server, connected(server, buffer=4096) as connection:
        connection.sendall(head("/ocr?images=ocrImage", len(content)) + content)
        until(lambda: server.figure("ocrzoo_pages_total") == 1)
        assert server.read(content).status_code == 200
        pid = server.process.pid
        until(lambda: not any(is_to(one, connection) for one in psutil.Process(pid).net_connections("tcp")))


def test_a_client_that_sends_too_slowly_is_told_and_cut_off(home: Path, sample: Path) -> None:
    with run_server(home, body_timeout_s=1) as server, connected(server) as connection:
        connection.sendall(head("/ocr", 1000) + b"a few bytes")
        assert server.read(sample.read_bytes()).status_code == 200
        answer = received(connection)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"body_timeout" in answer


def test_work_for_a_client_that_left_is_dropped(home: Path, document: bytes) -> None:
    with run_server(home) as server:
        with connected(server) as connection:
            connection.sendall(head("/ocr", len(document)) + document)
            in_work(server, 1)
        until(lambda: server.figure("ocrzoo_running_requests") == 0)
        assert server.figure("ocrzoo_pages_total") == 0


# Machines with little


def test_a_server_needs_no_home_no_network_and_no_disk_but_its_temporary_folder(
    home: Path, tmp_path: Path, sample: Path
) -> None:
    environ = {"HOME": "/nonexistent", "TMPDIR": str(tmp_path), "OCRZOO_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    with run_server(home, wrapper=read_only(tmp_path), environ=environ) as server:
        assert server.read(sample.read_bytes(), "?format=txt").text.startswith(FIRST_LINE)
        drawn = server.read(sample.read_bytes(), "?images=ocrImage").json()["result"]["ocrResults"][0]
        assert drawn["ocrImage"]
        server.stop()
    assert not [line for line in server.log.splitlines() if '"level": "error"' in line]


def test_a_server_runs_as_a_user_without_a_name(home: Path, tmp_path: Path, sample: Path) -> None:
    tmp_path.chmod(0o777)
    environ = {"HOME": "/nonexistent", "TMPDIR": str(tmp_path), "OCRZOO_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    with run_server(home, wrapper=as_nobody(home, tmp_path), environ=environ) as server:
        assert psutil.Process(server.process.pid).uids().real == NOBODY
        assert server.read(sample.read_bytes(), "?format=txt").text.startswith(FIRST_LINE)


def read_only(writable: Path) -> list[str]:
    """Return how a command is run that can write in one folder only; skips where that is not allowed."""
    command = ["unshare", "--mount", "--propagation", "private"]
    remount = f'mount --bind "{writable}" "{writable}" && mount -o remount,bind,ro /'
    wrapper = [*command, "sh", "-c", f'{remount} && exec "$@"', "sh"]
    test = [*wrapper, "sh", "-c", f'touch "{writable}/x" && ! touch "{Path(__file__).parent}/x"']
    if os.geteuid() != 0 or shutil.which("unshare") is None or subprocess.run(test, check=False).returncode:
        pytest.skip("needs the right to mount")
    return wrapper


def as_nobody(*needed: Path) -> list[str]:
    """Return how a command is run as another user; skips where it could not read what it needs."""
    wrapper = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs the right to become another user")
    test = [*wrapper, sys.executable, "-c", "import ocrzoo, os, sys; [os.listdir(path) for path in sys.argv[1:]]"]
    if subprocess.run([*test, *map(str, needed)], check=False, capture_output=True).returncode:
        pytest.skip("another user cannot read this environment")
    return wrapper


def connected(server: Server, buffer: int | None = None) -> socket.socket:
    """Connect; the client's buffer may be small."""
    parts = urlsplit(server.url)
    connection = socket.socket()
    if buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.settimeout(60)
    connection.connect((parts.hostname, parts.port))
    return connection


def head(path: str, length: int) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/octet-stream", f"Content-Length: {length}"]
    return "\r\n".join([*lines, "", ""]).encode()


def received(connection: socket.socket) -> bytes:
    """Return all that comes until the server closes the connection."""
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def is_to(one: object, connection: socket.socket) -> bool:
    """Whether a connection of the server is to this client."""
    peer: tuple[object, ...] = tuple(getattr(one, "raddr", ()))
    return bool(peer == connection.getsockname())
