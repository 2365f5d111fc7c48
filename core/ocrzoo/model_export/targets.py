"""The programs that models are laid out for. The one table; a program is an entry, and a function that lays out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ocrzoo_registry.cards.fields import Format, Task
    from ocrzoo_registry.cards.schema import ModelCard
    from ocrzoo_registry.store.manifest import Manifest
    from ocrzoo_registry.store.store import ModelFiles

DETECTION, RECOGNITION = "text_detection", "text_recognition"


@dataclass(frozen=True)
class Model:
    """A model to lay out, with its verified files in the target's format."""

    card: ModelCard
    files: ModelFiles

    @property
    def asked_by(self) -> str:
        """What the user names the model by: its address, if it has one."""
        return self.card.name if self.card.address is None else str(self.card.address)


def manifest_of(model: Model) -> Manifest:
    """Return the record of a model's verified files; what the store returns has one."""
    return cast("Manifest", model.files.manifest)


def paths_of(model: Model) -> list[str]:
    """Return the paths of a model's files in its folder."""
    return [file.path for file in manifest_of(model).files]


@dataclass(frozen=True)
class Placed:
    """Where the folder has one model's files, so that they can be read back from there alone."""

    model: Model
    folder: str
    """The folder with the model's files, relative to the export; inside the archive, if there is one."""
    archive: str | None = None
    """A tar archive, relative to the export."""
    note: str = ""
    """What is known that the program does otherwise with this model than ocrzoo does, in a sentence."""


@dataclass(frozen=True)
class Options:
    """What a user may say beside models; a target refuses what its entry does not name."""

    mirror: str | None = None
    """The address of a mirror that serves the weights."""
    opt: Path | None = None
    """The program ``opt`` of Paddle-Lite."""


LayOut = Callable[[Sequence[Model], Path, Options], Sequence[Placed]]
"""Writes files below an empty folder, and returns where each model is; a model that is left elsewhere is left out."""


@dataclass(frozen=True)
class Target:
    """A program that takes models in a certain layout."""

    help: str
    """For whom the files are, in one clause."""
    layout: str
    """The function that lays them out, a :data:`LayOut`: ``package.module:function``, imported on use."""
    formats: tuple[Format, ...] = ("onnx",)
    """The formats that it takes, best first."""
    tasks: tuple[Task, ...] = (DETECTION, RECOGNITION)
    """The tasks of models that it takes; empty: all."""
    one_each: bool = False
    """Whether it takes one model of each task, no more and no fewer."""
    options: frozenset[str] = field(default_factory=frozenset)
    """The :class:`Options` that it knows, by name."""
    needs: Mapping[str, str] = field(default_factory=dict)
    """Those of them that must be given, and how a user comes by each."""


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        "android": Target(
            "PaddleOCR's Android SDK: the folder models of its assets",
            "ocrzoo.model_export.layouts:android",
            one_each=True,
        ),
        "ios": Target(
            "PaddleOCR's iOS demo: its folder Models",
            "ocrzoo.model_export.layouts:ios",
            one_each=True,
        ),
        "onnx": Target(
            "other programs with ONNX Runtime: a folder for each model",
            "ocrzoo.model_export.layouts:onnx",
            tasks=(),
        ),
        "paddle-lite": Target(
            "Paddle-Lite on phones: .nb files, made by its program opt",
            "ocrzoo.model_export.paddle_lite:lay_out",
            formats=("paddle",),
            options=frozenset({"opt"}),
            needs={
                "opt": "'pip install paddlelite==2.13rc0' under Python 3.10 puts paddle_lite_opt beside that python"
            },
        ),
        "paddleocr-js": Target(
            "PaddleOCR.js in browsers: a tar archive for each model",
            "ocrzoo.model_export.layouts:paddleocr_js",
        ),
        "web": Target(
            "a page of one's own that reads pictures in the browser",
            "ocrzoo.model_export.web.layout:lay_out",
            one_each=True,
            options=frozenset({"mirror"}),
        ),
    }
)
"""By the name that ``--for`` takes."""
