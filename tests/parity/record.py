"""Record what PaddleX 3.7.2 reads on our pages: ``python tests/parity/record.py``.

PaddleX pins other versions than ours, so it runs in an environment of its own, made by uv for the occasion
(about 1.4 GB, thrown away afterwards) or named by ``--environment``; ``paddlex_worker.py`` is the half that
runs there. Weights come from ocrzoo, so both sides read with the same bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from answers import write_recordings

from ocrzoo_registry.download.request import DownloadRequest

HERE = Path(__file__).parent
PAGES = (HERE.parent / "data" / "pages", HERE.parents[1] / "docs" / "sample.png")
IMAGES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".webp"})
WORKER = HERE / "paddlex_worker.py"

REQUIREMENTS = ("paddlex[ocr-core]==3.7.2", "paddlepaddle==3.2.2", "onnxruntime")
"""What is installed; paddlepaddle 3.3.0 and 3.3.1 crash on a CPU with PaddleX's defaults."""

PYTHON = "3.11"
INSTALL_TIMEOUT_S = 1800
READ_TIMEOUT_S = 900
"""How long one model may take over all pages."""

Format = Literal["paddle", "onnx"]
FORMATS: Mapping[str, Format] = {"onnxruntime": "onnx", "paddle": "paddle"}
"""Engine -> format of the weights it reads."""
SUFFIXES: Mapping[Format, str] = {"onnx": "_onnx", "paddle": ""}
"""Format -> ending of a model folder's name, as in PaddleX's own cache."""

SETTINGS: Mapping[str, Any] = {
    "use_doc_preprocessor": False,
    "use_textline_orientation": False,
    "detection": {
        "limit_side_len": 64,
        "limit_type": "min",
        "max_side_limit": 4000,
        "thresh": 0.3,
        "box_thresh": 0.6,
        "unclip_ratio": 1.5,
    },
    "recognition": {"batch_size": 6, "score_thresh": 0.0},
}
"""The values of PaddleX's ``OCR.yaml``, with the two optional stages off."""


@dataclass(frozen=True)
class Run:
    """One recording: a pair of models of one name, on one engine."""

    model: str
    engine: str


RUNS = (
    Run("PP-OCRv4_mobile", "onnxruntime"),
    Run("PP-OCRv4_mobile", "paddle"),
    Run("PP-OCRv5_mobile", "onnxruntime"),
    Run("PP-OCRv6_small", "onnxruntime"),
    Run("PP-OCRv6_tiny", "onnxruntime"),
)


def model_folder(name: str, file_format: Format) -> Path:
    """Return the folder in which ocrzoo keeps a model, fetched if need be."""
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    return zoo.resolver.get(DownloadRequest(zoo.models.get(name), [file_format])).folder


def find_model(name: str, file_format: Format, models: Path | None) -> Path:
    """Return a model's folder: ocrzoo's, or the one below ``models`` where that is given.

    Raises:
        FileNotFoundError: ``models`` has no such folder, or one without ``inference.yml``.
    """
    if models is None:
        return model_folder(name, file_format)
    folder = models / f"{name}{SUFFIXES[file_format]}"
    if not (folder / "inference.yml").is_file():
        raise FileNotFoundError(f"{folder} holds no inference.yml")
    return folder


@contextmanager
def environment(given: Path | None, requirements: Sequence[str] = REQUIREMENTS) -> Iterator[Path]:
    """Give the Python of an environment that holds PaddleX; one made here is removed afterwards."""
    if given is not None:
        yield _python(given)
        return
    with TemporaryDirectory(prefix="paddlex-") as folder:
        place = Path(folder) / "environment"
        _run(["uv", "venv", "--python", PYTHON, str(place)], INSTALL_TIMEOUT_S)
        _run(["uv", "pip", "install", "--no-config", "--python", str(_python(place)), *requirements], INSTALL_TIMEOUT_S)
        yield _python(place)


def list_pages(places: Sequence[Path]) -> list[Path]:
    """Return the images in some folders, and the files named, by name.

    Raises:
        ValueError: Two pages have one name, which is all that a recording keeps of them.
    """
    pages = [page for place in places for page in (sorted(place.iterdir()) if place.is_dir() else [place])]
    images = [page.resolve() for page in pages if page.suffix.lower() in IMAGES]
    names = [page.name for page in images]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two pages are called {', '.join(twice)}")
    return sorted(images, key=lambda page: page.name)


def record(run: Run, pages: Sequence[Path], python: Path, models: Path | None) -> dict[str, Any]:
    """Return what PaddleX answers, in a recording's JSON form."""
    with TemporaryDirectory(prefix="parity-") as folder:
        output = Path(folder) / "answers.json"
        request = {
            "model": run.model,
            "engine": run.engine,
            "settings": SETTINGS,
            "output": str(output),
            "pages": [str(page) for page in pages],
            "detection": _model(f"{run.model}_det", run.engine, models),
            "recognition": _model(f"{run.model}_rec", run.engine, models),
        }
        # Its own cache: nothing of the user's is read or written, and no host is asked which models it has.
        environ = {"PADDLE_PDX_CACHE_HOME": folder, "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True"}
        # Isolated (-I): a PYTHONPATH of ours must not reach into its environment.
        command = [str(python), "-I", "-X", "utf8", str(WORKER)]
        _run(command, READ_TIMEOUT_S, text=json.dumps(request), environ=environ)
        answers: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    return answers


def merge(recordings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Put the models of one peer, engine and settings into one recording."""
    merged: dict[str, dict[str, Any]] = {}
    for recording in recordings:
        head = {key: value for key, value in recording.items() if key != "models"}
        same = merged.setdefault(json.dumps(head, sort_keys=True), {**head, "models": {}})
        same["models"].update(recording["models"])
    return list(merged.values())


def _model(name: str, engine: str, models: Path | None) -> dict[str, str]:
    return {"name": name, "folder": str(find_model(name, FORMATS[engine], models).resolve())}


def _python(place: Path) -> Path:
    return place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _run(
    command: Sequence[str],
    timeout_s: float,
    text: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> None:
    subprocess.run(
        command,
        input=text,
        text=True,
        encoding="utf-8",
        timeout=timeout_s,
        check=True,
        env={**os.environ, **(environ or {})},
    )


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description="Record what PaddleX 3.7.2 reads on our pages.")
    parser.add_argument("--pages", type=Path, nargs="+", default=PAGES, help="folders of images, or images")
    parser.add_argument("--output", type=Path, default=HERE / "answers.json")
    parser.add_argument("--environment", type=Path, metavar="DIR", help="a virtual environment with PaddleX in it")
    parser.add_argument("--models", type=Path, metavar="DIR", help="folder of model folders, instead of ocrzoo's")
    parser.add_argument("--model", help="only this one, e.g. PP-OCRv5_mobile")
    parser.add_argument("--engine", choices=sorted(FORMATS), help="only this one")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Record and write; return the exit status."""
    options = arguments(argv)
    runs = [run for run in RUNS if options.model in (None, run.model) and options.engine in (None, run.engine)]
    if not runs:
        print("nothing to record: no such model on such an engine", file=sys.stderr)
        return 2
    pages = list_pages(options.pages)
    with environment(options.environment) as python:
        recordings = merge([record(run, pages, python, options.models) for run in runs])
    write_recordings(options.output, recordings)
    for recording in recordings:
        for model, answers in recording["models"].items():
            lines = sum(len(page["lines"]) for page in answers.values())
            print(f"{recording['peer']}, {model}: {len(answers)} pages, {lines} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
