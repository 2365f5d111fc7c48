"""The models of this process, each loaded once whatever the number of pages and threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from ocrmypdf import OcrOptions
from ocrmypdf.exceptions import ExitCode, ExitCodeException

from ocrzoo import Model, OCRPipeline, OcrzooError, create_model, create_pipeline

Loaded = TypeVar("Loaded")

_loaded: dict[Hashable, Any] = {}
_lock = threading.Lock()


class ReadingFailed(ExitCodeException):
    """A page could not be read."""

    exit_code = ExitCode.other_error


def pipeline(options: OcrOptions) -> OCRPipeline:
    """Return the pipeline for the languages, or for the models named.

    OCRmyPDF turns pages itself, and its pages are flat, so the stages for that are off.

    Raises:
        OcrzooError: No model reads a language, or a model does not exist.
    """
    named = options.ocrzoo
    chosen: dict[str, Any] = {"lang": tuple(options.languages)}
    if named.recognition_model:
        chosen = {"text_recognition_model_name": named.recognition_model}
    if named.detection_model:
        chosen["text_detection_model_name"] = named.detection_model
    return _once(
        ("pipeline", *chosen.items()),
        lambda: create_pipeline(
            "OCR",
            use_doc_orientation_classify=False,
            use_doc_unwarping=False,
            use_textline_orientation=False,
            threads=_threads(options),
            **chosen,
        ),
    )


def detector(options: OcrOptions) -> Model:
    """Return the detection model alone, which knows how lines slope."""
    name = options.ocrzoo.detection_model or pipeline(options).config.SubModules.TextDetection.model_name
    return _once(("model", name), lambda: create_model(name, threads=_threads(options)))


def classifier(options: OcrOptions) -> Model:
    """Return the model that tells how pages are turned."""
    name = options.ocrzoo.orientation_model
    return _once(("model", name), lambda: create_model(name, threads=_threads(options)))


@contextmanager
def one_line_errors(error: type[ExitCodeException]) -> Iterator[None]:
    """Raise what ocrzoo reports as an error of OCRmyPDF, which prints it without a traceback."""
    try:
        yield
    except OcrzooError as found:
        raise error(f"ocrzoo: {found}") from found


def _once(key: Hashable, load: Callable[[], Loaded]) -> Loaded:
    """Return what was loaded in this process; a forked one has none of its parent's threads, and loads again."""
    with _lock:
        here = (os.getpid(), key)
        if here not in _loaded:
            _loaded[here] = load()
        found: Loaded = _loaded[here]
        return found


def _threads(options: OcrOptions) -> int:
    """Threads a page: worker threads share the pipeline, which divides the cores itself; processes cannot."""
    if options.use_threads:
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(cores // (options.jobs or cores), 1)
