"""Play cases with ocrzoo, in this process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playing import play

from ocrzoo import create_pipeline
from ocrzoo_registry.zoo import Zoo

THREADS = 2


def play_with_ocrzoo(request: Mapping[str, Any], zoo: Zoo, *, paddlex_quirks: bool) -> dict[str, Any]:
    """Return ocrzoo's answers to a request (see :mod:`playing`), with PaddleX's quirks or without."""

    def make(arguments: Mapping[str, Any]) -> Any:
        given = dict(arguments)
        pipeline = given.pop("pipeline", None)
        engine = given.pop("engine", "onnxruntime")
        return create_pipeline(
            pipeline,
            engine=engine,
            threads=THREADS,
            precision="float32",
            paddlex_quirks=paddlex_quirks,
            zoo=zoo,
            **given,
        )

    return play(request, make)
