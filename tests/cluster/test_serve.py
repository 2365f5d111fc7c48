"""The server on Ray Serve: a configuration names it, and all that it promises goes through Serve's proxy."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest
from PIL import Image
from tests.conftest import NEAR, SETTINGS_OF
from tests.core.serving.running import READY_S, SMALL, STOP_S, Server, are_over, until
from tests.core.serving.test_operation import code, connected, head, in_work
from tests.registry.mirror.serving.web_servers import free_port

from ocrzoo.serving import on_ray
from ocrzoo_registry.errors import UsageError

FIRST_LINE = "Reading a page with a model z"
RAY = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",  # else it writes a token into the home
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # else it starts its processes by uv, where uv runs the tests
}
START_S = 300.0
"""How long Ray may take to start on a busy machine."""
ON_RAY = """
import json, sys, ray
from ray import serve
from ray._private import node, parameter, utils
from ray._raylet import persist_port
from ray.serve.context import _get_global_client
from ray.serve.schema import ServeDeploySchema
# Leave out what nobody asks here. Its parts are processes that start slowly, and Ray waits 15 s for what their agent
# writes when it has nothing to serve: write it beforehand.
utils.get_dashboard_dependency_error = lambda: ImportError("not needed")
begin, start = parameter.RayParams.__init__, node.Node.start_ray_processes
less = {"no_monitor": True, "include_log_monitor": False, "runtime_env_agent_port": int(sys.argv[4])}
def started(self):
    for name in ("metrics_agent_port", "metrics_export_port", "dashboard_agent_listen_port"):
        persist_port(self._session_dir, self._node_id, name, -1)
    start(self)
parameter.RayParams.__init__ = lambda self, *given, **named: begin(self, *given, **{**named, **less})
node.Node.start_ray_processes = started
config, folder, port = json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3])
ray.init(address="local", num_cpus=4, include_dashboard=False, object_store_memory=100 << 20, _temp_dir=folder,
         log_to_driver=False)
try:
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    _get_global_client().deploy_apps(ServeDeploySchema.model_validate(config))
    print(f"http://127.0.0.1:{port}", flush=True)
    sys.stdin.read()
    serve.delete("ocrzoo")
    serve.shutdown()
finally:
    ray.shutdown()
"""


def config_of(changes: Mapping[str, Any] | None = None, **args: Any) -> dict[str, Any]:
    """Give a configuration of Serve, as a file has it."""
    application = {
        "name": "ocrzoo",
        "import_path": "ocrzoo.serving.on_ray:app",
        "route_prefix": "/",
        "args": {**SMALL, "threads": 1, **args},
        "deployments": [{"name": on_ray.NAME, **(changes or {})}],
    }
    return {"applications": [application]}


@contextmanager
def run_on_ray(home: Path, config: Mapping[str, Any]) -> Iterator[Server]:
    """Run Ray Serve on this machine; gives the server behind its proxy, and ends all that was started."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_OF)}
    own = {"OCRZOO_HOME": str(home), "PADDLE_PDX_MODEL_SOURCE": ",".join(NEAR), **RAY}
    with TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:  # its sockets allow short paths only
        process = subprocess.Popen(
            [sys.executable, "-c", ON_RAY, json.dumps(config), folder, str(free_port()), str(free_port())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**kept, **own},
        )
        started = list[psutil.Process]()
        try:
            server = Server(process)
            until(lambda: is_ready(server), START_S)
            started = server.processes()
            yield server
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(STOP_S)
            finally:
                process.kill()
                process.wait()
                for one in started:
                    with suppress(psutil.NoSuchProcess):
                        one.kill()
                for stream in (process.stdout, process.stderr):
                    assert stream is not None
                    stream.close()


def is_ready(server: Server) -> bool:
    """Whether a replica answers; Serve's proxy listens before that."""
    import requests

    try:
        return server.get("/readyz").status_code == 200
    except (requests.ConnectionError, requests.Timeout):  # the proxy holds requests until there is a replica
        return False


@pytest.fixture(scope="module")
def document(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A PDF of six pages: a second of work."""
    path = tmp_path_factory.mktemp("document") / "six.pdf"
    page = Image.open(sample).convert("RGB")
    page.save(path, save_all=True, append_images=[page] * 5, resolution=144)
    return path.read_bytes()


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.thorough  # Ray starts too slowly beside other tests
def test_a_server_on_ray_serve_keeps_its_promises(home: Path, sample: Path, document: bytes) -> None:
    """One after the other, as Ray takes long to start: answers, pages as they come, a full queue, leaving, draining."""
    with run_on_ray(home, config_of(queue=1, jobs_per_worker=1)) as server, ThreadPoolExecutor(4) as clients:
        # An answer, with the server's own headers
        answer = server.read(sample.read_bytes(), "?format=txt", **{"X-Request-Id": "mine"})
        assert answer.text.startswith(FIRST_LINE)
        assert answer.headers["X-Request-Id"] == "mine"
        assert server.figure("ocrzoo_pages_total") == 1
        assert server.get("/capabilities").json()["workers"] == 1

        # Pages of a document arrive while others are read
        assert streamed(server, document) == list(range(1, 7))

        # A full queue refuses with the time to come again, and the replica stays ready
        asked = [clients.submit(server.read, document)]
        in_work(server, 1)
        asked.append(clients.submit(server.read, sample.read_bytes()))
        until(lambda: server.figure("ocrzoo_waiting_requests") == 1)
        refused = server.read(document[:-1])
        assert (refused.status_code, code(refused)) == (503, "queue_full")
        assert int(refused.headers["Retry-After"]) >= 1
        assert server.get("/readyz").status_code == 200
        assert [one.result().status_code for one in asked] == [200, 200]

        # Work for a client that left is dropped
        read = server.figure("ocrzoo_pages_total")
        with connected(server) as connection:
            connection.sendall(head("/ocr", len(document)) + document)
            in_work(server, 1)
        until(lambda: server.figure("ocrzoo_running_requests") == 0)
        assert server.figure("ocrzoo_pages_total") == read

        # A request in work is answered although the application is deleted
        asking = clients.submit(server.read, document)
        in_work(server, 1)
        started = server.processes()
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert asking.result().status_code == 200
        server.process.wait(STOP_S)
        until(lambda: are_over(started))


def streamed(server: Server, document: bytes) -> list[int]:
    """Read a document in NDJSON; gives the numbers of its pages, the first of which came while others were read."""
    import requests

    sent = {"Content-Type": "application/octet-stream"}
    query = "?format=ndjson&visualize=false"
    with requests.post(f"{server.url}/ocr{query}", document, headers=sent, stream=True, timeout=READY_S) as answer:
        lines = answer.iter_lines(chunk_size=1)
        first = json.loads(next(lines))
        assert server.figure("ocrzoo_running_requests") == 1
        found = [first, *map(json.loads, lines)]
    assert found[-1]["done"] is True
    return [line["page"] for line in found[:-1]]


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.thorough  # a second cluster
def test_a_replica_whose_models_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    from ocrzoo.serving.app import settings_of

    async def check() -> None:
        replica = on_ray.Replica()
        nowhere = {**SMALL, "text_recognition_model_dir": str(tmp_path / "nowhere")}
        replica.app = on_ray.Server(settings_of(None, workers=1, threads=1, json_logs=False, **nowhere))
        await replica.app.service.start()
        try:
            with pytest.raises(RuntimeError, match="nowhere"):
                await asyncio.wait_for(replica.check_health(), READY_S)
        finally:
            await replica.app.service.close()

    asyncio.run(check())


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"workers": 2}, "a replica has one worker"),
        ({"treads": 2}, "there is no setting 'treads'"),
        ({"url_hosts": ["a b"]}, "url_host 'a b'"),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Ray, when it is imported
def test_what_serve_decides_and_what_is_not_valid_is_refused(args: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        on_ray.app(args)


def test_without_ray_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'ocrzoo\[ray\]'"):
        on_ray.app({})
