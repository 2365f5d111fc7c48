"""Options that several commands share, under PaddleX's names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import click

Command = Callable[..., Any]


class Switch(click.ParamType[bool | None]):
    """PaddleX's way to write yes, no and neither: True, False, None, in any case, or the first letter."""

    name = "true|false"
    _WORDS: ClassVar = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False, "none": None}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bool | None:
        """Read the word."""
        if not isinstance(value, str):
            return None if value is None else bool(value)
        if value.lower() not in self._WORDS:
            self.fail(f"{value!r} is neither True nor False", param, ctx)
        return self._WORDS[value.lower()]


class PlainMapping(click.ParamType[dict[str, Any]]):
    """A small mapping, written as YAML, JSON or as Python writes a dictionary."""

    name = "mapping"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """Read the mapping."""
        from ocrzoo_registry import safe_yaml

        try:
            data = safe_yaml.load(value) if isinstance(value, str) else value
        except safe_yaml.YamlError as error:
            self.fail(f"{value!r}: {error}", param, ctx)
        if not isinstance(data, dict):
            self.fail(f"{value!r} is no mapping, such as '{{backend: openvino}}'", param, ctx)
        return data


SAVED_AS = ("json", "img", "txt", "tsv", "hocr", "alto", "pdf")
"""What files a result can be saved as."""


class SavedAs(click.ParamType[tuple[str, ...]]):
    """Kinds of files with commas between."""

    name = "kinds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Read the kinds."""
        kinds = tuple(value.split(",")) if isinstance(value, str) else tuple(value)
        for kind in kinds:
            if kind not in SAVED_AS:
                self.fail(f"{kind!r} is none of {', '.join(SAVED_AS)}", param, ctx)
        return kinds


MODULES = {
    "text_detection": "PP-OCRv5_mobile_det",
    "text_recognition": "PP-OCRv5_mobile_rec",
    "doc_orientation_classify": "PP-LCNet_x1_0_doc_ori",
    "doc_unwarping": "UVDoc",
    "textline_orientation": "PP-LCNet_x0_25_textline_ori",
}
"""How options that choose a model begin, and the model that is taken without them."""

_PREDICTION = (
    click.option("--use_doc_orientation_classify", type=Switch(), help="Turn pages upright."),
    click.option("--use_doc_unwarping", type=Switch(), help="Flatten bent pages."),
    click.option("--use_textline_orientation", type=Switch(), help="Turn lines that stand on their head."),
    click.option("--text_det_limit_side_len", type=int, help="Side length that pages are scaled to.  [64]"),
    click.option("--text_det_limit_type", type=click.Choice(["min", "max"]), help="Which side that bounds.  [min]"),
    click.option("--text_det_thresh", type=float, help="Pixels above this are text.  [0.3]"),
    click.option("--text_det_box_thresh", type=float, help="Regions above this are text.  [0.6]"),
    click.option("--text_det_unclip_ratio", type=float, help="How far regions grow.  [1.5]"),
    click.option("--text_rec_score_thresh", type=float, help="Lines below this are left out.  [0.0]"),
)

_WORDS = (click.option("--return_word_box", type=Switch(), help="Also say where each word is.  [False]"),)

_RUNNING = (
    click.option("--engine", metavar="NAME", help="openvino, onnxruntime or paddle.  [the fastest installed]"),
    click.option("--device", metavar="DEVICE", help="cpu, or a kind and card numbers: gpu:0, or gpu:0,1.  [cpu]"),
    click.option("--use_hpip", type=Switch(), help="True: an accelerated engine; False: Paddle's own."),
    click.option(
        "--hpi_config", metavar="MAPPING", type=PlainMapping(), help="PaddleX's, such as '{backend: openvino}'."
    ),
    click.option("--batching", type=click.Choice(["exact", "width"]), help="Lines grouped as PaddleX does.  [exact]"),
    click.option(
        "--paddlex_quirks", type=Switch(), help="Also do what PaddleX does where ocrzoo knows better.  [False]"
    ),
    click.option(
        "--save_path",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Save JSON and pictures of the results there.",
    ),
)

_MODELS = tuple(
    click.option(
        f"--{module}_model_{what}", metavar=what.upper(), help=text, type=click.Path() if what == "dir" else str
    )
    for module, default in MODULES.items()
    for what, text in (("name", f"[{default}]"), ("dir", "A folder of your own weights for it."))
)


def prediction_options(command: Command) -> Command:
    """Add what ``predict`` takes."""
    return _add(_PREDICTION, command)


def word_options(command: Command) -> Command:
    """Add whether words are asked for."""
    return _add(_WORDS, command)


def running_options(command: Command) -> Command:
    """Add where and how the models run."""
    return _add(_RUNNING, command)


def model_options(command: Command) -> Command:
    """Add which models are used."""
    return _add(_MODELS, command)


def _add(options: tuple[Callable[[Command], Command], ...], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
