"""The stand-ins as Paddle programs (``inference.json`` and ``inference.pdiparams``)."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from tests.standins.networks import CELL, Classifier, Flattener

from ocrzoo.engines.paddle import _import_paddle


def paddle_for_writing() -> Any:
    """Return paddle, ready to save networks in this thread, whichever imported it first."""
    paddle = _import_paddle()
    paddle.disable_static()
    return paddle


def write_classifier(network: Classifier, folder: Path) -> None:
    """Write a classifier: input ``x``, N x 3 x H x W."""
    paddle = paddle_for_writing()
    functional, base = paddle.nn.functional, paddle.nn.Layer

    class Layer(base):  # type: ignore[misc, valid-type]  # paddle has no types here
        def __init__(self) -> None:
            super().__init__()
            for name in ("squares", "bias", "patterns", "leaning"):
                setattr(self, name, _parameter(self, getattr(network, name)))

        def forward(self, x: Any) -> Any:
            marked = functional.hardswish(functional.conv2d(x, self.squares, self.bias, stride=CELL))
            cells = functional.avg_pool2d(marked, network.pool, network.pool)
            logits = functional.adaptive_avg_pool2d(functional.conv2d(cells, self.patterns, self.leaning), 1)
            return functional.softmax(logits.flatten(1), axis=1)

    _save(paddle, Layer, folder, "x")


def write_flattener(network: Flattener, folder: Path) -> None:
    """Write the flattener: input ``img``, N x 3 x H x W."""
    paddle = paddle_for_writing()
    functional, base = paddle.nn.functional, paddle.nn.Layer

    def resize(image: Any, size: Any) -> Any:
        return functional.interpolate(image, size=size, mode="bilinear", align_corners=True)

    class Layer(base):  # type: ignore[misc, valid-type]  # paddle has no types here
        def __init__(self) -> None:
            super().__init__()
            for name in ("squares", "mix", "grid"):
                setattr(self, name, _parameter(self, getattr(network, name)))

        def forward(self, img: Any) -> Any:
            seen = functional.conv2d(resize(img, network.small), self.squares, stride=network.squares.shape[2])
            moves = paddle.tanh(functional.conv2d(functional.hardswish(seen), self.mix)) * network.reach
            places = resize(moves + self.grid, paddle.shape(img)[2:]).transpose([0, 2, 3, 1])
            sampled = functional.grid_sample(img, places, mode="bilinear", padding_mode="zeros", align_corners=True)
            around = functional.avg_pool2d(functional.pad(sampled, [1, 1, 1, 1], mode="replicate"), 3, 1)
            return sampled * (1 + network.sharpen) - around * network.sharpen

    _save(paddle, Layer, folder, "img")


def _parameter(layer: Any, value: Any) -> Any:
    paddle = _import_paddle()
    return layer.create_parameter(value.shape, default_initializer=paddle.nn.initializer.Assign(value))


def _save(paddle: Any, make: Any, folder: Path, takes: str) -> None:
    takes_any_size = [paddle.static.InputSpec([None, 3, None, None], "float32", takes)]
    with warnings.catch_warnings(), paddle.utils.unique_name.guard():  # numbers in names begin with 0 each time
        warnings.simplefilter("ignore")  # what paddle says of its own interfaces
        layer = make()
        layer.eval()
        paddle.jit.save(layer, str(folder / "inference"), takes_any_size)
