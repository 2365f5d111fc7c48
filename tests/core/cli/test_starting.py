"""The first moments of the command: ``python -m ocrzoo``, and Ctrl-C while modules are imported."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

INTERRUPT_AT = """
import os, signal, sys, time

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
            try:
                time.sleep(0.01)
            except KeyboardInterrupt as error:  # some packages catch it, and raise an ImportError
                raise ImportError(name) from error

sys.meta_path.insert(0, Interrupt())
from ocrzoo.__main__ import main
sys.argv = ["ocrzoo", "models", "list"]
sys.exit(main())
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, encoding="utf-8", timeout=120, check=False
    )


def test_it_runs_as_a_module() -> None:
    ran = python("-m", "ocrzoo", "models", "list", "PP-OCRv5_mobile_det")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "PP-OCRv5_mobile_det" in ran.stdout


def test_it_runs_as_a_module_with_an_exit_code_and_the_name_of_the_command() -> None:
    ran = python("-m", "ocrzoo", "models", "show", "nothing")
    assert ran.returncode == 3
    assert ran.stderr.startswith("error: no model is called 'nothing'")
    assert python("-m", "ocrzoo", "--help").stdout.startswith("Usage: ocrzoo ")


@pytest.mark.parametrize("module", ["ocrzoo.cli", "click", "ocrzoo.cli.commands.models", "ocrzoo_registry.zoo"])
def test_an_interrupt_during_imports_ends_it_quietly(module: str) -> None:
    ran = python("-c", INTERRUPT_AT.format(module=module))
    assert (ran.returncode, ran.stdout, ran.stderr.strip()) == (128 + signal.SIGINT, "", "")


def test_an_ignored_interrupt_stays_ignored() -> None:
    ignored = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    ran = python("-c", ignored + INTERRUPT_AT.format(module="click"))
    assert ran.returncode == 0
    assert "PP-OCRv5_mobile_det" in ran.stdout
