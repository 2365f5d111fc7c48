"""Plugins to check: good ones with real weights, and what makes them bad.

The recognizer is PP-OCRv6_tiny_rec and the detector PP-OCRv6_tiny_det, under other names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards.charsets import read_charset
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.zoo import Zoo

PROJECT = """
[project]
name = "ocrzoo-seaside"
version = "0.1.0"

[project.entry-points.ocrzoo]
seaside = "ocrzoo_seaside"
"""

MODULE = """
from pathlib import Path

from ocrzoo_registry import PredictorSpec, hookimpl, read_cards


@hookimpl
def ocrzoo_model_cards():
    yield from read_cards(Path(__file__).parent / "cards")
"""

PREDICTOR = """

from ocrzoo.predictors.recognition import TextRecognizer


class Reader(TextRecognizer):
    thread_safe = True

    def predict(self, crops, batch_size=6, **options):
{body}


@hookimpl
def ocrzoo_predictors():
    yield PredictorSpec("seaside_reader", f"{{__name__}}:Reader", tasks=("text_recognition",), requires=("charset",))
"""

OFFICIAL = {"text_recognition": "PP-OCRv6_tiny_rec", "text_detection": "PP-OCRv6_tiny_det"}
_NORMALIZED = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "order": "hwc", "scale": "1./255."}


@dataclass
class Seaside:
    """A plugin with one model; change any part of it, then write it."""

    folder: Path
    zoo: Zoo
    task: str = "text_recognition"
    card: dict[str, Any] = field(init=False)
    module: str = MODULE
    project: str = PROJECT
    weights: bytes | None = None
    """``inference.onnx``; without any, that of :attr:`network`."""
    pins_digest: bool = True

    def __post_init__(self) -> None:
        recognizes = self.task == "text_recognition"
        self.card = {
            "name": "seaside_rec" if recognizes else "seaside_det",
            "family": "seaside",
            "task": self.task,
            "version": "1",
            "summary": "Reads signs on the beach.",
            "license": "Apache-2.0",
            "metrics": [
                {
                    "name": "accuracy" if recognizes else "hmean",
                    "value": 91.5,
                    "unit": "percent",
                    "dataset": "400 signs",
                    "source": "our own measurement",
                }
            ],
            "artifacts": {"onnx": {"files": [{"path": "inference.onnx"}]}},
            "sources": {"directory": {"onnx": {"path": "weights"}}},
            "inference": {
                "predictor": self.task,
                "postprocess": {"name": "CTCLabelDecode" if recognizes else "DBPostProcess"},
            },
        }
        if recognizes:
            self.card |= {"languages": ["en"], "scripts": ["Latn"], "charset": "charsets/seaside.txt"}
        else:
            self.card["inference"]["preprocess"] = [{"NormalizeImage": dict(_NORMALIZED)}]

    @property
    def cards(self) -> Path:
        """Where the card is."""
        return self.folder / "ocrzoo_seaside" / "cards"

    @property
    def weights_folder(self) -> Path:
        """Where the weights are."""
        return self.cards / "weights"

    @cached_property
    def charset(self) -> list[str]:
        """The entries of the charset, to be changed in place."""
        card = self.zoo.models.get(OFFICIAL["text_recognition"])
        return list(read_charset(card.folder / str(card.charset)))

    @cached_property
    def network(self) -> onnx.ModelProto:
        """The official network, to be changed in place."""
        card = self.zoo.models.get(OFFICIAL[self.task])
        files = self.zoo.resolver.get(DownloadRequest(card, ["onnx"]))
        return onnx.load(str(files.folder / "inference.onnx"))

    @property
    def file(self) -> dict[str, Any]:
        """What the card says of ``inference.onnx``."""
        found: dict[str, Any] = self.card["artifacts"]["onnx"]["files"][0]
        return found

    def before(self, *nodes: onnx.NodeProto, shape: Sequence[Any] | None = None) -> None:
        """Put nodes before the network: from ``given`` to ``x``; ``shape`` is that of the new input."""
        graph = self.network.graph
        old = graph.input[0]
        dims = ["n", 3, 48, "w"] if shape is None else shape
        graph.input.remove(old)
        graph.input.insert(0, helper.make_tensor_value_info("given", TensorProto.FLOAT, dims))
        for place, node in enumerate(nodes):
            graph.node.insert(place, node)

    def after(self, *nodes: onnx.NodeProto, kind: int = TensorProto.FLOAT, without: int = 0) -> None:
        """Put nodes after the network: from ``found`` to ``answer``; the last ``without`` nodes of it are dropped."""
        graph = self.network.graph
        for _ in range(without):
            graph.node.pop()
        graph.node[-1].output[0] = "found"
        graph.node.extend(nodes)
        graph.output.pop()
        graph.output.append(helper.make_tensor_value_info("answer", kind, None))

    def constant(self, name: str, values: object, dtype: type = np.float32) -> str:
        """Add a constant to the network, and return its name."""
        self.network.graph.initializer.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def reader(self, body: str) -> None:
        """Let a predictor of its own read: ``body`` is that of ``predict(self, crops, batch_size=6, **options)``."""
        lines = "\n".join(f"        {line}" for line in body.strip().splitlines())
        self.module += PREDICTOR.format(body=lines)
        self.card["inference"]["predictor"] = "seaside_reader"

    def write(self) -> Path:
        """Write the plugin, and return its folder."""
        package = self.folder / "ocrzoo_seaside"
        self.weights_folder.mkdir(parents=True)
        (self.folder / "pyproject.toml").write_text(self.project, encoding="utf-8")
        (package / "__init__.py").write_text(self.module, encoding="utf-8")
        content = self.network.SerializeToString() if self.weights is None else self.weights
        (self.weights_folder / "inference.onnx").write_bytes(content)
        if self.pins_digest:
            digest = hashlib.sha256(content).hexdigest()
            self.card["artifacts"]["onnx"]["files"][0] = {
                "size": len(content),
                "sha256": digest,
                "digest_origin": "computed by us",
                **self.file,
            }
        if self.task == "text_recognition":
            (self.cards / "charsets").mkdir()
            (self.cards / "charsets" / "seaside.txt").write_text("\n".join(self.charset) + "\n", encoding="utf-8")
        (self.cards / "seaside.yaml").write_bytes(safe_yaml.dump(self.card).encode())
        return self.folder
