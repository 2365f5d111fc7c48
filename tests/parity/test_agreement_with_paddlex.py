"""On the pages of this repository ocrzoo reads what PaddleX 3.7.2 reads, with every engine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

# The parity tools are scripts that import each other by name; no package holds them.
sys.path.insert(0, str(Path(__file__).parent))

from agreement import Tolerance, compare_pages
from answers import Line, Pages, read_recordings, recording_from
from record import Run, record

from ocrzoo import create_pipeline
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.weights

RECORDINGS = read_recordings(Path(__file__).parent / "answers.json")
TOLERANCE = Tolerance(pixels=0, score=2e-4)
"""Boxes are equal on every instruction set that was tried; scores move by 0.000105 at most (docs/agreement.md)."""
ENGINES = {
    "PP-OCRv4_mobile": ("openvino", "onnxruntime", "paddle"),
    "PP-OCRv5_mobile": ("openvino", "onnxruntime"),
    "PP-OCRv6_small": ("openvino", "onnxruntime"),
    "PP-OCRv6_tiny": ("openvino", "onnxruntime"),
}
"""Models -> engines that read them; weights of the last three come as ONNX only."""


ON_PURPOSE = {"turned_sideways.png", "wide_line.png"}
"""Pages with a line that PaddleX loses: they are read with its quirks here, and tests/core without."""


@pytest.fixture(scope="module")
def paths(pages: dict[str, Path]) -> tuple[Path, ...]:
    return tuple(pages.values())


@cache
def read(zoo: Zoo, model: str, engine: str, paths: tuple[Path, ...]) -> Pages:
    """What ocrzoo reads."""
    alike = [path for path in paths if path.name not in ON_PURPOSE]
    others = [path for path in paths if path.name in ON_PURPOSE]
    return {**_read(zoo, model, engine, alike), **_read(zoo, model, engine, others, paddlex_quirks=True)}


def _read(zoo: Zoo, model: str, engine: str, paths: Sequence[Path], *, paddlex_quirks: bool = False) -> Pages:
    pipeline = create_pipeline(
        text_detection_model_name=f"{model}_det",
        text_recognition_model_name=f"{model}_rec",
        engine=engine,
        threads=2,
        precision="float32",
        batching="exact",
        paddlex_quirks=paddlex_quirks,
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
        zoo=zoo,
    )
    return {
        path.name: tuple(
            Line(tuple((int(x), int(y)) for x, y in quad), text, score)
            for quad, text, score in zip(result["rec_polys"], result["rec_texts"], result["rec_scores"], strict=True)
        )
        for path, result in zip(paths, pipeline.predict(paths), strict=True)
    }


def test_every_model_that_was_recorded_is_compared() -> None:
    assert {model for recording in RECORDINGS for model in recording.models} == set(ENGINES)


@pytest.mark.parametrize(("model", "engine"), [(model, engine) for model, names in ENGINES.items() for engine in names])
def test_reads_what_paddlex_reads(
    zoo: Zoo, paths: tuple[Path, ...], paddlex: Callable[[], Path], model: str, engine: str
) -> None:
    """As recorded; where that differs, as PaddleX reads on this machine, whose kernels may be others."""
    ours = read(zoo, model, engine, paths)
    for recording in RECORDINGS:
        if model in recording.models:
            theirs = recording.models[model]
            assert set(theirs) == {path.name for path in paths}
            if compare_pages(ours, theirs, TOLERANCE).differences:
                live = record(Run(model, recording.engine), paths, paddlex(), models=None)
                theirs = recording_from(live).models[model]
            agreement = compare_pages(ours, theirs, TOLERANCE)
            lines = sum(map(len, theirs.values()))
            assert [str(difference) for difference in agreement.differences] == [], recording.peer
            assert agreement.ours == agreement.theirs == agreement.boxes == agreement.texts == lines


def test_all_engines_agree_with_one_another(zoo: Zoo, paths: tuple[Path, ...]) -> None:
    first, *others = (read(zoo, "PP-OCRv4_mobile", engine, paths) for engine in ENGINES["PP-OCRv4_mobile"])
    for other in others:
        assert [str(difference) for difference in compare_pages(other, first, TOLERANCE).differences] == []
