"""What predictors take from a model's ``inference.yml``."""

from __future__ import annotations

from typing import Any

import pytest

from ocrzoo.predictors import postprocess, transform

CONFIG: dict[str, Any] = {
    "PreProcess": {"transform_ops": [{"DecodeImage": {"img_mode": "BGR"}}, {"ToCHWImage": None}, "odd"]},
    "PostProcess": {"name": "DBPostProcess", "thresh": 0.2},
}


def test_settings_of_a_transform() -> None:
    assert transform(CONFIG, "DecodeImage") == {"img_mode": "BGR"}


@pytest.mark.parametrize("name", ["ToCHWImage", "odd", "ResizeImage"])
def test_a_transform_without_settings_or_absent(name: str) -> None:
    assert transform(CONFIG, name) == {}


@pytest.mark.parametrize("config", [{}, {"PreProcess": None}, {"PreProcess": {"transform_ops": None}}])
def test_no_transforms(config: dict[str, Any]) -> None:
    assert transform(config, "DecodeImage") == {}


def test_settings_of_the_post_processing_are_a_copy() -> None:
    settings = postprocess(CONFIG)
    assert settings == {"name": "DBPostProcess", "thresh": 0.2}
    settings.clear()
    assert CONFIG["PostProcess"]


@pytest.mark.parametrize("config", [{}, {"PostProcess": None}])
def test_no_post_processing(config: dict[str, Any]) -> None:
    assert postprocess(config) == {}
