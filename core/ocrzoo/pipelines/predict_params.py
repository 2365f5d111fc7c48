"""The parameters of one ``predict`` call: what the call asks for, completed by the pipeline's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar, get_args

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


class OCRSettings(TypedDict, total=False):
    """What a call asks of the OCR pipeline, by the names of ``predict``'s arguments."""

    use_doc_orientation_classify: bool | None
    use_doc_unwarping: bool | None
    use_textline_orientation: bool | None
    text_det_limit_side_len: int | None
    text_det_limit_type: LimitType | None
    text_det_thresh: float | None
    text_det_box_thresh: float | None
    text_det_unclip_ratio: float | None
    text_rec_score_thresh: float | None
    upscale: Upscale | None
    enhance: bool | None
    split_columns: bool | None
    return_word_box: bool | None
    return_chars: bool | None
    return_scripts: bool | None
    allow: Terms
    deny: Terms
    patterns: Terms
    lexicon: Lexicon
    alternatives: int | None
    restore_spaces: bool | None
    return_paragraphs: bool | None
    dehyphenate: bool | None


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


def ocr_params(config: OCRConfig, given: OCRSettings) -> OCRParams:
    """Return the parameters of a call; ``None`` takes the configuration's value, 0 is a value.

    Raises:
        UsageError: A parameter makes no sense.
    """
    recognition = config.SubModules.TextRecognition

    def flag(name: str, default: Default) -> bool | Default:
        return _flag(name, given.get(name), default)

    def value(name: str, default: Any) -> Any:
        return _given(given, name, default)

    threshold = value("text_rec_score_thresh", recognition.score_thresh)
    _check_range("text_rec_score_thresh", threshold, 1)
    return OCRParams(
        _detection(config, given),
        threshold,
        _ocr_preprocessing(config, flag("use_doc_orientation_classify", None), flag("use_doc_unwarping", None)),
        flag("use_textline_orientation", config.use_textline_orientation),
        LineFinder(
            _upscale(value("upscale", config.upscale)),
            flag("enhance", config.enhance),
            flag("split_columns", config.split_columns),
        ),
        flag("return_word_box", recognition.return_word_box),
        flag("return_chars", recognition.return_chars),
        flag("return_scripts", recognition.return_scripts),
        decoding(
            value("allow", recognition.allow),
            value("deny", recognition.deny),
            value("patterns", recognition.patterns),
            value("lexicon", recognition.lexicon),
            value("alternatives", recognition.alternatives),
            restore_spaces=flag("restore_spaces", recognition.restore_spaces),
        ),
        _structure(flag("return_paragraphs", config.return_paragraphs), flag("dehyphenate", config.dehyphenate)),
    )


def check_names(function: str, given: Mapping[str, Any], options: Any) -> None:
    """Refuse arguments of a function that are not among the keys of ``options``, a ``TypedDict``.

    Raises:
        TypeError: As Python raises it.
    """
    unknown = given.keys() - options.__annotations__.keys()
    if unknown:
        raise TypeError(f"{function}() got an unexpected keyword argument {min(unknown)!r}")


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


def _detection(config: OCRConfig, given: Mapping[str, Any]) -> dict[str, Any]:
    settings = config.SubModules.TextDetection
    detection = {name: _given(given, f"text_det_{name}", getattr(settings, name)) for name in _DETECTION}
    side = detection["limit_side_len"]
    if isinstance(side, bool) or not isinstance(side, int) or not 1 <= side <= MAX_SIDE_LEN:
        raise UsageError(f"text_det_limit_side_len={side!r}: a whole number from 1 to {MAX_SIDE_LEN} is needed")
    if detection["limit_type"] not in get_args(LimitType):
        raise UsageError(f"text_det_limit_type={detection['limit_type']!r}: 'min' or 'max' is needed")
    for name, most in (("thresh", 1), ("box_thresh", 1), ("unclip_ratio", MAX_UNCLIP_RATIO)):
        _check_range(f"text_det_{name}", detection[name], most)
    return detection


def _given(given: Mapping[str, Any], name: str, default: Any) -> Any:
    value = plain(given.get(name))
    return default if value is None else value


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
