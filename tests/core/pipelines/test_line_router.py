"""Lines of a page, each with the model that reads it: the order of letters with and without PaddleX's quirks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from tests.core.predictors.test_recognition_predictor import SpellingSession, config

from ocrzoo.pipelines.line_router import Crop, LineRouter
from ocrzoo.pipelines.schema import RecognitionModule
from ocrzoo.predictors.recognition import TextRecognizer
from ocrzoo.processing.recognition import Line
from ocrzoo.types import Batching, Image
from ocrzoo_registry.zoo import Zoo

ARABIC = "arabic_PP-OCRv5_mobile_rec"


@pytest.mark.parametrize(("quirks", "text"), [(False, "تاريخ 14-03 م"), (True, "تاريخ 03-14 م")])
def test_a_date_in_arabic_is_turned_around_as_by_paddlex_only_with_its_quirks(
    zoo: Zoo, quirks: bool, text: str
) -> None:
    printed = [*"م 14-03 خيرات"]
    recognizer = TextRecognizer(zoo.models.get(ARABIC), config(printed), SpellingSession(len(printed) + 2))
    quad = np.array([[0, 0], [200, 0], [200, 40], [0, 40]], np.int16)
    crop = Crop(np.full((40, 200, 3), 255, np.uint8), quad, 1.0)
    router = LineRouter(RecognitionModule(model_name=ARABIC), "exact", paddlex_quirks=quirks)
    (line,) = router.read([crop], [recognizer])
    assert line.line.text == text
    assert line.direction == "rtl"


@pytest.mark.parametrize("quirks", [True, False])
def test_a_plugins_recognizer_is_asked_for_nothing_beyond_the_protocol(quirks: bool) -> None:
    class Theirs:
        name = "theirs"
        scripts = ("Latn",)

        def predict(
            self, crops: Sequence[Image], batch_size: int = 6, *, batching: Batching = "exact", input_shape: Any = None
        ) -> list[Line]:
            return [Line("read", 0.99)] * len(crops)

    quad = np.array([[0, 0], [4000, 0], [4000, 40], [0, 40]], np.int16)
    router = LineRouter(RecognitionModule(model_name=ARABIC), "exact", paddlex_quirks=quirks)
    (line,) = router.read([Crop(np.full((40, 4000, 3), 255, np.uint8), quad, 1.0)], [Theirs()])
    assert line.line.text == "read"
