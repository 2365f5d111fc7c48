"""The parameters of one ``predict`` call: what the call asks for, completed by the pipeline's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

import numpy as np

from ocrzoo.decoding import PLAIN, Decoding, Lexicon, Terms, decoding
from ocrzoo.pipelines.line_finder import LineFinder
from ocrzoo.pipelines.schema import MAX_SIDE_LEN, MAX_UNCLIP_RATIO, DocPreprocessorConfig, LimitType, OCRConfig
from ocrzoo.results.ocr import Structure
from ocrzoo.types import MAX_UPSCALE, Upscale
from ocrzoo_registry.errors import UsageError

_DETECTION = ("limit_side_len", "limit_type", "max_side_limit", "thresh", "box_thresh", "unclip_ratio", "input_shape")

Default = TypeVar("Default", bound="bool | None")


@dataclass(frozen=True)
class PreprocessingParams:
    """Which steps of the document preprocessor are on."""

    orientation: bool
    unwarping: bool


@dataclass(frozen=True)
class OCRParams:
    """Parameters of the OCR pipeline for all pages of a call."""

    detection: Mapping[str, Any]
    """Fields of :class:`~ocrzoo.processing.detection.DetectionParams`; the others are the model's own."""
    score_thresh: float
    preprocessing: PreprocessingParams | None
    """``None``: pages are not preprocessed."""
    line_orientation: bool
    """Whether upside-down lines are turned."""
    finder: LineFinder
    """How lines are looked for."""
    word_boxes: bool
    characters: bool = False
    """Whether results have each character of a line."""
    scripts: bool = False
    """Whether results have the script of each line."""
    decoding: Decoding = PLAIN
    """What is known of the lines."""
    structure: Structure | None = None
    """``None``: results have no paragraphs."""


def ocr_params(
    config: OCRConfig,
    *,
    orientation: bool | None = None,
    unwarping: bool | None = None,
    line_orientation: bool | None = None,
    score_thresh: float | None = None,
    upscale: Upscale | None = None,
    enhance: bool | None = None,
    split_columns: bool | None = None,
    word_boxes: bool | None = None,
    characters: bool | None = None,
    scripts: bool | None = None,
    allow: Terms = None,
    deny: Terms = None,
    patterns: Terms = None,
    lexicon: Lexicon = None,
    alternatives: int | None = None,
    restore_spaces: bool | None = None,
    paragraphs: bool | None = None,
    dehyphenate: bool | None = None,
    **detection: Any,
) -> OCRParams:
    """Return the parameters of a call; ``None`` takes the configuration's value, 0 is a value.

    Raises:
        UsageError: A parameter makes no sense.
    """
    recognition = config.SubModules.TextRecognition
    threshold: float = recognition.score_thresh if score_thresh is None else plain(score_thresh)
    _check_range("text_rec_score_thresh", threshold, 1)
    preprocessing = _ocr_preprocessing(
        config,
        _flag("use_doc_orientation_classify", orientation, None),
        _flag("use_doc_unwarping", unwarping, None),
    )
    return OCRParams(
        _detection(config, detection),
        threshold,
        preprocessing,
        _flag("use_textline_orientation", line_orientation, config.use_textline_orientation),
        LineFinder(
            _upscale(config.upscale if upscale is None else plain(upscale)),
            _flag("enhance", enhance, config.enhance),
            _flag("split_columns", split_columns, config.split_columns),
        ),
        _flag("return_word_box", word_boxes, recognition.return_word_box),
        _flag("return_chars", characters, recognition.return_chars),
        _flag("return_scripts", scripts, recognition.return_scripts),
        decoding(
            recognition.allow if allow is None else allow,
            recognition.deny if deny is None else deny,
            recognition.patterns if patterns is None else patterns,
            recognition.lexicon if lexicon is None else lexicon,
            recognition.alternatives if alternatives is None else plain(alternatives),
            restore_spaces=_flag("restore_spaces", restore_spaces, recognition.restore_spaces),
        ),
        _structure(
            _flag("return_paragraphs", paragraphs, config.return_paragraphs),
            _flag("dehyphenate", dehyphenate, config.dehyphenate),
        ),
    )


def _structure(paragraphs: bool, dehyphenate: bool) -> Structure | None:
    """What is said of paragraphs, by two switches; words are only joined in paragraphs."""
    return Structure(dehyphenate) if paragraphs or dehyphenate else None


def preprocessing_params(
    config: DocPreprocessorConfig, orientation: bool | None, unwarping: bool | None
) -> PreprocessingParams:
    """Return the parameters of a call of the document preprocessor; ``None`` takes the configuration's value.

    Raises:
        UsageError: A parameter is neither true nor false.
    """
    return PreprocessingParams(
        _flag("use_doc_orientation_classify", orientation, config.use_doc_orientation_classify),
        _flag("use_doc_unwarping", unwarping, config.use_doc_unwarping),
    )


def _ocr_preprocessing(
    config: OCRConfig, orientation: bool | None, unwarping: bool | None
) -> PreprocessingParams | None:
    enabled = config.use_doc_preprocessor
    if config.paddlex_quirks and (orientation is not None or unwarping is not None):
        enabled = bool(orientation or unwarping)  # PaddleX: one switched off, the other not given: both are off
        if not enabled:
            return None
    own = config.SubPipelines.DocPreprocessor
    if own is not None and enabled:
        asked = preprocessing_params(own, orientation, unwarping)
    else:
        asked = PreprocessingParams(bool(orientation), bool(unwarping))
    nothing_to_do = not (asked.orientation or asked.unwarping)
    return None if nothing_to_do and not (enabled and config.paddlex_quirks) else asked


def _detection(config: OCRConfig, chosen: Mapping[str, Any]) -> dict[str, Any]:
    settings = config.SubModules.TextDetection
    detection = {name: getattr(settings, name) for name in _DETECTION}
    detection.update({name: plain(value) for name, value in chosen.items() if value is not None})
    side = detection["limit_side_len"]
    if isinstance(side, bool) or not isinstance(side, int) or not 1 <= side <= MAX_SIDE_LEN:
        raise UsageError(f"text_det_limit_side_len={side!r}: a whole number from 1 to {MAX_SIDE_LEN} is needed")
    if detection["limit_type"] not in get_args(LimitType):
        raise UsageError(f"text_det_limit_type={detection['limit_type']!r}: 'min' or 'max' is needed")
    for name, most in (("thresh", 1), ("box_thresh", 1), ("unclip_ratio", MAX_UNCLIP_RATIO)):
        _check_range(f"text_det_{name}", detection[name], most)
    return detection


def plain(value: Any) -> Any:
    """Convert a NumPy scalar to Python's own type."""
    return value.item() if isinstance(value, np.generic) else value


def _flag(name: str, value: Any, default: Default) -> bool | Default:
    """Return a switch as a bool, ``default`` for ``None``; refuse all else: the text "False" is true."""
    value = plain(value)
    if value is None:
        return default
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise UsageError(f"{name}={value!r}: True, False or None is needed")


def _upscale(value: Any) -> Upscale:
    """Check by how much pages are enlarged."""
    if value == "auto":
        return "auto"
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= MAX_UPSCALE:
        raise UsageError(f"upscale={value!r}: a number from 1 to {MAX_UPSCALE:g}, or 'auto', is needed")
    return float(value)


def _check_range(name: str, value: Any, most: float) -> None:
    """Refuse a value that is not a number from 0 to ``most``."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise UsageError(f"{name}={value!r}: a number from 0 to {most:g} is needed")
