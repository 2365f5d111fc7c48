"""A batch on a cluster, without one: cores and memory of each process that reads (tests/cluster has the rest)."""

from __future__ import annotations

from typing import Any

import pytest

from ocrzoo.batch.job import BatchJob
from ocrzoo.batch.on_ray import MEMORY, memory_of, threads_of


def node(cores: float | None, memory: float | None = None, *, alive: bool = True) -> dict[str, Any]:
    has = {"CPU": cores, "memory": memory}
    return {"Alive": alive, "Resources": {name: count for name, count in has.items() if count is not None}}


@pytest.mark.parametrize(
    ("settings", "nodes", "cores"),
    [
        ({}, [node(64.0), node(8.0)], 1),
        ({"threads": 4}, [node(8.0)], 4),
        ({"gpus": 1}, [node(64.0), node(8.0)], 4),
        ({"gpus": 1}, [node(8.0), node(2.0)], 2),
        ({"gpus": 0.5, "threads": 1}, [node(8.0)], 1),
        ({"gpus": 1}, [node(2.0, alive=False), node(None), node(0.0), node(16.0)], 4),
        ({"gpus": 1}, [node(None)], 4),
    ],
    ids=[
        "one",
        "as told",
        "beside a GPU",
        "small node",
        "GPU, as told",
        "nodes that read nothing",
        "nodes are still to come",
    ],
)
def test_cores_of_a_process(settings: dict[str, Any], nodes: list[dict[str, Any]], cores: int) -> None:
    assert threads_of(BatchJob("in", "out", **settings), nodes) == cores


@pytest.mark.parametrize(
    ("nodes", "reserved"),
    [
        ([node(8.0, 64e9), node(2.0, 5e8)], MEMORY),
        ([node(8.0, 5e8), node(2.0, 4e8)], 500_000_000),
        ([node(0.0, 64e9), node(None, 64e9), node(8.0, 64e9, alive=False), node(2.0, 5e8)], 500_000_000),
        ([node(8.0)], MEMORY),
        ([node(0.0, 5e8)], MEMORY),
    ],
    ids=["as usual", "small nodes alone", "nodes that read nothing", "unknown", "nodes are still to come"],
)
def test_memory_of_a_process(nodes: list[dict[str, Any]], reserved: int) -> None:
    assert memory_of(nodes) == reserved
