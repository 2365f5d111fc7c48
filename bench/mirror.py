"""Time ``ocrzoo mirror build --all``: ``python -m bench.mirror [--rounds N] [--bytes N]``.

All official models, with synthetic weights, come from one local server in the role of the hubs. Each build is the
installed command in its own process, including its start. Printed are seconds (median, minimum, maximum).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.hubs.all_models import all_models, made_up
from tests.hubs.server import Hubs

from ocrzoo_registry.settings import Settings

CHANGED = "UVDoc"


def main() -> None:
    """Run the rounds, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--bytes", type=int, default=3000, help="in each file of weights")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder, Hubs(all_models(Settings(home=Path(folder)), arguments.bytes)) as hubs:
        bench = _Bench(Path(folder), hubs)
        names = len({name.removesuffix("_onnx") for name in hubs.models})
        print(f"{names} models, {len(hubs.models)} repositories, load {os.getloadavg()[0]:.1f}")
        bench.show("first build", arguments.rounds, lambda number: ("build", f"new{number}", "--all"))
        bench.run("build", "mirror", "--all")
        hubs.clear()
        bench.show("up to date", arguments.rounds, lambda _: ("build", "mirror", "--all"))
        print(f"  requests a build: {len(hubs.requests) / arguments.rounds:.0f}, files: {len(hubs.asked('file'))}")

        def change(number: int) -> tuple[str, ...]:
            hubs.models[CHANGED] = made_up(CHANGED, "paddle", f"state {number}", arguments.bytes)
            return "build", "mirror", "--all"

        bench.show("one model changed", arguments.rounds, change)
        bench.show("offline, up to date", arguments.rounds, lambda _: ("build", "mirror", "--all"), OCRZOO_OFFLINE="1")
        bench.show("verify", arguments.rounds, lambda _: ("verify", "mirror"))
        bench.show("verify --deep", arguments.rounds, lambda _: ("verify", "mirror", "--deep"))


class _Bench:
    def __init__(self, folder: Path, hubs: Hubs) -> None:
        self.folder = folder
        self.variables = {
            "PATH": os.environ["PATH"],
            **hubs.environment(),
            "OCRZOO_HOME": str(folder / "home"),
            "HF_HOME": str(folder / "no token"),
            "PADDLE_PDX_MODEL_SOURCE": "huggingface,aistudio,modelscope,bos",
        }

    def run(self, *arguments: str, **variables: str) -> float:
        """Run the command; gives seconds."""
        command = [str(Path(sys.executable).with_name("ocrzoo")), "mirror", *arguments]
        start = time.perf_counter()
        done = subprocess.run(
            command, env=self.variables | variables, cwd=self.folder, capture_output=True, text=True, check=False
        )
        took = time.perf_counter() - start
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}")
        return took

    def show(self, what: str, rounds: int, arguments: Callable[[int], tuple[str, ...]], **variables: str) -> None:
        times = [self.run(*arguments(number), **variables) for number in range(rounds)]
        print(f"{what:22} {statistics.median(times):6.2f} s  ({min(times):.2f} to {max(times):.2f})")


if __name__ == "__main__":
    main()
