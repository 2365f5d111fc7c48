"""A batch on a cluster, without one: how many cores each process that reads has (tests/cluster has the rest)."""

from __future__ import annotations

from typing import Any

import pytest

from ocrzoo.batch.job import BatchJob
from ocrzoo.batch.on_ray import threads_of


def node(cores: float | None, *, alive: bool = True) -> dict[str, Any]:
    return {"Alive": alive, "Resources": {} if cores is None else {"CPU": cores}}


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
