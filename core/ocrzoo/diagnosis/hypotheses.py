"""What may be otherwise than a model's configuration states: one record for each hypothesis.

``change`` says what to change where the hypothesis reads better than what is stated. Hypotheses about the dictionary
depend on it, and are made in :mod:`.dictionaries`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ocrzoo.processing.detection import MEAN, STD

_IN_FRONT = "in front of the network, before it is exported again (docs/plugins/doctor.md has how)"


@dataclass(frozen=True)
class Hypothesis:
    """One value that a property of a model may have."""

    factor: str
    """The property, such as ``color order``."""
    name: str
    """The value in words; unique in its factor."""
    value: Any
    """The value as the trial of the task takes it."""
    change: str = ""
    """What to change if this is right and something else is stated."""

    def __str__(self) -> str:
        """Return factor and value, as reports do."""
        return f"{self.factor}: {self.name}"


@dataclass(frozen=True)
class Normalization:
    """How pixels become a network's numbers: ``(x * scale - mean) / std``, x from 0 to 1, by channel."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    scale: float = 1.0


HALF = Normalization((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
IMAGENET = Normalization(MEAN, STD)
_UNIT = Normalization((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
_BYTES = Normalization((0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 255.0)


def _normalizations(own: str) -> Iterable[Hypothesis]:
    """``own`` is what ocrzoo gives networks of the task, which no key changes."""
    for name, value, formula in (
        ("0.5 / 0.5", HALF, "(x / 255 - 0.5) / 0.5"),
        ("ImageNet", IMAGENET, "(x / 255 - mean) / std with ImageNet's mean and std"),
        ("0 to 1", _UNIT, "x / 255"),
        ("0 to 255", _BYTES, "x"),
    ):
        change = f"put the conversion from {own} to {formula} {_IN_FRONT}"
        if name == own:
            change = f"correct or delete PreProcess.transform_ops.NormalizeImage: the network needs {formula}"
        yield Hypothesis("mean and scale", name, value, change)


_COLORS = (
    Hypothesis("color order", "BGR", "BGR", "set PreProcess.transform_ops.DecodeImage.img_mode to BGR"),
    Hypothesis("color order", "RGB", "RGB", f"put a reversal of the channels, x[:, [2, 1, 0]], {_IN_FRONT}"),
    Hypothesis("color order", "gray", "gray", f"put a conversion of three channels to one {_IN_FRONT}"),
)

_LINE_AXES = (
    Hypothesis("output axes", "N x T x classes", (0, 1, 2), ""),
    Hypothesis("output axes", "N x classes x T", (0, 2, 1), "transpose the output to N x T x classes: (0, 2, 1)"),
    Hypothesis("output axes", "T x N x classes", (1, 0, 2), "transpose the output to N x T x classes: (1, 0, 2)"),
)

_LINE_OUTPUTS = (
    Hypothesis("output values", "probabilities", "probabilities", ""),
    Hypothesis("output values", "raw scores", "raw scores", "end the network with a softmax over the classes"),
    Hypothesis(
        "output values", "logarithms", "logarithms", "end the network with a softmax in place of its log-softmax"
    ),
    Hypothesis(
        "output values", "sigmoids", "sigmoids", "end the network with a softmax in place of a sigmoid of each class"
    ),
    Hypothesis(
        "output values",
        "softmax twice",
        "softmax twice",
        "remove the softmax that the export added: the network has one already",
    ),
)

_BLANK_FIRST = "move the class of the blank in front of the others: the last class becomes class 0"
_NO_SPACE = "add a class of probability 0 for the space after the others: the network was trained without one"
LAYOUTS = (
    Hypothesis("class layout", "blank, dictionary, space", ("blank", "entries", "space")),
    Hypothesis("class layout", "dictionary, space, blank", ("entries", "space", "blank"), _BLANK_FIRST),
    Hypothesis("class layout", "space, dictionary, blank", ("space", "entries", "blank"), _BLANK_FIRST),
    Hypothesis(
        "class layout",
        "blank, space, dictionary",
        ("blank", "space", "entries"),
        "move the class of the space behind the others: class 1 becomes the last one",
    ),
    Hypothesis("class layout", "blank, dictionary", ("blank", "entries"), _NO_SPACE),
    Hypothesis("class layout", "dictionary, blank", ("entries", "blank"), f"{_BLANK_FIRST}; {_NO_SPACE}"),
)

OF_LINES = (
    *(
        Hypothesis(
            "line height",
            str(height),
            height,
            f"set inference.preprocess of the card, PreProcess.transform_ops of inference.yml, to "
            f"{{RecResizeImg: {{image_shape: [3, {height}, 320]}}}}",
        )
        for height in (48, 32, 64)
    ),
    *_COLORS,
    *_normalizations("0.5 / 0.5"),
    *_LINE_AXES,
    *_LINE_OUTPUTS,
    *LAYOUTS,
)

_LIMIT = "read with --text_det_limit_type {0} --text_det_limit_side_len {1}, or set limit_type and limit_side_len of \
SubModules.TextDetection in the configuration"

OF_PAGES = (
    *(
        Hypothesis("page size", f"{kind} {side}", (kind, side), _LIMIT.format(kind, side))
        for kind, side in (
            ("min", 64),
            ("min", 736),
            ("min", 1280),
            ("max", 640),
            ("max", 960),
            ("max", 1280),
            ("resize_long", 960),
        )
    ),
    *_COLORS,
    *_normalizations("ImageNet"),
    Hypothesis("output axes", "N x 1 x H x W", (0, 1, 2, 3), ""),
    Hypothesis("output axes", "N x H x W x 1", (0, 3, 1, 2), "transpose the output to N x 1 x H x W: (0, 3, 1, 2)"),
    Hypothesis("output axes", "N x H x W", (0, 1, 2), "add an axis of the channels to the output: N x 1 x H x W"),
    Hypothesis("output values", "probabilities", "probabilities", ""),
    Hypothesis("output values", "raw scores", "raw scores", "end the network with a sigmoid"),
    Hypothesis(
        "output values",
        "sigmoid twice",
        "sigmoid twice",
        "remove the sigmoid that the export added: the network has one already",
    ),
    *(
        Hypothesis(
            "thresholds",
            f"thresh {thresh}, box_thresh {box}",
            (thresh, box),
            f"set PostProcess.thresh to {thresh} and PostProcess.box_thresh to {box}",
        )
        for thresh, box in ((0.3, 0.6), (0.2, 0.45), (0.3, 0.3))
    ),
    *(
        Hypothesis("unclip ratio", str(ratio), ratio, f"set PostProcess.unclip_ratio to {ratio}")
        for ratio in (1.5, 1.4, 2.0)
    ),
)

Choices = Mapping[str, Hypothesis]
"""A hypothesis for each factor: how a trial reads."""


def of_factor(table: Iterable[Hypothesis], factor: str) -> list[Hypothesis]:
    """Return the hypotheses of a factor, in their order."""
    return [one for one in table if one.factor == factor]


def named(table: Iterable[Hypothesis], factor: str, name: str) -> Hypothesis:
    """Return the hypothesis of a factor by its name."""
    return next(one for one in of_factor(table, factor) if one.name == name)


def stated(table: Iterable[Hypothesis], factor: str, value: Any, name: str) -> Hypothesis:
    """Return the hypothesis of a value that a configuration states, whether the table has it or not."""
    return next((one for one in of_factor(table, factor) if one.value == value), Hypothesis(factor, name, value))
