"""Time commands among 200 plugin distributions: ``python -m bench.plugins [--rounds N] [--count N]``.

The distributions are made up, each with one plugin, one card, a charset and a file in the place of weights; three of
them are broken. Each round is the installed command in its own process, including its start. Printed are seconds of
wall time and of CPU time (median, minimum, maximum).
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.registry.kit import SitePackages
from tests.registry.made_plugins import COUNT, install_many

COMMANDS = (
    ("models", "list"),
    ("models", "show", "PP-OCRv5_mobile_rec"),
    ("plugins", "list"),
    ("plugins", "audit"),
)


def main() -> None:
    """Run the rounds, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--count", type=int, default=COUNT)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        site = Path(folder, "site")
        install_many(SitePackages(site), arguments.count)
        home = {"OCRZOO_HOME": str(Path(folder, "home"))}
        print(f"load {os.getloadavg()[0]:.1f}; seconds of wall time, and of CPU time")
        for command in COMMANDS:
            with_all = {**home, "PYTHONPATH": str(site)}
            _show(f"{' '.join(command)}, without them", command, home, arguments.rounds)
            _show("  with them", command, with_all, arguments.rounds)
            _show("  two of them allowed", command, with_all | {"OCRZOO_PLUGINS": _TWO}, arguments.rounds)


_TWO = "ocrzoo-beach000,ocrzoo-beach001"


def _show(what: str, command: tuple[str, ...], variables: Mapping[str, str], rounds: int) -> None:
    taken = [_run(command, variables) for _ in range(rounds + 1)][1:]  # the first one compiles
    print(f"{what:<50} {_figures([wall for wall, _ in taken])}   {_figures([cpu for _, cpu in taken])}", flush=True)


def _figures(values: list[float]) -> str:
    return f"{statistics.median(values):6.2f} ({min(values):.2f} to {max(values):.2f})"


def _run(command: tuple[str, ...], variables: Mapping[str, str]) -> tuple[float, float]:
    """Run a command; returns its wall time and CPU time in seconds."""
    program = Path(sys.executable).with_name("ocrzoo")
    before, start = _cpu(), time.perf_counter()
    environ = {"PATH": os.environ["PATH"], **variables}
    subprocess.run([program, *command], env=environ, capture_output=True, timeout=120, check=True)
    return time.perf_counter() - start, _cpu() - before


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
