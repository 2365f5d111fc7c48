"""Whether the engines can be imported, each in a process of its own: a broken one may crash or hang."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ocrzoo.cli.checks import Finding
from ocrzoo_registry.child_process import finished
from ocrzoo_registry.plugins.specs import EngineSpec
from ocrzoo_registry.zoo import Zoo

IMPORT_S = 60.0
"""Seconds that an engine may take to be imported; Paddle takes several on a cold disk."""

_PROGRAM = """
import importlib, os, sys
sys.modules["openvino_telemetry"] = None
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
module = importlib.import_module(sys.argv[1])
sys.stdout.buffer.write(f"\\nversion={getattr(module, '__version__', '')}\\n".encode())
"""


def engines(zoo: Zoo) -> Iterator[Finding]:
    """Import every installed engine."""
    ranked = sorted(zoo.engines, key=lambda spec: (spec.rank, spec.name))
    installed = [spec for spec in ranked if spec.installed]
    with ThreadPoolExecutor(max(len(installed), 1)) as pool:
        faults = list(pool.map(lambda spec: import_fault(spec.module), installed))
    for spec, (fault, number) in zip(installed, faults, strict=True):
        yield _finding(spec, fault, number)
    if not any(not fault for fault, _ in faults):
        yield Finding("error", "no engine can be used", f'pip install "{ranked[0].install}"' if ranked else "")
    for spec in ranked:
        if not spec.installed:
            data = {"engine": spec.name, "installed": False}
            yield Finding("ok", f"{spec.name} is not installed", f'if you want it: pip install "{spec.install}"', data)


def _finding(spec: EngineSpec, fault: str, number: str) -> Finding:
    data = {"engine": spec.name, "installed": True, "version": number, "fault": fault}
    if not fault:
        return Finding("ok", f"{spec.name} {number} can be imported", data=data)
    step = f'pip install --force-reinstall "{spec.install}", or choose another with --engine'
    return Finding("error", f"{spec.name} is installed, and {fault}", step, data)


def import_fault(module: str) -> tuple[str, str]:
    """Return why a module cannot be imported, empty if it can, and its version."""
    if getattr(sys, "frozen", False):  # there is no interpreter beside a frozen program
        return "", ""
    command = [sys.executable, "-P", "-c", _PROGRAM, module]
    try:
        done = finished(command, IMPORT_S)
    except subprocess.TimeoutExpired:
        return f"its import does not end within {IMPORT_S:g} s", ""
    except OSError as error:
        return f"{sys.executable} could not be started: {error}", ""
    lines = done.stdout.decode(errors="replace").splitlines()
    number = next((line.removeprefix("version=") for line in reversed(lines) if line.startswith("version=")), "")
    return _fault(done.returncode, done.stderr.decode(errors="replace").splitlines()), number.partition("-")[0]


def _fault(code: int, complaints: Sequence[str]) -> str:
    if code == 0:
        return ""
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        why = ": the CPU lacks an instruction that it uses" if name == "SIGILL" else ""
        return f"its import crashes with {name}{why}"
    last = next((line for line in reversed(complaints) if line.strip()), f"exit code {code}")
    return f"its import fails: {last.strip()[:300]}"
