"""Pipeline configurations: the defaults, as data."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, cast

from ocrzoo_registry import plain_yaml


def default_ocr() -> dict[str, Any]:
    """Return the OCR pipeline's default configuration, in PaddleX's keys; the caller may change it."""
    text = files("ocrzoo.pipelines").joinpath("OCR.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", plain_yaml.load(text))
