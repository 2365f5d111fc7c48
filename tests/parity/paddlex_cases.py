"""Play cases with PaddleX: started with the Python of an environment that holds PaddleX, and nothing of ocrzoo.

It reads a request (see ``playing.py``) from standard input and writes the answers to the file that it names.
"""

from __future__ import annotations

import importlib
import json
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # an isolated Python does not look beside its script

from playing import play

ENGINES = {"onnxruntime": "onnxruntime", "paddle": "paddle_static"}
"""Our name of an engine -> PaddleX's."""
DISTRIBUTIONS = ("paddlex", "opencv-contrib-python", "numpy", "pyclipper", "pillow", "pypdfium2", "onnxruntime")
THREADS = 2


def make(arguments: Mapping[str, Any]) -> Any:
    """Build a pipeline on the engine that a request asks for, without oneDNN, on a few threads."""
    paddlex = importlib.import_module("paddlex")
    given = dict(arguments)
    engine = given.pop("engine", "onnxruntime")
    if engine == "paddle":
        given["engine_config"] = {"run_mode": "paddle", "cpu_threads": THREADS}
    pipeline = given.pop("pipeline", None)
    return paddlex.create_pipeline(pipeline, **{"device": "cpu", "engine": ENGINES[engine], **given})


def versions() -> dict[str, str]:
    """Return the versions of everything that decides an answer."""
    found = {"python": platform.python_version()}
    for name in (*DISTRIBUTIONS, "paddlepaddle"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def main() -> None:
    """Answer the request on standard input."""
    request = json.load(sys.stdin)
    answers = {"versions": versions(), "answers": play(request, make)}
    Path(request["output"]).write_text(json.dumps(answers, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
