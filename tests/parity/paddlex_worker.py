"""Run PaddleX's own OCR pipeline over pages: the half of the recording that imports PaddleX.

``record.py`` starts this file with the Python of an environment that holds PaddleX, and nothing of ocrzoo.
It reads a request (JSON) from standard input and writes the answers (JSON) to the file the request names::

    {"model": "PP-OCRv4_mobile", "engine": "onnxruntime", "settings": {...}, "output": "answers.json",
     "detection": {"name": "PP-OCRv4_mobile_det", "folder": "..."},
     "recognition": {"name": "PP-OCRv4_mobile_rec", "folder": "..."},
     "pages": ["...png", "..."]}
"""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from paddlex import create_pipeline
from paddlex.inference.pipelines import load_pipeline_config

ENGINES = {"onnxruntime": "onnxruntime", "paddle": "paddle_static"}
"""Our name of an engine -> PaddleX's."""

RUNTIMES = {"onnxruntime": "onnxruntime", "paddle": "paddlepaddle"}
"""Our name of an engine -> the distribution it runs on."""

DISTRIBUTIONS = ("paddlex", "opencv-contrib-python", "numpy", "pyclipper")
"""What else decides an answer."""

SCORE_DECIMALS = 6


def configuration(request):
    """Return PaddleX's own ``OCR.yaml`` with the request's models and settings in it."""
    config = load_pipeline_config("OCR")
    settings = request["settings"]
    config["use_doc_preprocessor"] = settings["use_doc_preprocessor"]
    config["use_textline_orientation"] = settings["use_textline_orientation"]
    modules = config["SubModules"]
    for module, part in (("TextDetection", "detection"), ("TextRecognition", "recognition")):
        modules[module]["model_name"] = request[part]["name"]
        modules[module]["model_dir"] = request[part]["folder"]
        modules[module].update(settings[part])
    return config


def page_answer(pipeline, path):
    """Return one page's size and lines, in PaddleX's order."""
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    (result,) = pipeline.predict(path)
    lines = [
        {
            "poly": np.asarray(poly).astype(int).tolist(),
            "text": text,
            "score": round(float(score), SCORE_DECIMALS),
        }
        for poly, text, score in zip(
            result["rec_polys"], result["rec_texts"], result["rec_scores"], strict=True
        )
    ]
    return {"width": image.shape[1], "height": image.shape[0], "lines": lines}


def versions(engine):
    """Return the versions of everything that decides an answer."""
    found = {name: version(name) for name in (*DISTRIBUTIONS, RUNTIMES[engine])}
    return found | {"python": platform.python_version()}


def main():
    """Answer the request on standard input."""
    request = json.load(sys.stdin)
    engine = request["engine"]
    pipeline = create_pipeline(config=configuration(request), engine=ENGINES[engine], device="cpu")
    found = versions(engine)
    answers = {
        "peer": f"paddlex {found['paddlex']} engine={engine} {found[RUNTIMES[engine]]}",
        "engine": engine,
        "cv2": cv2.__version__,
        "versions": found,
        "settings": request["settings"],
        "models": {
            request["model"]: {Path(path).name: page_answer(pipeline, path) for path in request["pages"]}
        },
    }
    Path(request["output"]).write_text(json.dumps(answers, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
