"""What a process may use of a machine, with the limits of a container."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ocrzoo.engines import limits
from ocrzoo.engines.base import EngineOptions

LIMITS = {
    "a container (version 2)": ({"cpu.max": "150000 100000", "memory.max": "1073741824"}, 1.5, 1 << 30),
    "a slice above": ({"cpu.max": "50000 100000", "a/cpu.max": "max 100000", "a/memory.max": "max"}, 0.5, None),
    "the strictest": ({"cpu.max": "400000 100000", "a/b/cpu.max": "200000 100000"}, 2.0, None),
    "version 1": (
        {
            "cpu/cpu.cfs_quota_us": "300000",
            "cpu/cpu.cfs_period_us": "100000",
            "memory/memory.limit_in_bytes": "524288000",
        },
        3.0,
        524288000,
    ),
    "version 1, unlimited": (
        {
            "cpu/cpu.cfs_quota_us": "-1",
            "cpu/cpu.cfs_period_us": "100000",
            "memory/memory.limit_in_bytes": "9223372036854771712",
        },
        None,
        None,
    ),
    "no cgroups": ({}, None, None),
}


@pytest.mark.parametrize("case", LIMITS)
def test_the_limits_of_a_container(tmp_path: Path, case: str) -> None:
    files, cores, memory = LIMITS[case]
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert (limits.cpu_limit(tmp_path, "a/b"), limits.memory_limit(tmp_path, "a/b")) == (cores, memory)


@pytest.mark.parametrize(("limit", "threads"), [(None, 8), (0.5, 1), (1.5, 2), (4.0, 4), (16.0, 8)])
def test_no_more_threads_are_used_than_can_run(
    monkeypatch: pytest.MonkeyPatch, limit: float | None, threads: int
) -> None:
    monkeypatch.setattr(limits, "cpu_limit", lambda: limit)
    monkeypatch.setattr(limits, "usable_cores", lambda: 8)
    assert EngineOptions().thread_count == threads
    assert EngineOptions(threads=12).thread_count == 12


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="needs affinity")
def test_the_cores_are_those_of_the_process() -> None:
    assert limits.usable_cores() == len(os.sched_getaffinity(0))
