"""Write all stand-ins into a folder, each in both forms: a folder for ``OCRZOO_MODEL_PATH``."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.standins import onnx_form, paddle_form
from tests.standins.networks import classifiers, flattener

from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.zoo import Zoo


def write_stand_ins(folder: Path) -> dict[str, Path]:
    """Write ``<folder>/<name>/`` (Paddle) and ``<folder>/<name>_onnx/`` of every stand-in.

    Returns each folder by its name, ``_onnx`` included.
    """
    folders: dict[str, Path] = {}
    for network in classifiers():
        paddle, onnx = _folders(folder, network.name, folders)
        paddle_form.write_classifier(network, paddle)
        onnx_form.write_classifier(network, onnx / "inference.onnx")
    unwarping = flattener()
    paddle, onnx = _folders(folder, unwarping.name, folders)
    paddle_form.write_flattener(unwarping, paddle)
    onnx_form.write_flattener(unwarping, onnx / "inference.onnx")
    return folders


def _folders(folder: Path, name: str, folders: dict[str, Path]) -> tuple[Path, Path]:
    """Make a model's two folders with ``inference.yml`` in them, and list them in ``folders``."""
    config = inference_yml.render(Zoo().models.get(name))
    for made in (name, f"{name}_onnx"):
        folders[made] = folder / made
        folders[made].mkdir(parents=True)
        (folders[made] / inference_yml.FILE_NAME).write_bytes(config)
    return folders[name], folders[f"{name}_onnx"]


if __name__ == "__main__":
    for name, where in write_stand_ins(Path(sys.argv[1])).items():
        print(name, where)
