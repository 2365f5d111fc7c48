"""What the C library keeps of freed memory."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc")

GROWING = """
import threading
import numpy as np
from ocrzoo.memory.process import limit_kept_memory, resident

limit_kept_memory(2)
before = resident()
small = []

def work():
    for megabytes in range(2, 30):  # pages, each larger than the last one, and what is kept of each
        page = np.ones(megabytes << 20, np.uint8)
        small.append(np.ones(100_000, np.uint8))
        del page

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print((resident() - before) >> 20)
"""


def kept_mib(**environment: str) -> int:
    """What a process has more after pages of many sizes, in MiB; 11 of it are its own."""
    names = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_ARENA_MAX", "GLIBC_TUNABLES")
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    command = [sys.executable, "-c", GROWING]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=True, env={**inherited, **environment}
    )
    return int(done.stdout)


def test_pages_of_many_sizes_leave_little_behind() -> None:
    assert kept_mib() < 25


def test_what_the_user_sets_is_left_as_it_is() -> None:
    assert kept_mib(MALLOC_ARENA_MAX="8") > 40
