"""Bad plugins, one defect each: the check that is meant for it finds it, and names it."""

from __future__ import annotations

import pickle
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tests.core.testing.plugins import Seaside

from ocrzoo.testing import CHECKS, Result, pictures
from ocrzoo.testing.running import Job, run
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.weights

NEEDS_NETWORK = frozenset(check.name for check in CHECKS if check.needs in {"weights", "predictor", "answer"})


def check(folder: Path, *, with_network: bool = True) -> list[Result]:
    """Run the checks in this process; ``with_network``: also those that load the network."""
    left_out = (
        set()
        if with_network
        else {("model", f"seaside_{kind}", name) for kind in ("rec", "det") for name in NEEDS_NETWORK}
    )
    return [event for event in run(Job(folder=folder, done=left_out)) if isinstance(event, Result)]


@dataclass(frozen=True)
class Defect:
    """What makes a plugin bad, and how it is named."""

    check: str
    text: str
    """Part of the finding: where, what, or the next step."""
    change: Callable[[Seaside], object]
    """Changes the good plugin before it is written."""
    later: Callable[[Seaside], object] = lambda _: None
    """Changes its files."""
    severity: str = "error"
    task: str = "text_recognition"
    network: bool = True
    """Whether the network has to be loaded to find it."""


def nothing(_: Seaside) -> None: ...


def states(**keys: object) -> Callable[[Seaside], object]:
    """A card with other values."""
    return lambda plugin: plugin.card.update(keys)


def file_states(**keys: object) -> Callable[[Seaside], object]:
    """A card that says something else of the weights."""
    return lambda plugin: plugin.file.update(keys)


def weights(content: bytes) -> Callable[[Seaside], object]:
    """Other bytes as weights, without a digest."""

    def change(plugin: Seaside) -> None:
        plugin.weights, plugin.pins_digest = content, False

    return change


# --- cards and files ---------------------------------------------------------------------------------------------------


def write_charset(plugin: Seaside, encoding: str) -> None:
    path = plugin.cards / "charsets" / "seaside.txt"
    path.write_text(path.read_text("utf-8"), encoding=encoding)


def link_weights(plugin: Seaside) -> None:
    weights = plugin.weights_folder / "inference.onnx"
    shutil.move(weights, plugin.folder.parent / "elsewhere.onnx")
    weights.symlink_to(plugin.folder.parent / "elsewhere.onnx")


def torch_archive(plugin: Seaside) -> None:
    with zipfile.ZipFile(plugin.weights_folder / "best_model.pt", "w") as archive:
        archive.writestr("best_model/data.pkl", pickle.dumps({}))


def cut(plugin: Seaside) -> None:
    content = plugin.network.SerializeToString()
    weights(content[: len(content) // 2])(plugin)


def external_data(plugin: Seaside) -> None:
    plugin.weights_folder.mkdir(parents=True)
    path = plugin.weights_folder / "inference.onnx"
    onnx.save_model(
        plugin.network, str(path), save_as_external_data=True, location="inference.onnx.data", size_threshold=0
    )
    weights(path.read_bytes())(plugin)
    shutil.rmtree(plugin.folder / "ocrzoo_seaside")


def replaced_letters(plugin: Seaside) -> None:
    """Rare characters give their classes to Cyrillic letters, which the network was never trained on."""
    cyrillic = [chr(code) for code in range(0x410, 0x450)] + ["Ё", "ё"]
    missing = [letter for letter in cyrillic if letter not in plugin.charset]
    rare = [place for place, entry in enumerate(plugin.charset) if entry >= "\u4e00"][-len(missing) :]
    for place, letter in zip(rare, missing, strict=True):
        plugin.charset[place] = letter
    plugin.card.update(languages=["en", "ru"], scripts=["Latn", "Cyrl"])


CARDS = {
    "unknown license": Defect("license", "not an SPDX identifier", states(license="my own license")),
    "metric without data set": Defect("metrics", "metrics.0: accuracy 91.5 has no data set", lambda p: p.card["metrics"][0].pop("dataset")),
    "no figures": Defect("metrics", "no figure is published", states(metrics=[]), severity="warning"),
    "claims a language that it cannot write": Defect(
        "languages", "claims Korean (ko), but lacks all", states(languages=["en", "ko"], scripts=["Latn", "Kore"])
    ),
    "wrong script": Defect("card", "scripts: Latn is missing", states(scripts=["Hang"])),
    "no language": Defect("card", "no language is claimed", states(languages=[], scripts=[]), severity="warning"),
    "unknown predictor": Defect("card", "no plugin has 'attention'", lambda p: p.card["inference"].update(predictor="attention")),
    "unknown postprocess": Defect(
        "plugin", "knows CTCLabelDecode, not 'AttnLabelDecode'", lambda p: p.card["inference"]["postprocess"].update(name="AttnLabelDecode")
    ),
    "unknown key": Defect("plugin", "licence: unknown key (did you mean license", states(licence="MIT")),
    "unknown task": Defect("plugin", "did you mean text_recognition", states(task="text_recognitoin")),
    "path traversal in the charset": Defect("plugin", "charset: '../../secret.txt' is not a path below", states(charset="../../secret.txt")),
    "path traversal in a file": Defect("plugin", "'../inference.onnx' is not a path", file_states(path="../inference.onnx")),
    "path traversal in the folder of weights": Defect(
        "plugin", "'/etc' is not a path", states(sources={"directory": {"onnx": {"path": "/etc"}}})
    ),
    "an official name": Defect("plugin", "model 'PP-OCRv6_tiny_rec' is registered by", states(name="PP-OCRv6_tiny_rec")),
    "an official name in another case": Defect("plugin", "differs from the official PP-OCRv6_tiny_rec only in case", states(name="pp-ocrv6_TINY_rec")),
    "two models of one name": Defect(
        "plugin", "registered more than once", nothing, lambda p: shutil.copy(p.cards / "seaside.yaml", p.cards / "again.yaml")
    ),
    "charset entry doubled": Defect("charset", "occur more than once: 'a'", lambda p: p.charset.__setitem__(100, "a")),
    "blank line in the charset": Defect("plugin", "line 101: the line is empty", lambda p: p.charset.__setitem__(100, "")),
    "charset in UTF-16": Defect("plugin", "is in UTF-16; save it as UTF-8", nothing, lambda p: write_charset(p, "utf-16")),
    "charset missing": Defect("plugin", "charset: there is no file", nothing, lambda p: (p.cards / "charsets" / "seaside.txt").unlink()),
    "symbolic link in the weights": Defect("files", "weights/inference.onnx: is a symbolic link", nothing, link_weights),
    "pickle among the files": Defect(
        "files", "optimizer.bin: is a pickle", nothing, lambda p: (p.cards / "optimizer.bin").write_bytes(pickle.dumps({"a": 1}))
    ),
    "archive of torch among the files": Defect("files", "best_model.pt: is a pickle, or has pickles in it", nothing, torch_archive),
    "no source": Defect("sources", "sources: none", states(sources={}), severity="warning"),
    "import error": Defect("plugin", "import: ModuleNotFoundError", lambda p: setattr(p, "module", "import ocrzoo_no_such_module")),
    "hook without its decorator": Defect(
        "plugin", "the decorator @hookimpl is missing", lambda p: setattr(p, "module", p.module.replace("@hookimpl", ""))
    ),
    "nothing registered": Defect("plugin", "it registers nothing", lambda p: setattr(p, "module", "")),
}  # fmt: skip

BYTES = {
    "wrong digest": Defect("weights", "not the expected ones", file_states(sha256="0" * 64, digest_origin="ours")),
    "wrong size": Defect("sources", "inference.onnx has 4462639 bytes there, and 17 by the card", file_states(size=17)),
    "weights missing": Defect("weights", "has no inference.onnx", nothing, lambda p: (p.weights_folder / "inference.onnx").unlink()),
    "truncated weights": Defect("weights", "is truncated", cut),
    "a web page as weights": Defect("weights", "is a web page", weights(b"<!doctype html><title>404</title>")),
    "a Git LFS pointer as weights": Defect("weights", "Git LFS pointer", weights(b"version https://git-lfs.github.com/spec/v1\n")),
    "external data forgotten": Defect("weights", "keeps its weights in inference.onnx.data", external_data),
    "no digest": Defect("weights", "inference.onnx has no digest", lambda p: setattr(p, "pins_digest", False), severity="warning"),
}  # fmt: skip


# --- networks ------------------------------------------------------------------------------------------------------------


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
    "charset entry missing": Defect("load", "6906 classes, but its charset makes 6905", lambda p: p.charset.pop(5000)),
    "charset entry too many": Defect("load", "6906 classes, but its charset makes 6907", lambda p: p.charset.append("☃")),
    "charset shifted": Defect("reading", "does not read English", lambda p: p.charset.insert(0, p.charset.pop())),
    "claims a language that it has the letters of and cannot read": Defect("reading", "does not read Russian", replaced_letters),
    "NaN": Defect("output", "not finite", is_nan),
    "NaN for a blank picture": Defect("pictures", "pictures: white, black: ", nan_if_blank),
    "another answer each time": Defect("repeat", "another answer each time", random),
    "N x classes x T": Defect(
        "output", "which is N x classes x T: transpose it", lambda p: p.after(helper.make_node("Transpose", ["found"], ["answer"], perm=[0, 2, 1]))
    ),
    "T x N x classes": Defect(
        "output", "which is T x N x classes: transpose it", lambda p: p.after(helper.make_node("Transpose", ["found"], ["answer"], perm=[1, 0, 2]))
    ),
    "float64": Defect(
        "output", "outputs float64 numbers",
        lambda p: p.after(helper.make_node("Cast", ["found"], ["answer"], to=TensorProto.DOUBLE), kind=TensorProto.DOUBLE), severity="warning",
    ),
    "classes in place of probabilities": Defect(
        "output", "not floating-point (int64)",
        lambda p: p.after(helper.make_node("ArgMax", ["found"], ["answer"], axis=2, keepdims=0), kind=TensorProto.INT64),
    ),
    "logits": Defect("output", "as scores without a softmax are", lambda p: p.after(helper.make_node("Identity", ["found"], ["answer"]), without=1)),
    "logarithms": Defect("output", "as logarithms of probabilities are", lambda p: p.after(helper.make_node("Log", ["found"], ["answer"]))),
    "height 32, not stated": Defect("load", "lines of height 32", low, severity="warning"),
    "height 32, and 48 stated": Defect("load", "takes lines of height 32, but its inference.yml sets", low_but_says_48),
    "batch of 1": Defect("load", "takes only batch 1", one_line_a_call, severity="warning"),
    "one channel": Defect("load", "3 channels are needed", gray),
    "two inputs": Defect("load", "has 2 inputs", two_inputs),
    "expects 0 to 255": Defect("input", "with values from 0 to 255", expects_pixels),
    "wrong order of colors": Defect("input", "the channels in the order red, green, blue", sees_lightness),
    "mean and deviation exchanged": Defect("load", "sets mean to [0.229, 0.224, 0.225]", exchanged_mean, task="text_detection"),
    "finds the paper, not the text": Defect(
        "reading", "finds 0 of 4 lines",
        lambda p: p.after(helper.make_node("Neg", ["found"], ["minus"]), helper.make_node("Add", ["minus", p.constant("1", 1.0)], ["answer"])),
        task="text_detection",
    ),
    "a self-check that does not hold": Defect("self-check", "it reads 'Sphinx of black quartz', not 'Something else'", with_picture),
}  # fmt: skip

# --- code ----------------------------------------------------------------------------------------------------------------

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
time.sleep(0.005)
return super().predict(self.crops, batch_size, **options)
"""

CODE = {
    "an engine that computes something else": Defect(
        "engines", "seaside_engine, onnx: its outputs differ", lambda p: setattr(p, "module", p.module + ENGINE)
    ),
    "not thread-safe": Defect("threads", "are others than those of one thread", lambda p: p.reader(STATE)),
    "answers of a batch in another order": Defect(
        "batch", "have another answer together than alone", lambda p: p.reader("return super().predict(crops, batch_size, **options)[::-1]")
    ),
    "one answer for a batch": Defect("batch", "returned 1 results for 4 images", lambda p: p.reader("return super().predict(crops[:1])")),
    "raises for small pictures": Defect(
        "pictures", "1 x 1 pixels: ", lambda p: p.reader("assert min(c.shape[0] for c in crops) > 1\nreturn super().predict(crops)")
    ),
    "raises always": Defect("output", "ZeroDivisionError", lambda p: p.reader("return 1 / 0")),
}  # fmt: skip


@pytest.mark.parametrize("task", ["text_recognition", "text_detection"])
def test_a_good_plugin_has_no_finding(tmp_path: Path, zoo: Zoo, task: str) -> None:
    results = check(Seaside(tmp_path / "seaside", zoo, task).write())

    assert [f"{result.check}: {finding}" for result in results for finding in result.findings] == []
    assert [result.check for result in results] == [one.name for one in CHECKS]
    cost = results[-1].data
    assert set(cost["ms_a_picture"]) == {"openvino onnx", "onnxruntime onnx"}
    assert cost["weights_mb"]["onnx"] > 1


@pytest.mark.parametrize("defect", [pytest.param(defect, id=name) for name, defect in CARDS.items()])
def test_a_defect_of_card_or_files_is_found(tmp_path: Path, zoo: Zoo, defect: Defect) -> None:
    find(defect, tmp_path, zoo, with_network=False)


@pytest.mark.parametrize(
    "defect", [pytest.param(defect, id=name) for name, defect in (BYTES | NETWORKS | CODE).items()]
)
def test_a_defect_of_weights_network_or_code_is_found(tmp_path: Path, zoo: Zoo, defect: Defect) -> None:
    find(defect, tmp_path, zoo)


def find(defect: Defect, tmp_path: Path, zoo: Zoo, *, with_network: bool = True) -> None:
    plugin = Seaside(tmp_path / "seaside", zoo, defect.task)
    defect.change(plugin)
    plugin.write()
    defect.later(plugin)

    results = check(plugin.folder, with_network=with_network)

    found = {f"{result.check}, {finding.severity}: {finding}" for result in results for finding in result.findings}
    named = [one for one in found if one.startswith(f"{defect.check}, {defect.severity}: ") and defect.text in one]
    assert named, "\n".join(sorted(found))
