"""One program under comparison, in a process of its own: reads all pages once for each line on standard input.

It runs in PaddleX's environment as well as in ocrzoo's, and so imports neither at the top. The job (JSON) is the
first line; for it and for each further line, an answer (JSON) comes on standard output.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

Job = dict[str, Any]
Read = Callable[[Iterable[str]], Iterable[Any]]
engine_s = 0.0
"""Seconds in the engine so far."""


def main() -> None:
    """Make the pipeline, read the first page, and then as often as asked."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # whatever libraries print
    job = json.loads(sys.stdin.readline())
    read = MAKERS[job["program"]](job)
    lines = sum(len(result["rec_texts"]) for result in read(job["pages"][:1]))
    print(json.dumps({"lines": lines}), file=answers, flush=True)
    for _ in sys.stdin:
        print(json.dumps(measure(read, job["pages"])), file=answers, flush=True)


def measure(read: Read, pages: list[str]) -> dict[str, float]:
    """Read all pages once."""
    before, start = engine_s, time.perf_counter()
    lines = sum(len(result["rec_texts"]) for result in read(pages))
    return {
        "ms": 1000 * (time.perf_counter() - start) / len(pages),
        "engine_ms": 1000 * (engine_s - before) / len(pages),
        "lines": lines,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def timed(run: Callable[..., Any]) -> Callable[..., Any]:
    """Count what a function takes as the engine's time."""

    def wrapper(*arguments: Any, **named: Any) -> Any:
        global engine_s  # noqa: PLW0603  # one clock for all sessions
        start = time.perf_counter()
        try:
            return run(*arguments, **named)
        finally:
            engine_s += time.perf_counter() - start

    return wrapper


def make_ocrzoo(job: Job) -> Read:
    """Make our pipeline."""
    from ocrzoo import create_pipeline, model_loader

    model_loader.GuardedSession.run = timed(model_loader.GuardedSession.run)  # type: ignore[method-assign]
    engine, _, precision = job["engine"].partition(":")
    pipeline = create_pipeline(
        config=job["config"], engine=engine, threads=job["threads"], precision=precision or "fp32"
    )
    return lambda pages: pipeline.predict(list(pages))


def make_paddlex(job: Job) -> Read:
    """Make PaddleX's pipeline."""
    from paddlex import create_pipeline  # type: ignore[import-not-found]

    if job["engine"] == "onnxruntime":
        import onnxruntime

        onnxruntime.InferenceSession.run = timed(onnxruntime.InferenceSession.run)
        running = {"engine": "onnxruntime", "engine_config": {"intra_op_num_threads": job["threads"]}}
    else:
        from paddle.inference import Predictor

        Predictor.run = timed(Predictor.run)
        running = {"engine": "paddle_static", "engine_config": {"cpu_threads": job["threads"]}}
    pipeline = create_pipeline(config=job["config"], device="cpu", **running)
    return lambda pages: pipeline.predict(list(pages))


def make_rapidocr(job: Job) -> Read:
    """Make RapidOCR's pipeline with the same networks and settings; its own are kept for all else."""
    import tempfile
    from pathlib import Path

    import yaml
    from rapidocr import EngineType, RapidOCR  # type: ignore[import-not-found]
    from rapidocr.inference_engine import onnxruntime, openvino  # type: ignore[import-not-found]

    for session in (onnxruntime.OrtInferSession, openvino.OpenVINOInferSession):
        session.__call__ = timed(session.__call__)
    found, read = (job["config"]["SubModules"][module] for module in ("TextDetection", "TextRecognition"))
    about = yaml.safe_load(Path(read["model_dir"], "inference.yml").read_text("utf-8"))
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False, encoding="utf-8") as keys:
        keys.write("\n".join(map(str, about["PostProcess"]["character_dict"])))
    ocr = RapidOCR(
        params={
            "Global.use_cls": False,
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": job["threads"],
            "EngineConfig.openvino.inference_num_threads": job["threads"],
            "Det.engine_type": EngineType(job["engine"]),
            "Rec.engine_type": EngineType(job["engine"]),
            "Det.model_path": str(Path(found["model_dir"], "inference.onnx")),
            "Det.limit_side_len": found["limit_side_len"],
            "Det.limit_type": found["limit_type"],
            "Det.thresh": found["thresh"],
            "Det.box_thresh": found["box_thresh"],
            "Det.unclip_ratio": found["unclip_ratio"],
            "Det.mean": [0.485, 0.456, 0.406],
            "Det.std": [0.229, 0.224, 0.225],
            "Rec.model_path": str(Path(read["model_dir"], "inference.onnx")),
            "Rec.rec_keys_path": keys.name,
            "Rec.rec_batch_num": read["batch_size"],
        }
    )
    return lambda pages: ({"rec_texts": ocr(page).txts or ()} for page in pages)


MAKERS = {"ocrzoo": make_ocrzoo, "paddlex": make_paddlex, "rapidocr": make_rapidocr}

if __name__ == "__main__":
    main()
