"""What a process does with pages in work when it is interrupted or ends: it ends, soon and without a fault."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap

import pytest

BOUND_S = 60.0
"""Seconds until a process counts as hanging; each needs two or three, for starting."""

START = """
import sys, threading, time
from ocrzoo.inputs import Page
from ocrzoo.pipelines.executor import run_pages
from ocrzoo.scheduling.slots import CORES
import numpy as np

def read(source, image):
    for _ in range(10_000):  # as a page with so many calls of a network
        with CORES.taken(2):
            time.sleep(0.01)

def found():
    for number in range(1000):
        yield Page(f"{number}.png", lambda: np.zeros((9, 9, 3), np.uint8))

def say(text):
    print(text, flush=True)

def working():
    return [one for one in threading.enumerate() if one.name == "ocrzoo-pages"]

def say_when_working():
    while not working():
        time.sleep(0.01)
    time.sleep(0.1)
    say("working")
"""


def process(script: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", START + textwrap.dedent(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def line(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline().strip()


@pytest.mark.skipif(sys.platform == "win32", reason="another process cannot be sent Ctrl-C alone")
class TestInterrupted:
    def test_ctrl_c_ends_pages_in_work(self) -> None:
        running = process(
            """
            try:
                threading.Thread(target=say_when_working).start()
                next(run_pages(found(), [read, read], None))
            except KeyboardInterrupt:
                end = time.monotonic() + 1.5
                while working() and time.monotonic() < end:
                    time.sleep(0.01)
                say(working())
            """
        )
        assert line(running) == "working"
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=BOUND_S)
        assert (running.returncode, out.strip(), err) == (0, "[]", "")

    def test_ctrl_c_ends_the_command_while_it_waits_for_standard_input(self) -> None:
        running = process(
            """
            from ocrzoo import create_pipeline
            threading.Thread(target=say_when_working).start()
            try:
                next(create_pipeline().predict("-"))
            except KeyboardInterrupt:
                sys.exit(130)
            """
        )
        assert line(running) == "working"
        running.send_signal(signal.SIGINT)
        running.wait(BOUND_S)  # standard input stays open until then
        _, err = running.communicate(timeout=BOUND_S)
        assert (running.returncode, err) == (130, "")


def test_a_program_ends_with_pages_in_work() -> None:
    running = process(
        """
        def wait():
            try:
                next(run_pages(found(), [read, read], None))
            except BaseException:
                pass

        threading.Thread(target=wait, daemon=True).start()
        say_when_working()
        """
    )
    out, err = running.communicate(timeout=BOUND_S)
    assert (running.returncode, out, err) == (0, "working\n", "")


def test_a_program_ends_with_a_source_that_blocks() -> None:
    running = process(
        """
        def blocks():
            yield next(found())
            threading.Event().wait()

        results = run_pages(blocks(), [lambda source, image: 1], None)
        say(next(results))
        """
    )
    out, err = running.communicate(timeout=BOUND_S)
    assert (running.returncode, out, err) == (0, "1\n", "")
