"""What a call of ``predict`` asks for: the pipeline's own settings, and what the call says instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from ocrzoo.engines.base import Device
from ocrzoo.pipelines.schema import MAX_SIDE_LEN, MAX_UNCLIP_RATIO, DocPreprocessorConfig, LimitType, OCRConfig
from ocrzoo_registry.errors import UsageError

_DETECTION = ("limit_side_len", "limit_type", "max_side_limit", "thresh", "box_thresh", "unclip_ratio", "input_shape")


@dataclass(frozen=True)
class Run:
    """What holds for all pages of one ``predict`` call."""

    detection: Mapping[str, Any]
    """Fields of :class:`~ocrzoo.processing.detection.DetectionParams`; what is not here is the model's own."""
    score_thresh: float
    upright: Asked | None
    """How pages are set upright first, if at all."""
    line_orientation: bool
    """Whether lines that stand on their head are turned."""
    word_boxes: bool
    device: Device | None = None

    def on(self, device: Device) -> Run:
        """Return the same on a device."""
        upright = None if self.upright is None else replace(self.upright, device=device)
        return replace(self, device=device, upright=upright)


def run_of(
    config: OCRConfig,
    *,
    orientation: bool | None = None,
    unwarping: bool | None = None,
    line_orientation: bool | None = None,
    score_thresh: float | None = None,
    word_boxes: bool | None = None,
    **detection: Any,
) -> Run:
    """Return what to do; ``None`` means the pipeline's own setting, 0 is a value.

    Raises:
        UsageError: A parameter makes no sense.
    """
    recognition = config.SubModules.TextRecognition
    least: float = recognition.score_thresh if score_thresh is None else plain(score_thresh)
    check_range("text_rec_score_thresh", least, 1)
    orientation = switch("use_doc_orientation_classify", orientation)
    unwarping = switch("use_doc_unwarping", unwarping)
    line_orientation = switch("use_textline_orientation", line_orientation)
    word_boxes = switch("return_word_box", word_boxes)
    return Run(
        _detection(config, detection),
        least,
        _upright(config, orientation, unwarping),
        config.use_textline_orientation if line_orientation is None else line_orientation,
        recognition.return_word_box if word_boxes is None else word_boxes,
    )


def _upright(config: OCRConfig, orientation: bool | None, unwarping: bool | None) -> Asked | None:
    """Each switch on its own: what is not said stays as the pipeline has it."""
    own = config.SubPipelines.DocPreprocessor
    if own is None:
        own = DocPreprocessorConfig(use_doc_orientation_classify=False, use_doc_unwarping=False)
    on = config.use_doc_preprocessor
    if config.paddlex_quirks and (orientation is not None or unwarping is not None):
        on = bool(orientation or unwarping)  # one switch off, and nothing said of the other: both are off
        if not on:
            return None
    asked = Asked(
        on and own.use_doc_orientation_classify if orientation is None else orientation,
        on and own.use_doc_unwarping if unwarping is None else unwarping,
    )
    nothing_to_do = not (asked.orientation or asked.unwarping)
    return None if nothing_to_do and not (on and config.paddlex_quirks) else asked


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
        check_range(f"text_det_{name}", detection[name], most)
    return detection


def plain(value: Any) -> Any:
    """Return a number of NumPy's as one of Python's."""
    return value.item() if isinstance(value, np.generic) else value


def switch(name: str, value: Any) -> bool | None:
    """Return whether a stage is on, or ``None`` where nothing is said.

    Raises:
        UsageError: It is something else: the word "False" would switch it on.
    """
    value = plain(value)
    if value is None or (isinstance(value, int) and value in (0, 1)):
        return None if value is None else bool(value)
    raise UsageError(f"{name}={value!r}: True, False or None is needed")


def check_range(name: str, value: Any, most: float) -> None:
    """Refuse what is no number from 0 to ``most``.

    Raises:
        UsageError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise UsageError(f"{name}={value!r}: a number from 0 to {most:g} is needed")


@dataclass(frozen=True)
class Asked:
    """What is done to the pages of one call."""

    orientation: bool
    unwarping: bool
    device: Device | None = None
