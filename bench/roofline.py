"""How near the networks are to what the processor can do: ``python -m bench.roofline [--model MODEL] [PAGES...]``.

The limit is the rate of a large matrix product in the same engine, precision and threads, measured before and after
(``GFLOP/s``, the best of some sizes). Each call that the pipeline makes of a network, with the shape of its input, is
counted in GFLOP: two for each multiplication of a convolution or matrix product, from the network's graph reshaped to
that input. Printed are, for detection and recognition, GFLOP and milliseconds a page, the rate, and the share of the
limit that it reaches.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bench.peer_programs import MODELS
from record import list_pages, model_folder

from ocrzoo import create_pipeline

PAGES = Path(__file__).parents[1] / "tests" / "data" / "pages"
SIZES = ((1024, 1024, 1024), (1920, 480, 480), (2048, 2048, 2048))
"""Rows, shared and columns of the matrix products; the second is the size of a recognition network's."""
PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}
Shape = tuple[int, ...]


def product_rate(precision: str, threads: int, repeats: int = 20) -> float:
    """Return the GFLOP/s of OpenVINO's best matrix product."""
    import openvino as ov
    from openvino import opset13 as op

    core, rates = ov.Core(), []
    for rows, shared, columns in SIZES:
        left = op.parameter([rows, shared], np.float32)
        right = op.constant(np.random.default_rng(0).random((shared, columns), np.float32))
        model = ov.Model([op.matmul(left, right, False, False)], [left])
        config = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": PRECISIONS[precision]}
        request = core.compile_model(model, "CPU", config).create_infer_request()
        factor, taken = np.random.default_rng(1).random((rows, shared), np.float32), []
        for _ in range(repeats):
            start = time.perf_counter()
            request.infer([factor], share_inputs=True)
            taken.append(time.perf_counter() - start)
        rates.append(2 * rows * shared * columns / statistics.median(taken) / 1e9)
    return max(rates)


def operations(model: Any) -> float:
    """Return the floating-point operations of a model of fixed shapes: its convolutions and matrix products."""
    return float(sum(_OPERATIONS[kind](one) for one in model.get_ops() if (kind := one.get_type_name()) in _OPERATIONS))


def _convolution(one: Any) -> int:
    """Each output takes a product with the kernel of its channel."""
    grouped = one.get_type_name() == "GroupConvolution"
    kernel = list(one.input(1).get_shape())[2 if grouped else 1 :]
    return 2 * math.prod(one.output(0).get_shape()) * math.prod(kernel)


def _transposed(one: Any) -> int:
    return 2 * math.prod(one.input(0).get_shape()) * math.prod(list(one.input(1).get_shape())[1:])


def _product(one: Any) -> int:
    shape = list(one.input(0).get_shape())
    return 2 * math.prod(one.output(0).get_shape()) * shape[-2 if one.get_attributes()["transpose_a"] else -1]


_OPERATIONS = {
    "Convolution": _convolution,
    "GroupConvolution": _convolution,
    "ConvolutionBackpropData": _transposed,
    "MatMul": _product,
}


class Calls:
    """The calls of networks in OpenVINO: how often each shape came, and how long they took."""

    def __init__(self) -> None:
        self.shapes: Counter[Shape] = Counter()
        self.seconds: Counter[str] = Counter()

    def watch(self) -> None:
        """Note the calls from now on."""
        import openvino as ov

        own = ov.InferRequest.infer

        def wrapper(request: Any, inputs: Any, **options: Any) -> Any:
            start = time.perf_counter()
            result = own(request, inputs, **options)
            if inputs[0].ndim == 4:
                self.shapes[tuple(inputs[0].shape)] += 1
                self.seconds[task_of(inputs[0].shape)] += time.perf_counter() - start
            return result

        ov.InferRequest.infer = wrapper


def task_of(shape: Shape) -> str:
    """Return ``rec`` for inputs of recognition, whose lines are 48 pixels high; sides of pages are multiples of 32."""
    return "rec" if 48 in shape[1:3] else "det"


def gflop(name: str, shapes: Counter[Shape]) -> float:
    """Return the GFLOP of calls of a model, by the shape of their input."""
    import openvino as ov

    core, total = ov.Core(), 0.0
    network = model_folder(name, "onnx") / "inference.onnx"
    for shape, times in shapes.items():
        model = core.read_model(network)
        # Some engines take bytes with the channels last; the network takes them first.
        model.reshape(list(shape if shape[1] == 3 else (shape[0], shape[3], *shape[1:3])))
        total += times * operations(model) / 1e9
    return total


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", type=Path, default=[PAGES], help="folders of images, or images")
    parser.add_argument("--model", action="append", choices=MODELS, help="may be repeated; by default all")
    parser.add_argument("--batching", choices=("exact", "width"), default="exact")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args(argv)
    pages = [str(page) for page in list_pages(options.pages)]
    calls = Calls()
    calls.watch()
    limits = {precision: [product_rate(precision, options.threads)] for precision in PRECISIONS}
    rows = []
    for model in options.model or MODELS:
        for precision in PRECISIONS:
            pipeline = create_pipeline(
                engine="openvino",
                precision=precision,
                batching=options.batching,
                threads=options.threads,
                text_detection_model_name=f"{model}_det",
                text_recognition_model_name=f"{model}_rec",
                use_doc_orientation_classify=False,
                use_doc_unwarping=False,
                use_textline_orientation=False,
            )
            list(pipeline.predict(pages))
            calls.shapes.clear()
            calls.seconds.clear()
            for _ in range(options.repeats):
                list(pipeline.predict(pages))
            for task in ("det", "rec"):
                shapes = Counter({shape: times for shape, times in calls.shapes.items() if task_of(shape) == task})
                name = f"{model}_{task}"
                rows.append((name, precision, gflop(name, shapes), calls.seconds[task], shapes.total()))
    for precision in PRECISIONS:
        limits[precision].append(product_rate(precision, options.threads))
    for precision, (before, after) in limits.items():
        print(f"matrix product, {precision}: {before:.0f} GFLOP/s before, {after:.0f} after")
    print(f"{'':22}{'precision':>10}{'calls':>7}{'GFLOP':>7}{'ms':>7}{'GFLOP/s':>9}{'of limit':>10}   a page")
    count = options.repeats * len(pages)
    for name, precision, total, seconds, times in rows:
        rate, limit = total / seconds, statistics.mean(limits[precision])
        print(
            f"{name:22}{precision:>10}{times / count:>7.1f}{total / count:>7.1f}{1000 * seconds / count:>7.0f}"
            f"{rate:>9.0f}{rate / limit:>10.0%}"
        )


if __name__ == "__main__":
    main()
