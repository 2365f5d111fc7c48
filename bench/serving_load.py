"""The load of ``bench.serving``, for locust: ``locust -f serving_load.py --headless``, in an environment of its own.

The variable ``BENCH_LOAD`` names a JSON file: ``pages`` (PNG files), ``images`` (whether answers have pictures),
``requests`` (how many; 0: until the time is over) and ``output``, where the requests are written when it ends. Each
client sends the next page as soon as it has its answer. Every file that is sent is another one, so that a server cannot
answer two requests at once: the PNG has a comment with a number.

A line with the number of answers is printed after every hundred.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import struct
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gevent import spawn  # in locust's environment, as what follows
from locust import FastHttpUser, constant, events, task
from locust.exception import StopUser

END_BYTES = 12
"""Of a PNG's last chunk."""
PROGRESS = 100
TIMEOUT_S = 1800


class Body:
    """The JSON of requests for one page; most of it is encoded once."""

    def __init__(self, page: bytes, *, images: bool) -> None:
        kept = (len(page) - END_BYTES) // 3 * 3
        self._head = b'{"fileType":1,"visualize":%s,"file":"' % json.dumps(images).encode() + base64.b64encode(
            page[:kept]
        )
        self._tail = page[kept:-END_BYTES], page[-END_BYTES:]

    def numbered(self, number: int) -> bytes:
        """Return the body with a comment in the page."""
        content = b"tEXtComment\0%d" % number
        chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
        return self._head + base64.b64encode(chunk.join(self._tail)) + b'"}'


JOB: Mapping[str, Any] = json.loads(Path(os.environ["BENCH_LOAD"]).read_text(encoding="utf-8"))
BODIES = [Body(Path(page).read_bytes(), images=JOB["images"]) for page in JOB["pages"]]
NUMBERS = itertools.count()
DONE: list[tuple[float, float, int]] = []
"""When each request ended, the seconds that it took, and its status; 0 without one."""


class Client(FastHttpUser):  # type: ignore[misc]  # without types
    """Asks for one page after the other."""

    wait_time = constant(0)
    connection_timeout = network_timeout = TIMEOUT_S

    @task  # type: ignore[untyped-decorator]  # without types
    def read(self) -> None:
        """Send a page."""
        number = next(NUMBERS)
        if JOB["requests"] and number >= JOB["requests"]:
            raise StopUser
        began = time.perf_counter()
        headers = {"Content-Type": "application/json"}
        body = BODIES[number % len(BODIES)].numbered(number)
        with self.client.post("/ocr", data=body, headers=headers, catch_response=True) as response:
            ended = time.perf_counter()
            DONE.append((ended, ended - began, response.status_code or 0))
            response.success()
        if len(DONE) % PROGRESS == 0:
            print(len(DONE), flush=True)
        if len(DONE) == JOB["requests"]:
            spawn(self.environment.runner.quit)  # which waits for this client too


@events.quit.add_listener  # type: ignore[untyped-decorator]  # without types
def _write(**_: Any) -> None:
    """Write what was measured."""
    Path(JOB["output"]).write_text(json.dumps(DONE), encoding="utf-8")
