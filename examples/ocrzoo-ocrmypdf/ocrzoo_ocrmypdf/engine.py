"""The engine: what OCRmyPDF asks of the picture of a page."""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from ocrmypdf import OcrElement, OcrOptions
from ocrmypdf.pluginspec import OcrEngine, OrientationConfidence
from PIL import Image

from ocrzoo import OCRResult
from ocrzoo_ocrmypdf.elements import page_element
from ocrzoo_ocrmypdf.readers import ReadingFailed, classifier, detector, one_line_errors, pipeline

LIKELY, AT_THRESHOLD, CERTAIN = 0.75, 14.0, 15.0
"""The probability of an orientation from which a page is turned, at OCRmyPDF's usual threshold of its own confidences;
and its confidence for certain."""
LEAST_SIDE = 736
"""Pixels that the longer side of a page keeps when its lines are found."""
MOST_SKEW = 45
"""Degrees; lines that slope more are vertical, and tell nothing of the page."""


class OcrzooEngine(OcrEngine):
    """Reads pages with ocrzoo."""

    @staticmethod
    def version() -> str:
        """Return ocrzoo's version."""
        return metadata.version("ocrzoo")

    @staticmethod
    def creator_tag(options: OcrOptions) -> str:  # noqa: ARG004
        """Return what the file's metadata names as the program that read it."""
        return str(OcrzooEngine())

    def __str__(self) -> str:
        return f"ocrzoo {self.version()}"

    @staticmethod
    def languages(options: OcrOptions) -> AbstractSet[str]:
        """Return the languages asked for: ``check_options`` refused those that no model reads."""
        return set(options.languages)

    @staticmethod
    def get_orientation(input_file: Path, options: OcrOptions) -> OrientationConfidence:
        """Return how far the page must be turned clockwise."""
        with one_line_errors(ReadingFailed):
            (found,) = classifier(options).predict(str(input_file))
        counter_clockwise = int(found["label_names"][0])
        confidence = min(AT_THRESHOLD * float(found["scores"][0]) / LIKELY, CERTAIN)
        return OrientationConfidence(-counter_clockwise % 360, confidence)

    @staticmethod
    def get_deskew(input_file: Path, options: OcrOptions) -> float:
        """Return the slope of the lines in degrees, positive if they fall: the median, long lines count more."""
        limit = _detection_size(input_file, options)
        with one_line_errors(ReadingFailed):
            (found,) = detector(options).predict(str(input_file), **limit)
        quads = np.asarray(found["dt_polys"], np.float64).reshape(-1, 4, 2)
        along = quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3]
        slopes = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
        flat = np.abs(slopes) < MOST_SKEW
        return _weighted_median(slopes[flat], np.hypot(*along[flat].T))

    @staticmethod
    def supports_generate_ocr() -> bool:
        """Results are handed over as they are, without a file between."""
        return True

    @staticmethod
    def generate_ocr(input_file: Path, options: OcrOptions, page_number: int = 0) -> tuple[OcrElement, str]:
        """Read a page: its text with positions, and its text."""
        result = _read(input_file, options)
        with Image.open(input_file) as picture:
            return page_element(result.text_page(), page_number, _dpi(picture)), result.text

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: OcrOptions) -> None:
        """Read a page and write it as hOCR, for OCRmyPDF's functions that keep such files."""
        result = _read(input_file, options)
        result.save_to_hocr(output_hocr)
        output_text.write_text(result.text, encoding="utf-8")

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options: OcrOptions) -> None:
        """``check_options`` refuses the renderer that would call this."""
        raise NotImplementedError


def _read(input_file: Path, options: OcrOptions) -> OCRResult:
    limit = {f"text_det_{name}": value for name, value in _detection_size(input_file, options).items()}
    with one_line_errors(ReadingFailed):
        (result,) = pipeline(options).predict(str(input_file), return_word_box=True, **limit)
    return result


def _detection_size(input_file: Path, options: OcrOptions) -> dict[str, Any]:
    """The parameters by which lines are found at a lower resolution than that of a scan, at which they are read."""
    with Image.open(input_file) as picture:
        dpi, wanted, longest = _dpi(picture), options.ocrzoo.detection_dpi, max(picture.size)
    if dpi is None or not 0 < wanted < dpi:
        return {}
    return {"limit_side_len": max(round(longest * wanted / dpi), LEAST_SIDE), "limit_type": "max"}


def _dpi(picture: Image.Image) -> float | None:
    """The resolution that OCRmyPDF states for a page."""
    found = float(picture.info.get("dpi", (0,))[0])
    return found if found > 0 else None


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """The value that half of the weight is below; 0 of none."""
    if not weights.sum():
        return 0.0
    order = np.argsort(values)
    found = float(values[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])
    return found if math.isfinite(found) else 0.0
