"""The configurations of the tutorial's benchmark."""

from __future__ import annotations

import pytest

from ocrzoo.benchmark.configurations import CONFIGURATIONS, named
from ocrzoo.pipelines.config import Configuration
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.zoo import Zoo


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_each_is_valid_and_does_what_its_name_says(zoo: Zoo, name: str) -> None:
    record = Configuration.load(zoo, None, CONFIGURATIONS[name].config()).record
    modules, parts = record.SubModules, name.split("-")
    assert record.use_doc_preprocessor == ("nopp" not in parts)
    assert modules.TextDetection.model_name == f"PP-OCRv5_{'mobile' if 'mobile' in parts else 'server'}_det"
    assert modules.TextRecognition.model_name == modules.TextDetection.model_name.replace("det", "rec")
    scaled = [part for part in parts if part[:3] in {"min", "max"}]
    assert f"{modules.TextDetection.limit_type}{modules.TextDetection.limit_side_len}" == (scaled or ["min64"])[0]


def test_all_are_the_eleven_of_the_tutorial() -> None:
    assert len(named("all")) == 11


def test_they_are_taken_by_name_in_the_order_given() -> None:
    assert list(named("OCR-nopp-server, OCR-default")) == ["OCR-nopp-server", "OCR-default"]


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean OCR-nopp-mobile"):
        named("OCR-nop-mobile")
