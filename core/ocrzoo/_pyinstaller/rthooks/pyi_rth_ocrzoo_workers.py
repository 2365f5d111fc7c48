"""Runs before a program of PyInstaller: where ocrzoo started it again as a worker, it is that and ends."""

# pyright: reportAttributeAccessIssue=false
import runpy
import sys
from pathlib import Path

if sys.argv[1:2] == ["--ocrzoo-worker"]:
    del sys.argv[:2]  # what is left is what a script sees
    script = Path(sys.argv[0]).relative_to(sys._MEIPASS)  # type: ignore[attr-defined]  # noqa: SLF001
    if script.parts[0] == "ocrzoo":
        runpy.run_module(".".join(script.with_suffix("").parts), run_name="__main__")
    sys.exit(0)
