"""The engine and the pipeline of the hooks' docstrings run networks, as they stand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.core.others.conftest import Install
from tests.registry.kit import SitePackages
from tests.registry.plugins.test_hookspecs import example

from ocrzoo import create_model, create_pipeline
from ocrzoo_registry.zoo import Zoo

LINE = np.full((48, 320, 3), 250, np.uint8)


@pytest.fixture
def zoo(install: Install, site: SitePackages, own_zoo: Callable[[], Zoo]) -> Zoo:
    """A zoo with the plugin of the tests, and the examples."""
    install()
    for hook in ("ocrzoo_engines", "ocrzoo_pipelines"):
        site.install(f"{hook}-example".replace("_", "-"), {f"{hook}_example": example(hook)})
    return own_zoo()


def test_the_example_engine_gives_the_answers_of_another(zoo: Zoo) -> None:
    """Its network runs on one thread, whatever is asked."""
    answers = [
        [one["rec_text"] for one in create_model("own_rec", engine=engine, zoo=zoo).predict([LINE])]
        for engine in ("one_thread", "onnxruntime")
    ]
    assert answers[0] == answers[1]
    assert len(answers[0]) == 1


def test_the_example_pipeline_reads(zoo: Zoo) -> None:
    pipeline = create_pipeline(config={"pipeline_name": "postcard", "model_name": "own_rec"}, zoo=zoo)
    (line,) = create_model("own_rec", zoo=zoo).predict([LINE])
    assert [one["address"] for one in pipeline.predict([LINE])] == [line["rec_text"]]
