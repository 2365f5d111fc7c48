"""Predictors of plugins: plain classes with one method, given what they name, one call at a time, and checked."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.registry.kit import offer_card

from ocrzoo import Classification, Detection, DetectionParams, Line, Unwarped
from ocrzoo.predictors.of_plugins import as_pipelines_call_it
from ocrzoo_registry.errors import InputError, PluginError

PLUGIN = "'sea' (sea-dist 1.0)"
PAGE = np.full((60, 200, 3), 255, np.uint8)
QUAD = [[10, 10], [90, 10], [90, 30], [10, 30]]


def made(predict: Callable[..., Any], task: str = "text_recognition", /, **attributes: Any) -> Any:
    """A plugin's predictor with this method, as pipelines get it."""
    labels = ["0", "90"] if "orientation" in task else []
    card = offer_card(name="own", task=task, labels=labels, inference={"predictor": "own"}, scripts=["Latn"])
    return as_pipelines_call_it(type("Own", (), {"predict": staticmethod(predict), **attributes})(), card, PLUGIN)


class TestWhatItIsGiven:
    """Images, and those of its task's arguments that it names."""

    def test_one_that_names_none_gets_a_batch_at_a_time(self) -> None:
        sizes: list[int] = []

        def predict(crops: Sequence[Any]) -> list[Line]:
            sizes.append(len(crops))
            return [Line("a", 1.0) for _ in crops]

        assert len(made(predict).predict([PAGE] * 7, 3, batching="width")) == 7
        assert sizes == [3, 3, 1]

    def test_one_that_names_the_batch_size_makes_its_own(self) -> None:
        asked: list[tuple[int, int, str]] = []

        def predict(crops: Sequence[Any], batch_size: int, *, batching: str) -> list[Line]:
            asked.append((len(crops), batch_size, batching))
            return [Line("a", 1.0) for _ in crops]

        made(predict).predict([PAGE] * 7, 3, batching="width")
        assert asked == [(7, 3, "width")]

    def test_one_that_takes_anything_gets_all(self) -> None:
        found: dict[str, Any] = {}

        def predict(crops: Sequence[Any], **more: Any) -> list[Line]:
            found.update(more)
            return [Line("a", 1.0) for _ in crops]

        made(predict).predict([PAGE])
        assert found == {"batch_size": 6, "batching": "exact", "input_shape": None}

    def test_without_lines_it_is_not_asked(self) -> None:
        assert made(lambda crops: 1 / 0).predict([]) == []

    def test_images_are_its_own_to_change(self) -> None:
        page = np.rot90(PAGE.copy())

        def predict(pages: Sequence[NDArray[np.uint8]]) -> list[Detection]:
            assert pages[0].flags.c_contiguous
            pages[0][:] = 0
            return [Detection([], [])]

        made(predict, "text_detection").predict([page])
        assert page.all()

    def test_what_it_does_not_take_is_said_once(self, caplog: pytest.LogCaptureFixture) -> None:
        detector = made(lambda pages: [Detection([], []) for _ in pages], "text_detection")
        reader = made(lambda crops: [Line("a", 1.0) for _ in crops])
        with caplog.at_level(logging.WARNING, "ocrzoo"):
            for _ in range(2):
                detector.predict([PAGE], DetectionParams(thresh=0.7))
                detector.predict([PAGE])
                reader.predict([PAGE], input_shape=(3, 48, 320))
        assert caplog.messages == [
            f"own: thresh has no effect: its predictor (plugin {PLUGIN}) does not take it",
            f"own: input_shape has no effect: its predictor (plugin {PLUGIN}) does not take it",
        ]

    def test_its_attributes_are_its_cards_where_it_has_none(self) -> None:
        reader = made(lambda crops: [], sounds="like a gull")
        assert (reader.name, reader.scripts, reader.sounds) == ("own", ("Latn",), "like a gull")
        assert made(lambda pages: [], "text_detection").defaults == DetectionParams()
        assert made(lambda lines: [], "textline_orientation").labels == ("0", "90")
        own = DetectionParams(thresh=0.2)
        assert made(lambda pages: [], "text_detection", defaults=own).defaults == own


@pytest.mark.parametrize(("safe", "at_once"), [(False, 1), (True, 3)], ids=["by default", "thread_safe"])
def test_calls_come_one_at_a_time_unless_it_is_safe(safe: bool, at_once: int) -> None:
    lock, running, most = threading.Lock(), [0], [0]
    together = threading.Barrier(3)

    def predict(crops: Sequence[Any]) -> list[Line]:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        if safe:
            together.wait(10)
        else:
            time.sleep(0.02)
        with lock:
            running[0] -= 1
        return [Line("a", 1.0) for _ in crops]

    reader = made(predict, thread_safe=safe)
    with ThreadPoolExecutor(3) as pool:
        assert len([*pool.map(lambda _: reader.predict([PAGE]), range(3))]) == 3
    assert most == [at_once]


LINE = Line("ab", 0.9, ("a", "b"), (0, 2), (0.9, 0.9), 4.0)
Cases = dict[str, tuple[Any, str]]
WRONG_LINES: Cases = {
    "a string": ("ab", "returned str, which has no text, score"),
    "bytes": (Line(b"ab", 0.9), "a text of type bytes"),  # type: ignore[arg-type]
    "a line break": (Line("a\nb", 0.9), r"the text 'a\\nb', which has line breaks"),
    "half a character": (Line("\ud800", 0.9), "control characters"),
    "no number": (Line("ab", "0.9"), "a score of type str"),  # type: ignore[arg-type]
    "not finite": (Line("ab", float("nan")), "the score nan; 0 to 1 is needed"),
    "a logit": (Line("ab", 30.0), "the score 30; 0 to 1 is needed"),
    "fewer columns": (Line("ab", 0.9, ("a", "b"), (0,), (0.9, 0.9), 4.0), "2 entries, 1 columns and 2 prob"),
    "columns that go back": (Line("ab", 0.9, ("a", "b"), (2, 0), (0.9, 0.9), 4.0), "columns do not ascend"),
    "no cells": (Line("ab", 0.9, ("a", "b"), (0, 2), (0.9, 0.9)), "a line of 0 cells that has a column 2"),
    "another text": (Line("abc", 0.9, ("a", "b"), (0, 2), (0.9, 0.9), 4.0), "not made of its entries"),
    "a wild order": (Line("ab", 0.9, ("a", "b"), (0, 2), (0.9, 0.9), 4.0, (0, 7)), "not made of its entries"),
    "a probability of NaN": (Line("ab", 0.9, ("a", "b"), (0, 2), (0.9, float("nan")), 4.0), "not finite"),
}
WRONG_DETECTIONS: Cases = {
    "fewer scores": (Detection([np.array(QUAD, np.int16)], []), "1 quads and 0 scores"),
    "a box": (Detection([[10, 10, 90, 30]], [0.9]), "a quad of 4 numbers; 4 x 2 finite ones"),  # type: ignore[list-item]
    "words": (Detection(["here"], [0.9]), "a quad of type str"),  # type: ignore[list-item]
    "infinite": (Detection([np.full((4, 2), np.inf)], [0.9]), "4 x 2 finite ones are needed"),
}
WRONG_CLASSES: Cases = {
    "an unknown label": (Classification(0, "45", 0.9), "the class 0 '45', and the labels are 0, 90"),
    "another number": (Classification(0, "90", 0.9), "the class 0 '90'"),
    "not finite": (Classification(1, "90", float("inf")), "the score inf"),
}
WRONG_PAGES: Cases = {
    "floats": (Unwarped(PAGE.astype(np.float32)), "60 x 200 x 3 float32 for a page of 60 x 200 x 3 uint8"),
    "another size": (Unwarped(PAGE[:30]), "30 x 200 x 3 uint8 for a page"),
    "a list": (Unwarped([1, 2]), "an image of type list"),  # type: ignore[arg-type]
    "an origin of another size": (Unwarped(PAGE, np.zeros((2, 2, 2), np.float32)), "an origin of 2 x 2 x 2"),
}
WRONG = [
    pytest.param(task, *case, id=f"{task}: {name}")
    for task, cases in {
        "text_recognition": WRONG_LINES,
        "text_detection": WRONG_DETECTIONS,
        "doc_text_orientation": WRONG_CLASSES,
        "image_unwarping": WRONG_PAGES,
    }.items()
    for name, case in cases.items()
]


@pytest.mark.parametrize(("task", "result", "said"), WRONG)
def test_a_wrong_result_is_refused_in_the_plugins_name(task: str, result: Any, said: str) -> None:
    with pytest.raises(PluginError, match=said) as caught:
        made(lambda images: [result for _ in images], task).predict([PAGE])
    assert str(caught.value).startswith(f"own: the predictor of plugin {PLUGIN} returned ")
    assert "\n" not in str(caught.value)


def test_a_right_result_is_passed_on() -> None:
    numbers: Any = (np.int64(1), "90", np.float32(0.5))
    found_class = Classification(*numbers)
    assert made(lambda crops: [LINE for _ in crops]).predict([PAGE]) == [LINE]
    beyond = Detection([np.array([[-5, 2.4], [500, 2], [500, 90], [-5, 90]])], [1.001])
    (found,) = made(lambda pages: [beyond], "text_detection").predict([PAGE])
    assert found.quads[0].tolist() == [[0, 2], [200, 2], [200, 60], [0, 60]], "within the page, in whole pixels"
    assert (found.quads[0].dtype, found.scores) == (np.int16, [1.0])
    (found,) = made(lambda lines: [found_class], "doc_text_orientation").predict([PAGE])
    assert found == Classification(1, "90", 0.5)
    (found,) = made(lambda pages: [Unwarped(pages[0][::-1])], "image_unwarping").predict([PAGE])
    assert found.image.shape == PAGE.shape


def test_any_result_with_a_text_and_a_score_is_a_line() -> None:
    class Found:
        text, score = "ab", np.float32(0.5)

    assert made(lambda crops: (Found() for _ in crops)).predict([PAGE, PAGE]) == [Line("ab", 0.5)] * 2


def test_what_it_raises_costs_the_page_and_names_both() -> None:
    def predict(crops: Sequence[Any]) -> list[Line]:
        raise KeyError("beam")

    with pytest.raises(InputError) as caught:
        made(predict).predict([PAGE])
    assert str(caught.value) == f"own: the predictor of plugin {PLUGIN} failed: KeyError: 'beam'"


def test_a_result_that_cannot_be_looked_at_is_a_failure_of_the_plugin() -> None:
    nothing: Any = None
    with pytest.raises(InputError, match="failed: TypeError") as caught:
        made(lambda pages: [Detection(nothing, nothing)], "text_detection").predict([PAGE])
    assert str(caught.value).startswith(f"own: the predictor of plugin {PLUGIN} ")


def test_and_so_are_labels_that_are_none() -> None:
    with pytest.raises(PluginError, match=r"own: the predictor of plugin .* failed: TypeError"):
        made(lambda lines: [], "textline_orientation", labels=None)
