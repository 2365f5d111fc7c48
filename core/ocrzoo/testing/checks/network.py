"""Checks of the network: that engines load it, what it takes, and what it computes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from ocrzoo.testing.comparing import SCORE, is_finite
from ocrzoo.testing.findings import Finding
from ocrzoo.testing.sessions import Recorder
from ocrzoo.testing.subjects import ModelSubject
from ocrzoo_registry.errors import EngineError, IntegrityError, OcrzooError
from ocrzoo_registry.plugins.registrations import OFFICIAL

_SEE = "docs/networks.md has what each task needs"
_FREE_AXES = {"text_recognition": (0, 3), "text_detection": (0, 2, 3), "image_unwarping": (0, 2, 3)}
"""The axes of the input that are best left open, by task; the batch of all others."""
_AXES = ("batch", "channels", "height", "width")


def load(subject: ModelSubject) -> Iterator[Finding]:
    """Engines that do not load it, and sizes that the network fixes."""
    said: dict[str, tuple[OcrzooError, list[str]]] = {}
    for where, error in subject.loaded.failed:
        said.setdefault(str(error), (error, []))[1].append(where)
    for message, (error, places) in said.items():
        step = _next_step(subject, error) if subject.is_third_party else "try another engine"
        yield Finding("error", message, "; ".join(filter(None, places)), step)
    if subject.loaded.ways and _has_official_predictor(subject):
        yield from _fixed_sizes(subject)  # others take what their network needs


def _has_official_predictor(subject: ModelSubject) -> bool:
    return subject.zoo.predictors.origin(subject.card.inference.predictor).distribution == OFFICIAL


def _next_step(subject: ModelSubject, error: OcrzooError) -> str:
    """The command that tries what else a refused network may mean, where it knows the task."""
    is_known = subject.card.task in {"text_recognition", "text_detection"} and _has_official_predictor(subject)
    if not is_known or not isinstance(error, IntegrityError):
        return _SEE
    return f"find the cause with 'ocrzoo models doctor {shlex.quote(str(subject.folder or subject.name))}'"


def _fixed_sizes(subject: ModelSubject) -> Iterator[Finding]:
    inputs = subject.first.session.inputs
    shape = inputs[0].shape if inputs else None
    if shape is None or len(shape) != len(_AXES):
        return
    free = _FREE_AXES.get(subject.card.task, (0,))
    fixed = [f"{_AXES[axis]} {shape[axis]}" for axis in free if shape[axis] is not None]
    if fixed:
        step = "export it with dynamic axes: docs/networks.md has the call"
        yield Finding("warning", f"the network takes only {', '.join(fixed)}", f"input {inputs[0].name}", step)
    stated = [op["RecResizeImg"] for op in subject.card.inference.preprocess if "RecResizeImg" in op]
    if subject.card.task == "text_recognition" and shape[2] not in {None, 48} and not stated:
        step = f"write preprocess: [{{RecResizeImg: {{image_shape: [3, {shape[2]}, 320]}}}}] into the card"
        yield Finding("warning", f"the network takes lines of height {shape[2]}", "inference.preprocess", step)


def output(subject: ModelSubject) -> Iterator[Finding]:
    """A first answer that is an error or not finite, and a network of another type of numbers."""
    answer = subject.answer
    if isinstance(answer, OcrzooError):
        yield Finding("error", str(answer), "output", _next_step(subject, answer))
        return
    if not is_finite(answer):
        yield Finding(
            "error", "the answer has numbers that are not finite (NaN)", "output", "look for them in training"
        )
    outputs = subject.first.session.outputs
    kind = outputs[0].dtype if outputs else None
    if kind is not None and kind.endswith(("float64", "f64", "double")):
        step = "export it in float32: half the memory, and most engines compute faster"
        yield Finding("warning", f"the network outputs {kind} numbers", f"output {outputs[0].name}", step)


def engines(subject: ModelSubject) -> Iterator[Finding]:
    """Engines or formats that compute something else than the first one, from the same input."""
    first, *others = subject.loaded.ways
    recorder = Recorder(first.session)
    try:
        subject.plan.make(first.candidate, recorder).predict(list(subject.pictures[:2]))
    except OcrzooError as error:
        yield Finding("error", str(error), "two pictures together", _SEE)
        return
    if others and not recorder.calls:
        message = "its predictor runs several networks, or one by the names of its inputs, which is not compared"
        yield Finding("skipped", message, "", "compare what the engines read: 'ocrzoo ocr --engine'")
        return
    for other in others:
        where = str(other)
        try:
            most = max((_distance(other.session.run(batch), due) for batch, due in recorder.calls), default=0.0)
        except EngineError as error:
            yield Finding("error", str(error), where, "an engine loads what it cannot run: report it to its makers")
        except OcrzooError as error:
            yield Finding("error", str(error), where, _SEE)
        else:
            if most > SCORE:
                step = "export again, or publish only the format that was evaluated"
                yield Finding("error", f"its outputs differ from those of {first} by up to {most:.2g}", where, step)


def _distance(found: Any, due: Any) -> float:
    """The largest difference of two outputs, by the size of what is due where that is above 1."""
    import numpy as np

    if found.shape != due.shape:
        return float("inf")
    with np.errstate(invalid="ignore"):
        distance = np.abs(found - due) / np.maximum(1, np.abs(due))
    return float(np.nan_to_num(distance, nan=np.inf).max(initial=0))
