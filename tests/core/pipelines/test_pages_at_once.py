"""Pages that overlap: the same answers and calls of networks as one by one, in order, each with its own errors."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
import time
import weakref
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.core.stand_ins import Array, StandIn, StandInLoader, read_ab, see_ink, stand_in_config

from ocrzoo.inputs import Page
from ocrzoo.pipelines.executor import run_pages
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo.predictors.detection import TextDetector
from ocrzoo.predictors.recognition import TextRecognizer
from ocrzoo.results.output_files import PageSource
from ocrzoo.scheduling import PAGES_AT_ONCE
from ocrzoo.types import Batching, Image
from ocrzoo_registry.errors import InputError, UsageError
from ocrzoo_registry.zoo import Zoo

Paper = NDArray[np.uint8]


def page(lines: int, wide: int = 0) -> Paper:
    """A page with so many lines, each wider than the one above."""
    paper = np.full((60 + 40 * lines, 700, 3), 255, np.uint8)
    for line in range(lines):
        paper[30 + 40 * line : 50 + 40 * line, 30 : 130 + 30 * line + wide] = 0
    return paper


PAGES = [page(7), page(0), page(13, 60), page(1), page(6, 300), page(9)]


class Slow(StandIn):
    """A network that takes a moment, another one each time."""

    calls_at_once = 2

    def run(self, batch: Array) -> Array:
        time.sleep(random.random() / 500)
        return super().run(batch)


class SlowLoader(StandInLoader):
    """Loads networks that take a moment."""

    def predictor(self, name: str | None, task: Any, model_dir: Any = None) -> Any:
        card = self.zoo.models.get(str(name))
        if task == "text_detection":
            return TextDetector(card, {"PostProcess": {}}, Slow(see_ink))
        return TextRecognizer(card, {"PostProcess": {"character_dict": ["a", "b"]}}, Slow(read_ab))


def made(zoo: Zoo, batching: Batching = "exact") -> OCRPipeline:
    config = stand_in_config(use_doc_preprocessor=False, use_textline_orientation=False, batching=batching)
    return OCRPipeline(config, SlowLoader(zoo))


def calls(pipeline: OCRPipeline) -> Counter[tuple[int, ...]]:
    """The shapes of the recognition calls so far."""
    (recognizer,) = pipeline.load().recognizers
    session: Any = recognizer._session  # type: ignore[attr-defined]
    return Counter(batch.shape for batch in session.batches)


@pytest.mark.parametrize("batching", ["exact", "width"])
def test_answers_are_those_of_one_page_after_the_other(zoo: Zoo, batching: Batching) -> None:
    pipeline = made(zoo, batching)
    alone = [next(pipeline.predict(paper)).json for paper in PAGES]
    assert [result.json for result in pipeline.predict(PAGES * 3)] == alone * 3


def test_a_pipeline_that_is_dropped_frees_its_networks_at_once(zoo: Zoo) -> None:
    """Not at a later collection: networks are large, and Python knows nothing of their memory."""
    pipeline = made(zoo)
    list(pipeline.predict(PAGES[0]))
    detector = weakref.ref(pipeline.load().detector)
    gc.collect()
    gc.disable()
    try:
        del pipeline
        assert detector() is None
    finally:
        gc.enable()


def test_exact_makes_the_calls_that_a_page_gets_alone(zoo: Zoo) -> None:
    """PaddleX's: six lines of a page, sorted by width; no call has lines of two pages."""
    alone, together = made(zoo), made(zoo)
    for paper in PAGES:
        list(alone.predict(paper))
    list(together.predict(PAGES))
    assert sum(calls(alone).values()) > len(PAGES)
    assert calls(together) == calls(alone)


def test_width_makes_calls_of_lines_of_several_pages(zoo: Zoo) -> None:
    """Without waiting for them: while one call runs, the lines of three other pages come together."""
    pipeline = made(zoo, "width")
    (recognizer,) = pipeline.load().recognizers
    session: Any = recognizer._session  # type: ignore[attr-defined]
    shared: Any = recognizer._shared  # type: ignore[attr-defined]
    shared.at_once = 1
    go = threading.Event()
    session.compute = lambda batch: (go.wait(20), read_ab(batch))[1]
    line = np.zeros((20, 100, 3), np.uint8)
    with ThreadPoolExecutor(4) as threads:
        found = [threads.submit(recognizer.predict, [line] * count, batching="width") for count in (1, 1, 1, 2)]
        end = time.monotonic() + 20
        while len(shared._waiting) < 4 and time.monotonic() < end:
            time.sleep(0.001)
        go.set()
        texts = [[read.text for read in one.result(20)] for one in found]
    assert texts == [["ab"], ["ab"], ["ab"], ["ab"] * 2]
    assert [len(batch) for batch in session.batches] == [1, 4]


def test_threads_on_one_pipeline_get_the_same_answers_and_calls(zoo: Zoo) -> None:
    pipeline = made(zoo)
    alone = [result.json for result in pipeline.predict(PAGES)]
    expected = calls(pipeline)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: [result.json for result in pipeline.predict(PAGES)], range(8)))
    assert found == [alone] * 8
    assert calls(pipeline) == Counter({shape: 9 * count for shape, count in expected.items()})


def test_a_pipeline_has_few_pages_in_memory_however_many_threads_read(zoo: Zoo) -> None:
    pipeline, lock = made(zoo), threading.Lock()
    at_once, most = 0, 0

    def work(_source: PageSource, image: Image) -> int:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.005)
        with lock:
            at_once -= 1
        return int(image.shape[0])

    def read(_: int) -> list[int]:
        found = (Page(None, lambda paper=paper: paper) for paper in PAGES)  # type: ignore[misc]
        return list(run_pages(found, [work, work], None, pipeline._places))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(read, range(8))) == [[paper.shape[0] for paper in PAGES]] * 8
    assert most == PAGES_AT_ONCE


def test_a_bad_page_in_the_middle_is_an_error_of_its_own(zoo: Zoo) -> None:
    told: list[str] = []
    inputs: list[Any] = [PAGES[0], "no.png", PAGES[2], np.zeros((2, 2, 7), np.uint8), PAGES[4]]
    results = made(zoo).predict(inputs, on_error=lambda error: told.append(str(error)))
    assert [len(result["dt_polys"]) for result in results] == [7, 13, 6]
    assert len(told) == 2
    assert told[0].startswith("no.png: No such file")


def test_pages_that_trickle_in_are_read_as_they_come(zoo: Zoo) -> None:
    read = threading.Event()

    def trickle() -> Iterator[Paper]:
        yield PAGES[0]
        assert read.wait(20)
        yield PAGES[2]

    results = made(zoo).predict(trickle())
    assert len(next(results)["dt_polys"]) == 7
    read.set()
    assert [len(result["dt_polys"]) for result in results] == [13]


class TestAsync:
    def test_pages_are_read_in_order(self, zoo: Zoo) -> None:
        pipeline = made(zoo)
        told: list[InputError] = []

        async def read() -> list[int]:
            found = pipeline.predict_async([*PAGES, "no.png", PAGES[0]], on_error=told.append)
            return [len(result["dt_polys"]) async for result in found]

        assert asyncio.run(read()) == [7, 0, 13, 1, 6, 9, 7]
        assert len(told) == 1

    def test_several_tasks_share_a_pipeline(self, zoo: Zoo) -> None:
        pipeline = made(zoo)

        async def read(paper: Paper) -> int:
            return sum([len(result["dt_polys"]) async for result in pipeline.predict_async(paper)])

        async def read_all() -> list[int]:
            return await asyncio.gather(*map(read, PAGES))

        assert asyncio.run(read_all()) == [7, 0, 13, 1, 6, 9]

    def test_errors_come_after_the_last_page(self, zoo: Zoo) -> None:
        seen: list[int] = []

        async def read() -> None:
            found = made(zoo).predict_async(["no.png", PAGES[0]])
            seen.append(len((await anext(found))["dt_polys"]))
            await anext(found)

        with pytest.raises(InputError, match=r"^no\.png: No such file"):
            asyncio.run(read())
        assert seen == [7]

    def test_arguments_are_those_of_predict(self, zoo: Zoo) -> None:
        with pytest.raises(UsageError, match="text_det_thresh"):
            made(zoo).predict_async(PAGES[0], text_det_thresh=7)
        with pytest.raises(TypeError, match="unexpected keyword argument 'return_word_boxes'"):
            made(zoo).predict_async(PAGES[0], return_word_boxes=True)  # type: ignore[call-arg]

    def test_a_preprocessor_is_asynchronous_too(self, zoo: Zoo) -> None:
        from ocrzoo.pipelines.doc_preprocessor import DocPreprocessorPipeline
        from ocrzoo.pipelines.schema import DocPreprocessorConfig

        pipeline = DocPreprocessorPipeline(DocPreprocessorConfig(), StandInLoader(zoo))

        async def read() -> list[int]:
            found = pipeline.predict_async(PAGES[:2], use_doc_orientation_classify=False, use_doc_unwarping=False)
            return [result["angle"] async for result in found]

        assert asyncio.run(read()) == [-1, -1]
