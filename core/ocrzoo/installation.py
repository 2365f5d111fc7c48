"""What is installed beside ocrzoo and clashes with it: distributions that overwrite each other, and OpenCV's state.

Only metadata is read, so that a running pipeline may ask too; :func:`opencv_problems` can also import ``cv2``.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Literal

from ocrzoo_registry.errors import EngineError

TESTED_OPENCV = "4.10.0"
"""The version of OpenCV that PaddleX requires, and that results are compared with (``docs/agreement.md``)."""

CHANGED_LINES = {"4.10": 0, "4.11": 0, "4.12": 0, "4.13": 2, "4.14": 0, "5.0": 13}
"""Lines of 799 whose box or text is another one with this version of OpenCV (``docs/agreement.md``)."""

SAME_MODULE: dict[str, tuple[str, ...]] = {
    "cv2": (
        "opencv-python-headless",
        "opencv-python",
        "opencv-contrib-python-headless",
        "opencv-contrib-python",
        "opencv-python-headless-rolling",
        "opencv-python-rolling",
        "opencv-contrib-python-headless-rolling",
        "opencv-contrib-python-rolling",
    ),
    "onnxruntime": (
        "onnxruntime",
        "onnxruntime-gpu",
        "onnxruntime-directml",
        "onnxruntime-openvino",
        "onnxruntime-qnn",
        "onnxruntime-rocm",
        "onnxruntime-silicon",
        "onnxruntime-training",
    ),
    "openvino": ("openvino", "openvino-nightly"),
    "paddle": ("paddlepaddle", "paddlepaddle-gpu", "paddlepaddle-xpu"),
    "PIL": ("pillow", "pillow-simd"),
}
"""Distributions that install the same module: of two of them, the files of the one installed last are used."""


@dataclass(frozen=True)
class Problem:
    """Something wrong with what is installed."""

    level: Literal["warning", "error"]
    message: str
    next_step: str


def providers(module: str) -> dict[str, str]:
    """Return the installed distributions that provide a module of :data:`SAME_MODULE`, with their versions."""
    found = {}
    for name in SAME_MODULE[module]:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def conflict(module: str) -> Problem | None:
    """Return the problem that several distributions provide a module, if they do."""
    found = providers(module)
    if len(found) < 2:
        return None
    named = " and ".join(f"{name} {number}" for name, number in found.items())
    keep = next(iter(found))
    return Problem(
        "warning" if len(set(found.values())) == 1 else "error",
        f"{named} both install the module {module}, over each other",
        f"pip uninstall -y {' '.join(found)}; pip install {keep}=={found[keep]}",
    )


def opencv_problems(*, loaded: bool = True) -> list[Problem]:
    """Return what is wrong with OpenCV: two distributions of it, a broken module, or a version that is not tested.

    ``loaded=False`` reads metadata only, and does not import ``cv2``.
    """
    problems = [one] if (one := conflict("cv2")) else []
    number = next(iter(providers("cv2").values()), "")
    if loaded:
        try:
            import cv2

            number = str(cv2.__version__)
            _ = cv2.imdecode  # a namespace without content stays where one of two distributions was uninstalled
        except (ImportError, AttributeError) as error:
            variants = " ".join(providers("cv2"))
            again = f"pip uninstall -y {variants}; " if variants else ""
            step = f"{again}pip install opencv-python-headless=={TESTED_OPENCV}.*"
            return [*problems, Problem("error", f"the module cv2 is broken: {_first_line(error)}", step)]
    if number and (differs := _difference(number)):
        step = f"for PaddleX's results: pip install opencv-python-headless=={TESTED_OPENCV}.*"
        problems.append(Problem("warning", f"OpenCV {number}: {differs}", step))
    return problems


@cache
def require_opencv() -> None:
    """Log once what is wrong with OpenCV; ``cv2`` is looked for, and not imported.

    Called when a package that uses it is imported.

    Raises:
        EngineError: ``cv2`` is missing, or a folder that is left of an uninstalled distribution.
    """
    found = find_spec("cv2")
    if found is None or found.origin is None:
        broken = next(problem for problem in opencv_problems() if "cv2 is broken" in problem.message)
        raise EngineError(f"{broken.message}; {broken.next_step}")
    for problem in opencv_problems(loaded=False):
        logging.getLogger(__name__).warning("%s; %s", problem.message, problem.next_step)


def _difference(number: str) -> str:
    """What a version of OpenCV does to results; empty if nothing."""
    changed = CHANGED_LINES.get(".".join(number.split(".")[:2]))
    if changed is None:
        return "results may differ from PaddleX's, because this version is not tested"
    return f"{changed} of 799 tested lines differ from PaddleX's" if changed else ""


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
