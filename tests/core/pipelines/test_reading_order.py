"""Real weights on rendered pages: the text comes in the order in which a person reads it."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from bench.layouts import drawn, layout
from numpy.typing import NDArray

from ocrzoo import create_pipeline
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.weights


@pytest.fixture(scope="module")
def pipeline(zoo: Zoo) -> OCRPipeline:
    off: dict[str, Any] = dict.fromkeys(
        ("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"), False
    )
    made: OCRPipeline = create_pipeline(threads=2, zoo=zoo, **off)
    return made


def nearest(quad: NDArray[Any], middles: NDArray[np.float64]) -> int:
    """Return which of the drawn lines a quad is around."""
    return int(np.abs(middles - quad.mean(axis=0)).sum(axis=1).argmin())


@pytest.mark.parametrize(
    ("kind", "degrees"), [("two_columns", 2), ("figure_over_columns", -3), ("form", 3), ("invoice", -2), ("receipt", 4)]
)
def test_a_tilted_page(pipeline: OCRPipeline, kind: str, degrees: float) -> None:
    picture, middles = drawn(layout(kind, 3), degrees)
    (result,) = pipeline.predict(picture)
    read = [nearest(result["rec_polys"][index], middles) for index in result["reading_order"]]
    assert len(set(read)) > 0.9 * len(middles)
    assert read == sorted(read)
    assert result.text.splitlines() == [
        text for index in result["reading_order"] if (text := result["rec_texts"][index]).strip()
    ]


def test_the_arrays_are_in_paddlexs_order(pipeline: OCRPipeline) -> None:
    picture, _ = drawn(layout("two_columns", 3), 0)
    (result,) = pipeline.predict(picture)
    tops = [quad[:, 1].min() for quad in result["rec_polys"]]
    assert all(here < below + 10 for here, below in itertools.pairwise(tops))
    assert result["reading_order"] != sorted(result["reading_order"])
