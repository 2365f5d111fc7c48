"""What is usual for each task: how its models are named, prepared and read, and the shapes of their networks.

The steps are those of PaddleX's own models (their ``inference.yml``); a network trained otherwise says so in its card.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ocrzoo_registry.drafting.facts import NetworkFacts

_MEAN, _STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
_BGR = {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}}
_PER_CHANNEL = {"NormalizeImage": {"mean": _MEAN, "std": _STD, "scale": "1./255.", "order": "hwc"}}
_CLASSIFIED = {"NormalizeImage": {"channel_num": 3, "mean": _MEAN, "std": _STD, "order": "", "scale": 1 / 255}}

LINE_HEIGHT, LINE_WIDTH = 48, 320
"""Of a line's image in pixels, where a network leaves them open."""


@dataclass(frozen=True)
class UsualTask:
    """What is usual for one task."""

    ending: str
    """How the names of its models end."""
    hub_tag: str
    """Its ``pipeline_tag`` on Hugging Face's hub."""
    option: str
    """The option of ``ocrzoo ocr`` that takes a model's name."""
    preprocess: tuple[dict[str, Any], ...] = ()
    postprocess: dict[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    """The classes that are usual."""


USUAL = {
    "text_recognition": UsualTask(
        "rec", "image-to-text", "text_recognition_model_name", postprocess={"name": "CTCLabelDecode"}
    ),
    "text_detection": UsualTask(
        "det",
        "object-detection",
        "text_detection_model_name",
        preprocess=(_BGR, {"DetResizeForTest": {"resize_long": 960}}, _PER_CHANNEL, {"ToCHWImage": None}),
        postprocess={
            "name": "DBPostProcess",
            "thresh": 0.3,
            "box_thresh": 0.6,
            "max_candidates": 1000,
            "unclip_ratio": 1.5,
        },
    ),
    "doc_text_orientation": UsualTask(
        "doc_ori",
        "image-classification",
        "doc_orientation_classify_model_name",
        preprocess=(
            {"ResizeImage": {"resize_short": 256}},
            {"CropImage": {"size": 224}},
            _CLASSIFIED,
            {"ToCHWImage": None},
        ),
        labels=("0", "90", "180", "270"),
    ),
    "textline_orientation": UsualTask(
        "textline_ori",
        "image-classification",
        "textline_orientation_model_name",
        preprocess=({"ResizeImage": {"size": [160, 80]}}, _CLASSIFIED, {"ToCHWImage": None}),
        labels=("0_degree", "180_degree"),
    ),
    "image_unwarping": UsualTask("unwarping", "image-to-image", "doc_unwarping_model_name"),
}


def of_labels(count: int) -> str | None:
    """Return the task of a classifier with this many classes, if it is one of orientation."""
    return next((task for task, usual in USUAL.items() if usual.labels and len(usual.labels) == count), None)


def of_network(network: NetworkFacts) -> str | None:
    """Return the task that a network's output fits: N x T x classes, N x 1 x H x W, N x 3 x H x W, or N x classes."""
    if not network.outputs:
        return None
    first = network.outputs[0]
    if len(first) == 3:
        return "text_recognition"
    if len(first) == 4:
        return {1: "text_detection", 3: "image_unwarping"}.get(first[1] or 0)
    return of_labels(first[1] or 0) if len(first) == 2 else None


def preprocess_of(task: str, network: NetworkFacts | None) -> list[dict[str, Any]]:
    """Return the usual steps before a network; those of a recognizer have the height and width that it states."""
    usual = USUAL.get(task)
    if task != "text_recognition":
        return [dict(step) for step in usual.preprocess] if usual else []
    shape = network.inputs[0] if network is not None and network.inputs else ()
    height, width = shape[2:] if len(shape) == 4 else (None, None)
    return [_BGR, {"RecResizeImg": {"image_shape": [3, height or LINE_HEIGHT, width or LINE_WIDTH]}}]
