"""The rooms that cases are played in: folders of inputs, models and configurations, and a server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import yaml
from case_inputs import make_inputs
from case_pipelines import OFF, PIPELINES, ocr, preprocessor
from cases import Case
from playing import filled

from ocrzoo_registry.download.request import DownloadRequest

REAL = (
    ("PP-OCRv4_mobile_det", "onnx"),
    ("PP-OCRv4_mobile_rec", "onnx"),
    ("PP-OCRv4_mobile_det", "paddle"),
    ("PP-OCRv4_mobile_rec", "paddle"),
    ("PP-OCRv5_mobile_det", "onnx"),
    ("PP-OCRv5_mobile_rec", "onnx"),
)
"""Models with weights of their own, and the formats they are used in."""


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and logs nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def places(folder: Path, models: Path, cache: Path) -> Iterator[dict[str, str]]:
    """Give the words that stand for folders in cases and answers, with everything in place.

    ``models`` holds the models' folders; ``cache`` is where PaddleX keeps what it downloads.
    """
    make_inputs(folder / "pages")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder / "pages")))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        found = {
            "{pages}": str(folder / "pages"),
            "{models}": str(models),
            "{files}": str(folder / "files"),
            "{cache}": str(cache),
            "{url}": f"http://127.0.0.1:{server.server_port}",
        }
        write_configurations(folder / "files", found)
        yield found
    finally:
        server.shutdown()
        server.server_close()


def write_configurations(folder: Path, found: Mapping[str, str]) -> None:
    """Write the configurations that pipelines are built from as files."""
    folder.mkdir(parents=True, exist_ok=True)
    as_text = ocr(OFF)
    as_text["SubModules"]["TextDetection"].update(limit_side_len="320", thresh="0.35")
    as_text["use_doc_preprocessor"] = "False"
    files = {"OCR.yaml": ocr(OFF), "numbers_as_text.yml": as_text, "doc_preprocessor.yaml": preprocessor()}
    for name, config in files.items():
        (folder / name).write_text(yaml.safe_dump(filled(config, found), sort_keys=False), encoding="utf-8")
    (folder / "broken.yaml").write_text("pipeline_name: [OCR\n", encoding="utf-8")


def gather_models(folder: Path, stand_ins: Mapping[str, Path], zoo: Any) -> Path:
    """Put links to all models that the cases use into one folder."""
    folder.mkdir(parents=True, exist_ok=True)
    found = dict(stand_ins)
    for name, file_format in REAL:
        resolved = zoo.resolver.get(DownloadRequest(zoo.models.get(name), [file_format])).folder
        found[name + ("_onnx" if file_format == "onnx" else "")] = resolved
    for name, place in found.items():
        if not (folder / name).exists():
            (folder / name).symlink_to(place.resolve(), target_is_directory=True)
    return folder


def request(chosen: Sequence[Case], found: Mapping[str, str]) -> dict[str, Any]:
    """Return cases as the plain data that ``playing`` takes."""
    kept = {case.name: {key: value for key, value in asdict(case).items() if key != "row"} for case in chosen}
    made: dict[str, Any] = json.loads(json.dumps({"cases": kept, "pipelines": PIPELINES, "places": found}))
    return made
