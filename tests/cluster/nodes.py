"""A Ray cluster of several nodes on this machine: each is a raylet with workers of its own, which can be killed."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

QUICK = Path(__file__).parent / "quick"
VARIABLES = {
    "PYTHONPATH": os.pathsep.join(filter(None, [str(QUICK), os.environ.get("PYTHONPATH")])),
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
STARTS = 3
"""Ray gives up when its processes take half a minute to start, as on a busy machine."""
MEMORY = 200 << 20
"""Bytes of a node's object store."""


class Nodes:
    """The nodes that do the work; the head, which has none to do, stays."""

    def __init__(self, cpus: int) -> None:
        """Start the head; ``cpus`` are those of each further node."""
        from ray.cluster_utils import Cluster

        self._cpus = cpus
        self._cluster = _started(
            lambda: Cluster(
                initialize_head=True,
                head_node_args={"num_cpus": 0, "include_dashboard": False, "object_store_memory": MEMORY},
            )
        )
        self._nodes: list[Any] = []

    @property
    def address(self) -> str:
        """Where drivers find the cluster."""
        return str(self._cluster.address)

    def add(self, **variables: str) -> None:
        """Add a node; its processes get further environment variables."""
        self._nodes.append(
            _started(
                lambda: self._cluster.add_node(
                    num_cpus=self._cpus, object_store_memory=MEMORY, env_vars=variables or None, wait=False
                )
            )
        )

    def kill(self, chosen: random.Random) -> None:
        """Kill a node at random, at once."""
        node = self._nodes.pop(chosen.randrange(len(self._nodes)))
        self._cluster.remove_node(node, allow_graceful=False)

    def stop(self) -> None:
        """End all processes."""
        self._cluster.shutdown()


@contextmanager
def nodes(count: int, cpus: int = 1) -> Iterator[Nodes]:
    """A cluster of a head and several nodes."""
    before = dict(os.environ)
    os.environ.update(VARIABLES)
    running = Nodes(cpus)
    try:
        for _ in range(count):
            running.add()
        yield running
    finally:
        running.stop()
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def killing(running: Nodes, every_s: float, seed: int, killed: list[float]) -> Iterator[None]:
    """Kill a node at random now and then, and add another."""
    stopped = threading.Event()
    chosen = random.Random(seed)

    def kill() -> None:
        while not stopped.wait(every_s * chosen.uniform(0.5, 1.5)):
            running.kill(chosen)
            killed.append(every_s)
            with suppress(Exception):
                running.add()

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(120)


def _started(start: Any) -> Any:
    for left in reversed(range(STARTS)):
        try:
            return start()
        except Exception:
            if not left:
                raise
    raise AssertionError
