"""Options that several commands share, under PaddleX's names."""

from __future__ import annotations

from collections.abc import Callable
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


_PREDICTION = (
    click.option("--use_doc_orientation_classify", type=Switch(), help="Turn pages upright (not in this version)."),
    click.option("--use_doc_unwarping", type=Switch(), help="Flatten bent pages (not in this version)."),
    click.option("--use_textline_orientation", type=Switch(), help="Turn lines upright (not in this version)."),
    click.option("--text_det_limit_side_len", type=int, help="Side length that pages are scaled to.  [64]"),
    click.option("--text_det_limit_type", type=click.Choice(["min", "max"]), help="Which side that bounds.  [min]"),
    click.option("--text_det_thresh", type=float, help="Pixels above this are text.  [0.3]"),
    click.option("--text_det_box_thresh", type=float, help="Regions above this are text.  [0.6]"),
    click.option("--text_det_unclip_ratio", type=float, help="How far regions grow.  [1.5]"),
    click.option("--text_rec_score_thresh", type=float, help="Lines below this are left out.  [0.0]"),
)

_RUNNING = (
    click.option("--engine", metavar="NAME", help="openvino, onnxruntime or paddle.  [the fastest installed]"),
    click.option("--device", metavar="DEVICE", help="cpu, or a kind and card number such as gpu:0.  [cpu]"),
    click.option("--save_path", metavar="DIR", type=click.Path(), help="Save JSON and pictures of the results there."),
)


def prediction_options(command: Command) -> Command:
    """Add what ``predict`` takes."""
    return _add(_PREDICTION, command)


def running_options(command: Command) -> Command:
    """Add where and how the models run."""
    return _add(_RUNNING, command)


def _add(options: tuple[Callable[[Command], Command], ...], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
