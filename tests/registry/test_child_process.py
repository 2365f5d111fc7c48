"""A process for work that may hang: whatever it started ends with it."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ocrzoo_registry.child_process import child_process, finished, started

WAITS = [sys.executable, "-c", "import time; time.sleep(60)"]
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


def test_ctrl_c_while_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs already, and nothing has been told so: the moment between is made as long as it takes."""
    ran: list[subprocess.Popen[Any]] = []

    class Interrupted(subprocess.Popen[Any]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            ran.append(self)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)

    with pytest.raises(KeyboardInterrupt), started(WAITS):
        pytest.fail("it was interrupted before")

    assert [process.poll() for process in ran] == [-signal.SIGTERM]


def test_ctrl_c_while_the_thread_starts_that_starts_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody waits for that thread then, which starts the program all the same."""
    ran: list[subprocess.Popen[Any]] = []
    start = threading.Thread.start

    class Late(subprocess.Popen[Any]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            assert interrupted.wait(60)
            super().__init__(*arguments, **options)
            ran.append(self)

    def start_and_be_interrupted(thread: threading.Thread) -> None:
        start(thread)
        signal.raise_signal(signal.SIGINT)

    interrupted = threading.Event()
    monkeypatch.setattr(subprocess, "Popen", Late)
    monkeypatch.setattr(threading.Thread, "start", start_and_be_interrupted)
    with pytest.raises(KeyboardInterrupt), started(WAITS):
        pytest.fail("it was interrupted before")
    interrupted.set()

    end = time.monotonic() + 60
    while not ran or ran[0].poll() is None:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert ran[0].poll() == -signal.SIGTERM


def test_one_that_has_ended() -> None:
    with started([sys.executable, "-c", "raise SystemExit(3)"]) as process:
        assert process.wait(60) == 3
    assert process.returncode == 3


def test_status_and_output() -> None:
    program = "import sys; print(sys.stdin.read(), end='out'); sys.exit('err')"
    done = finished([sys.executable, "-c", program], 60)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (1, b"out", b"err")


def test_a_machine_without_a_temporary_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    assert finished([sys.executable, "-c", "print('out')"], 60).stdout.strip() == b"out"


def test_one_that_takes_too_long() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        finished(WAITS, 0.2)


def test_no_such_program(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), started([tmp_path / "none"]):
        pytest.fail("it cannot have started")
