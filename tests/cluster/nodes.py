"""A Ray cluster of several nodes on this machine: each is a raylet with workers of its own, which can be killed.

It is run by a process of its own, which takes a line for each order and answers with one: Ray leaves files open, which
tests do not allow. ``python -m tests.cluster.nodes`` is that process.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

QUICK = Path(__file__).parent / "quick"
REPOSITORY = Path(__file__).parents[2]
VARIABLES = {
    "PYTHONPATH": os.pathsep.join([str(QUICK), str(REPOSITORY)]),
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_AUTH_MODE": "disabled",  # else it writes a token into the home
}
STARTS = 3
"""Ray gives up when its processes take half a minute to start, as on a busy machine."""
MEMORY = 200 << 20
"""Bytes of a node's object store."""
STOP_S = 120.0

Made = TypeVar("Made")


class Nodes:
    """The nodes that do the work; the head, which has none to do, stays."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._asking = threading.Lock()
        self.address = self._answer()
        """Where drivers find the cluster."""

    def add(self, **variables: str) -> None:
        """Add a node; its processes get further environment variables."""
        self._ask({"add": variables})

    def kill(self, chosen: random.Random) -> None:
        """Kill a node at random, at once."""
        self._ask({"kill": chosen.random()})

    def kill_head(self) -> None:
        """Kill the process that all others ask where everything is."""
        self._ask({"kill_head": True})

    def _ask(self, order: Any) -> None:
        with self._asking:
            assert self._process.stdin is not None
            print(json.dumps(order), file=self._process.stdin, flush=True)
            self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("answer "):
                return line.split()[1]
        raise AssertionError("the cluster's process ended")


@contextmanager
def nodes(count: int, cpus: int = 1) -> Iterator[Nodes]:
    """A cluster of a head and several nodes, each with some CPUs."""
    command = [sys.executable, "-m", "tests.cluster.nodes", str(cpus)]
    variables = {**os.environ, **VARIABLES}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=variables
    ) as process:
        try:
            running = Nodes(process)
            for _ in range(count):
                running.add()
            yield running
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def killing(running: Nodes, every_s: float, seed: int, killed: list[float]) -> Iterator[None]:
    """Kill a node at random now and then, and add another."""
    stopped = threading.Event()
    chosen = random.Random(seed)

    def kill() -> None:
        while not stopped.wait(every_s * chosen.uniform(0.5, 1.5)):
            running.kill(chosen)
            killed.append(every_s)
            running.add()

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(STOP_S)


def _main(cpus: int) -> None:
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": MEMORY}
    cluster: Any = _started(partial(Cluster, initialize_head=True, head_node_args=head))
    running: list[Any] = []
    print("answer", cluster.address, flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "add" in order:
            given = {"num_cpus": cpus, "object_store_memory": MEMORY, "env_vars": order["add"] or None}
            running.append(_started(partial(cluster.add_node, wait=False, **given)))
        elif "kill_head" in order:
            cluster.head_node.kill_gcs_server(check_alive=False)
        else:
            cluster.remove_node(running.pop(int(order["kill"] * len(running))), allow_graceful=False)
        print("answer done", flush=True)
    cluster.shutdown()


def _started(start: Callable[[], Made]) -> Made:
    for _ in range(STARTS - 1):
        try:
            return start()
        except Exception as error:  # noqa: BLE001  # Ray's
            print(error, file=sys.stderr)
    return start()


if __name__ == "__main__":
    _main(int(sys.argv[1]))
