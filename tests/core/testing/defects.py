"""What makes a plugin bad: defects of its card, its files and its bytes."""

from __future__ import annotations

import pickle
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import onnx
from tests.core.testing.plugins import Seaside


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
    alone: bool = False
    """Whether its check finds nothing else."""
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


CARDS = {
    "changed after it was signed": Defect(
        "files",
        "__init__.py was changed after it was signed (sign again",
        nothing,
        lambda p: (p.folder / "ocrzoo_seaside" / "SHA256SUMS").write_text(f"{'0' * 64}  __init__.py\n"),
    ),
    "unknown license": Defect("license", "not an SPDX identifier", states(license="my own license")),
    "metric without data set": Defect(
        "metrics", "metrics.0: accuracy 91.5 has no data set", lambda p: p.card["metrics"][0].pop("dataset")
    ),
    "no figures": Defect("metrics", "no figure is published", states(metrics=[]), severity="warning"),
    "claims a language that it cannot write": Defect(
        "languages", "claims Korean (ko), but lacks all", states(languages=["en", "ko"], scripts=["Latn", "Kore"])
    ),
    "wrong script": Defect("card", "scripts: Latn is missing", states(scripts=["Hang"])),
    "no scripts": Defect(
        "card", "write 'scripts: [Latn, Hans]'", states(languages=["en", "de", "zh-Hans"], scripts=[]), alone=True
    ),
    "a language of unknown script beside one whose script is missing": Defect(
        "card", "Latn is missing, in which English (en) is written", states(languages=["tlh", "en"], scripts=["Hans"])
    ),
    "a language of unknown letters": Defect(
        "languages",
        "the letters of Klingon (tlh), qqq are not known",
        states(languages=["en", "tlh", "qqq"]),
        severity="skipped",
    ),
    "no language": Defect("card", "no language is claimed", states(languages=[], scripts=[]), severity="warning"),
    "unknown predictor": Defect(
        "card", "no plugin has 'attention'", lambda p: p.card["inference"].update(predictor="attention")
    ),
    "unknown postprocess": Defect(
        "plugin",
        "knows CTCLabelDecode, not 'AttnLabelDecode'",
        lambda p: p.card["inference"]["postprocess"].update(name="AttnLabelDecode"),
    ),
    "unknown key": Defect("plugin", "licence: unknown key (did you mean license", states(licence="MIT")),
    "unknown task": Defect("plugin", "did you mean text_recognition", states(task="text_recognitoin")),
    "path traversal in the charset": Defect(
        "plugin", "charset: '../../secret.txt' is not a path below", states(charset="../../secret.txt")
    ),
    "path traversal in a file": Defect(
        "plugin", "'../inference.onnx' is not a path", file_states(path="../inference.onnx")
    ),
    "path traversal in the folder of weights": Defect(
        "plugin", "'/etc' is not a path", states(sources={"directory": {"onnx": {"path": "/etc"}}})
    ),
    "an official name": Defect(
        "plugin", "model 'PP-OCRv6_tiny_rec' is registered by", states(name="PP-OCRv6_tiny_rec")
    ),
    "an official name in another case": Defect(
        "plugin", "the official PP-OCRv6_tiny_rec", states(name="pp-ocrv6_TINY_rec")
    ),
    "two models of one name": Defect(
        "plugin",
        "registered more than once",
        nothing,
        lambda p: shutil.copy(p.cards / "seaside.yaml", p.cards / "again.yaml"),
    ),
    "charset entry doubled": Defect("charset", "occur more than once: 'a'", lambda p: p.charset.__setitem__(100, "a")),
    "blank line in the charset": Defect(
        "plugin", "line 101: the line is empty", lambda p: p.charset.__setitem__(100, "")
    ),
    "charset in UTF-16": Defect(
        "plugin", "is in UTF-16; save it as UTF-8", nothing, lambda p: write_charset(p, "utf-16")
    ),
    "charset missing": Defect(
        "plugin", "charset: there is no file", nothing, lambda p: (p.cards / "charsets" / "seaside.txt").unlink()
    ),
    "charset to be put there": Defect(
        "plugin",
        "(copy your dictionary, one entry a line, to /",
        nothing,
        lambda p: (p.cards / "charsets" / "seaside.txt").unlink(),
    ),
    "symbolic link in the weights": Defect(
        "files", "weights/inference.onnx: is a symbolic link", nothing, link_weights
    ),
    "pickle among the files": Defect(
        "files",
        "optimizer.bin: is a pickle",
        nothing,
        lambda p: (p.cards / "optimizer.bin").write_bytes(pickle.dumps({"a": 1})),
    ),
    "archive of torch among the files": Defect(
        "files", "best_model.pt: is a pickle, or has pickles in it", nothing, torch_archive
    ),
    "a license left to fill in beside the card": Defect(
        "files",
        "pyproject.toml:8: is to be filled in: # license",
        lambda p: setattr(p, "project", p.project + '# license = "MIT"  # TO-FILL: as in the card'),
        severity="warning",
    ),
    "no source": Defect("sources", "sources: none", states(sources={}), severity="warning"),
    "import error": Defect(
        "plugin", "import: ModuleNotFoundError", lambda p: setattr(p, "module", "import ocrzoo_no_such_module")
    ),
    "hook without its decorator": Defect(
        "plugin",
        "the decorator @hookimpl is missing",
        lambda p: setattr(p, "module", p.module.replace("@hookimpl", "")),
    ),
    "nothing registered": Defect("plugin", "it registers nothing", lambda p: setattr(p, "module", "")),
}

BYTES = {
    "a language that nothing can be drawn of": Defect(
        "reading", "the letters of qqq are not known", states(languages=["en", "qqq"]), severity="skipped"
    ),
    "wrong digest": Defect("weights", "not the expected ones", file_states(sha256="0" * 64, digest_origin="ours")),
    "wrong size": Defect("sources", "inference.onnx has 4462639 bytes there, and 17 by the card", file_states(size=17)),
    "weights missing": Defect(
        "weights", "has no inference.onnx", nothing, lambda p: (p.weights_folder / "inference.onnx").unlink()
    ),
    "truncated weights": Defect("weights", "is truncated", cut),
    "a web page as weights": Defect("weights", "is a web page", weights(b"<!doctype html><title>404</title>")),
    "a Git LFS pointer as weights": Defect(
        "weights", "Git LFS pointer", weights(b"version https://git-lfs.github.com/spec/v1\n")
    ),
    "external data forgotten": Defect("weights", "keeps its weights in inference.onnx.data", external_data),
    "no digest": Defect(
        "weights", "inference.onnx has no digest", lambda p: setattr(p, "pins_digest", False), severity="warning"
    ),
}
