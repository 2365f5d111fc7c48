"""What the comparison of transfers downloads from: nginx with static files, or else the tests' server.

Either runs in a process of its own, so that no client shares an interpreter with it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.hubs.kit import MODEL, ask
from tests.hubs.server import Hubs

START_S = 20.0
_TESTS_SERVER = """
import signal, sys
from pathlib import Path
from tests.hubs.kit import MODEL
from tests.hubs.server import Hubs
with Hubs({MODEL: {path.name: path.read_bytes() for path in Path(sys.argv[1]).iterdir()}}) as hubs:
    print(hubs.url, flush=True)
    signal.pause()
"""


@contextmanager
def serve(folder: Path, work: Path) -> Iterator[tuple[str, str]]:
    """Serve the files of a folder as the model; gives the URL, and what serves."""
    nginx = shutil.which("nginx")
    if nginx is None:
        command, what = [sys.executable, "-c", _TESTS_SERVER, str(folder)], "the tests' server (there is no nginx)"
    else:
        port = _free_port()
        settings = _write_settings(folder, work, port)
        command, what = [nginx, "-p", str(work), "-c", str(settings), "-e", str(work / "errors.log")], "nginx"
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        if nginx is None:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
        else:
            _wait_for(port, process)
            url = f"http://127.0.0.1:{port}"
        yield url, what
    finally:
        process.terminate()
        process.wait(START_S)


def _write_settings(folder: Path, work: Path, port: int) -> Path:
    """Write nginx's settings: files by name, and the listings as the tests' server gives them."""
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    digests = {name: hashlib.sha256(one).hexdigest() for name, one in content.items()}
    with Hubs({MODEL: content}) as hubs:
        commit = hubs.commit(MODEL)
        listings = {path: ask(hubs.url, f"{path}?Revision=master").body for path in _listings(commit, content)}
    locations = []
    for number, (path, listing) in enumerate(listings.items()):
        (work / f"{number}.json").write_bytes(listing)
        locations.append(f"location = {path} {{ default_type application/json; alias {work}/{number}.json; }}")
    tags = "\n".join(f"~{name}$ '\"{digest}\"';" for name, digest in digests.items())
    files = f"etag off; add_header ETag $tag; add_header X-Repo-Commit {commit}; alias {folder}/$file;"
    user = "user root;" if os.geteuid() == 0 else ""  # its workers would not be let into this folder
    text = f"""
{user} daemon off; worker_processes 1; pid {work}/nginx.pid;
events {{ worker_connections 256; }}
http {{
access_log off; sendfile on; tcp_nopush on; default_type application/octet-stream;
client_body_temp_path {work}/body; proxy_temp_path {work}/proxy; fastcgi_temp_path {work}/fastcgi;
uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
map $request_uri $tag {{ default ""; {tags} }}
server {{
listen 127.0.0.1:{port};
location = / {{ return 200; }}
{chr(10).join(locations)}
location ~ "^/PaddlePaddle/[^/]+/resolve/[^/]+/(?<file>.+)$" {{ {files} }}
location ~ "^/api/v1/repos/PaddleX/[^/]+/media/(?<file>.+)$" {{ {files} }}
location = /api/v1/models/PaddlePaddle/{MODEL}/repo {{ set $file $arg_FilePath; {files} }}
}}
}}
"""
    settings = work / "nginx.conf"
    settings.write_text(text, "utf-8")
    return settings


def _listings(commit: str, content: Mapping[str, bytes]) -> list[str]:
    """Give the addresses of all that is asked before the files."""
    model = f"/api/models/PaddlePaddle/{MODEL}"
    scope = f"/api/v1/models/PaddlePaddle/{MODEL}"
    studio = f"/api/v1/repos/PaddleX/{MODEL}"
    revisions = ("main", commit)
    return [
        *(f"{model}/{what}/{revision}" for what in ("revision", "tree") for revision in revisions),
        *(scope, f"{scope}/revisions", f"{scope}/repo/files"),
        *(f"{studio}/git/trees/{revision}" for revision in ("master", commit)),
        *(f"{studio}/contents/{name}" for name in content),
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the server does not answer")
