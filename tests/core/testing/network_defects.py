"""What makes a plugin bad: defects of its network and its code."""

from __future__ import annotations

import cv2
import numpy as np
from onnx import TensorProto, helper
from tests.core.testing.defects import Defect
from tests.core.testing.plugins import Seaside

from ocrzoo.testing import pictures


def replaced_letters(plugin: Seaside) -> None:
    """Rare characters give their classes to Cyrillic letters, which the network was never trained on."""
    cyrillic = [chr(code) for code in range(0x410, 0x450)] + ["Ё", "ё"]
    missing = [letter for letter in cyrillic if letter not in plugin.charset]
    rare = [place for place, entry in enumerate(plugin.charset) if entry >= "\u4e00"][-len(missing) :]
    for place, letter in zip(rare, missing, strict=True):
        plugin.charset[place] = letter
    plugin.card.update(languages=["en", "ru"], scripts=["Latn", "Cyrl"])


def is_nan(plugin: Seaside) -> None:
    zero = plugin.constant("zero", 0.0)
    plugin.after(
        helper.make_node("Mul", ["found", zero], ["nothing"]),
        helper.make_node("Div", ["nothing", "nothing"], ["answer"]),
    )


def nan_if_blank(plugin: Seaside) -> None:
    """Each picture is divided by its own range, which is 0 if nothing is on it."""
    plugin.before(
        helper.make_node("ReduceMax", ["given"], ["most"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("ReduceMin", ["given"], ["least"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Sub", ["most", "least"], ["range"]),
        helper.make_node("Div", ["range", "range"], ["one"]),
        helper.make_node("Mul", ["given", "one"], ["x"]),
    )


def random(plugin: Seaside) -> None:
    """Dropout that was left on: probabilities are scaled at random."""
    plugin.after(
        helper.make_node("ReduceMax", ["found"], ["most"], axes=[2], keepdims=1),
        helper.make_node("RandomUniformLike", ["most"], ["share"], low=0.5, high=1.0),
        helper.make_node("Mul", ["found", "share"], ["answer"]),
    )


def expects_pixels(plugin: Seaside) -> None:
    """A network that takes 0 to 255 in 32 levels: from -1 to 1 it sees nothing."""
    one, eight, sixteen = (plugin.constant(f"c{value}", value) for value in (1, 8, 16))
    plugin.before(
        helper.make_node("Add", ["given", one], ["raised"]),
        helper.make_node("Div", ["raised", eight], ["divided"]),
        helper.make_node("Floor", ["divided"], ["level"]),
        helper.make_node("Div", ["level", sixteen], ["light"]),
        helper.make_node("Sub", ["light", one], ["x"]),
    )


def sees_lightness(plugin: Seaside) -> None:
    """A network of gray pictures, by the weights of red, green and blue in this order."""
    colors = plugin.constant("colors", np.array([0.299, 0.587, 0.114]).reshape(1, 3, 1, 1))
    plugin.before(
        helper.make_node("Conv", ["given", colors], ["gray"]), helper.make_node("Concat", ["gray"] * 3, ["x"], axis=1)
    )


def gray(plugin: Seaside) -> None:
    plugin.before(helper.make_node("Concat", ["given"] * 3, ["x"], axis=1), shape=["n", 1, 48, "w"])


def low(plugin: Seaside) -> None:
    """A network that takes lines of height 32."""
    scales = plugin.constant("scales", [1, 1, 1.5, 1.5])
    plugin.before(
        helper.make_node("Resize", ["given", plugin.constant("roi", []), scales], ["x"]), shape=["n", 3, 32, "w"]
    )


def low_but_says_48(plugin: Seaside) -> None:
    low(plugin)
    plugin.card["inference"]["preprocess"] = [{"RecResizeImg": {"image_shape": [3, 48, 320]}}]


def one_line_a_call(plugin: Seaside) -> None:
    plugin.network.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def two_inputs(plugin: Seaside) -> None:
    plugin.network.graph.input.append(helper.make_tensor_value_info("ratio", TensorProto.FLOAT, ["n"]))
    plugin.after(helper.make_node("Mul", ["found", "ratio"], ["answer"]))


def exchanged_mean(plugin: Seaside) -> None:
    normalized = plugin.card["inference"]["preprocess"][0]["NormalizeImage"]
    normalized.update(mean=normalized["std"], std=normalized["mean"])


def with_picture(plugin: Seaside) -> None:
    plugin.card["self_check"] = {"picture": "line.png", "text": "Something else"}
    plugin.cards.mkdir(parents=True)
    cv2.imwrite(str(plugin.cards / "line.png"), pictures.line("Sphinx of black quartz"))


NETWORKS = {
    "charset entry missing": Defect(
        "load",
        "makes 6905 classes (blank and space included) (plugin 'seaside' (ocrzoo-seaside 0.1.0)) (find the cause with "
        "'ocrzoo models doctor /",
        lambda p: p.charset.pop(5000),
    ),
    "charset entry too many": Defect(
        "load", "6906 classes, but its charset makes 6907", lambda p: p.charset.append("☃")
    ),
    "charset shifted": Defect("reading", "does not read English", lambda p: p.charset.insert(0, p.charset.pop())),
    "claims a language that it has the letters of and cannot read": Defect(
        "reading", "does not read Russian", replaced_letters
    ),
    "NaN": Defect("output", "not finite", is_nan),
    "NaN for a blank picture": Defect("pictures", "pictures: white, black: ", nan_if_blank),
    "another answer each time": Defect("repeat", "another answer each time", random),
    "N x classes x T": Defect(
        "output",
        "which is N x classes x T: transpose it",
        lambda p: p.after(helper.make_node("Transpose", ["found"], ["answer"], perm=[0, 2, 1])),
    ),
    "T x N x classes": Defect(
        "output",
        "which is T x N x classes: transpose it",
        lambda p: p.after(helper.make_node("Transpose", ["found"], ["answer"], perm=[1, 0, 2])),
    ),
    "float64": Defect(
        "output",
        "outputs float64 numbers",
        lambda p: p.after(
            helper.make_node("Cast", ["found"], ["answer"], to=TensorProto.DOUBLE), kind=TensorProto.DOUBLE
        ),
        severity="warning",
    ),
    "classes in place of probabilities": Defect(
        "output",
        "not floating-point (int64)",
        lambda p: p.after(
            helper.make_node("ArgMax", ["found"], ["answer"], axis=2, keepdims=0), kind=TensorProto.INT64
        ),
    ),
    "logits": Defect(
        "output",
        "as scores without a softmax are",
        lambda p: p.after(helper.make_node("Identity", ["found"], ["answer"]), without=1),
    ),
    "logarithms": Defect(
        "output",
        "as logarithms of probabilities are",
        lambda p: p.after(helper.make_node("Log", ["found"], ["answer"])),
    ),
    "height 32, not stated": Defect("load", "lines of height 32", low, severity="warning"),
    "height 32, and 48 stated": Defect("load", "takes lines of height 32, but its inference.yml sets", low_but_says_48),
    "batch of 1": Defect("load", "takes only batch 1", one_line_a_call, severity="warning"),
    "one channel": Defect("load", "3 channels are needed", gray),
    "two inputs": Defect("load", "has 2 inputs", two_inputs),
    "expects 0 to 255": Defect("input", "with values from 0 to 255", expects_pixels),
    "wrong order of colors": Defect("input", "the channels in the order red, green, blue", sees_lightness),
    "mean and deviation exchanged": Defect(
        "load", "sets mean to [0.229, 0.224, 0.225]", exchanged_mean, task="text_detection"
    ),
    "finds the paper, not the text": Defect(
        "reading",
        "finds 0 of 4 lines",
        lambda p: p.after(
            helper.make_node("Neg", ["found"], ["minus"]),
            helper.make_node("Add", ["minus", p.constant("1", 1.0)], ["answer"]),
        ),
        task="text_detection",
    ),
    "a self-check that does not hold": Defect(
        "self-check", "it reads 'Sphinx of black quartz', not 'Something else'", with_picture
    ),
}

ENGINE = """

import numpy as np
from ocrzoo.engines.onnxruntime import OnnxRuntimeEngine
from ocrzoo_registry import EngineSpec


class Session:
    def __init__(self, session):
        self.inputs, self.outputs, self._session = session.inputs, session.outputs, session

    def run(self, batch):
        output = self._session.run(batch)
        return np.roll(output, 1, axis=1)  # of the right shape and range, and wrong


class Engine(OnnxRuntimeEngine):
    def load(self, folder, file_format, options):
        return Session(super().load(folder, file_format, options))


@hookimpl
def ocrzoo_engines():
    yield EngineSpec("seaside_engine", f"{__name__}:Engine", ("onnx",), "onnxruntime", install="seaside", rank=99)
"""

STATE = """
import time
self.crops = crops
time.sleep(0.05)
return super().predict(self.crops, batch_size, **options)
"""

CODE = {
    "an engine that computes something else": Defect(
        "engines", "seaside_engine, onnx: its outputs differ", lambda p: setattr(p, "module", p.module + ENGINE)
    ),
    "not thread-safe": Defect("threads", "are others than those of one thread", lambda p: p.reader(STATE)),
    "answers of a batch in another order": Defect(
        "batch",
        "have another answer together than alone",
        lambda p: p.reader("return super().predict(crops, batch_size, **options)[::-1]"),
    ),
    "one answer for a batch": Defect(
        "batch", "returned 1 results for 4 images", lambda p: p.reader("return super().predict(crops[:1])")
    ),
    "raises for small pictures": Defect(
        "pictures",
        "1 x 1 pixels: ",
        lambda p: p.reader("assert min(c.shape[0] for c in crops) > 1\nreturn super().predict(crops)"),
    ),
    "raises always": Defect("output", "ZeroDivisionError", lambda p: p.reader("return 1 / 0")),
}
