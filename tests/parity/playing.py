"""Play cases on one of the two sides: build each pipeline once, give it the inputs, and keep what comes back.

It runs in PaddleX's environment too, so it imports neither of the two. A request is plain data::

    {"cases": {"name": {"pipeline": "off", "input": "{pages}/note.png", "predict": {}, "closely": false}},
     "pipelines": {"off": {"config": {...}}},
     "places": {"{pages}": "/tmp/pages", "{models}": "/tmp/models"}}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from observing import named, observe

Make = Callable[[Mapping[str, Any]], Any]
"""Arguments of ``create_pipeline`` -> a pipeline."""
MOST_RESULTS = 50
"""No case has more pages."""


def play(request: Mapping[str, Any], make: Make) -> dict[str, Any]:
    """Return the answer to every case of a request, by its name."""
    made: dict[str, Any] = {}
    answers: dict[str, Any] = {}
    words = {place: word for word, place in request["places"].items()}
    for name, case in request["cases"].items():
        which = case["pipeline"]
        if which not in made:
            made[which] = made_or_error(make, filled(request["pipelines"][which], request["places"]))
        answers[name] = answer_of(made[which], filled(case, request["places"]), words)
    return answers


def made_or_error(make: Make, arguments: Mapping[str, Any]) -> Any:
    """Return a pipeline, or the error that building it raised."""
    try:
        return make(arguments)
    except Exception as error:  # noqa: BLE001  # whatever either side raises is its answer
        return error


def answer_of(pipeline: Any, case: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """Return a case's results, and the error that ended it if one did."""
    if isinstance(pipeline, Exception):
        return {"results": [], "error": told(pipeline, words), "when": "create_pipeline"}
    results: list[dict[str, Any]] = []
    try:
        for result in pipeline.predict(input_of(case["input"]), **case["predict"]):
            results.append(observe(result, closely=case.get("closely", False), places=words))
            if len(results) == MOST_RESULTS:
                raise RuntimeError("no end of results")
    except Exception as error:  # noqa: BLE001  # whatever either side raises is its answer
        return {"results": results, "error": told(error, words), "when": "predict"}
    return {"results": results}


def told(error: Exception, words: Mapping[str, str]) -> str:
    """Return an error's class and the first line of what it says."""
    first = next(iter(str(error).strip().splitlines()), "")
    return str(named(f"{type(error).__name__}: {first}"[:300], words))


def filled(value: Any, places: Mapping[str, str]) -> Any:
    """Return data with folders in place of the words that stand for them."""
    if isinstance(value, dict):
        return {key: filled(item, places) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, places) for item in value]
    if isinstance(value, str):
        for word, place in places.items():
            value = value.replace(word, place)
    return value


def input_of(spec: Any) -> Any:
    """Return the input that a case names: ``{"array": file}``, ``{"path": file}``, a list, or the thing itself."""
    if isinstance(spec, dict):
        return np.load(spec["array"]) if "array" in spec else Path(spec["path"])
    return [input_of(item) for item in spec] if isinstance(spec, list) else spec
