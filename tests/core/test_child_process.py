"""A process for work that may hang: whatever it started ends with it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ocrzoo.child_process import child_process

LEAVES_A_CHILD = """
import os, time
if not os.fork():
    time.sleep(15)
    print("outlived it", flush=True)
    os._exit(0)
print("started", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_child_that_holds_the_output_is_ended_too(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(LEAVES_A_CHILD)

    with child_process(script, "", "a test") as (_, lines):
        assert lines.get(timeout=60) == "started\n"

    assert lines.get(timeout=60) is None
