"""Model formats: their names, folders and files. The one table; plugins add to it by the hook ``ocrzoo_formats``."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.names import did_you_mean

if TYPE_CHECKING:
    from ocrzoo_registry.cards.schema import ModelCard

CONFIG = "inference.yml"
"""How the model is run; optional, and then written from the card."""

FORMAT_NAME = r"^[a-z][a-z0-9_]{0,31}$"
RELATIVE_PATH = r"^[A-Za-z0-9_][A-Za-z0-9._+-]*(/[A-Za-z0-9_][A-Za-z0-9._+-]*)*$"
"""No empty, hidden or ``..`` part, no backslash, not absolute."""

_MODEL_ENDINGS = {"cls", "det", "doc", "ori", "rec"}
"""How official models' names end; a format of such a name would claim their folders."""


@dataclass(frozen=True)
class FormatSpec:
    """A model format by name."""

    name: str
    """1 to 32 lowercase letters, digits and underscores; models are stored as ``<model>_<name>/``."""
    files: tuple[frozenset[str], ...]
    """Alternative sets of files, each of them enough to run a model."""
    optional: frozenset[str] = frozenset()
    """Files that belong to a model where they exist."""


_ONNX_DATA = frozenset({"inference.onnx.data"})
"""Where torch's exporter puts weights that it keeps apart."""

_FORMATS = {
    spec.name: spec
    for spec in (
        FormatSpec(
            "paddle",
            (  # the program is a .json since Paddle 3.0, and was a .pdmodel before
                frozenset({"inference.json", "inference.pdiparams"}),
                frozenset({"inference.pdmodel", "inference.pdiparams"}),
            ),
        ),
        FormatSpec("onnx", (frozenset({"inference.onnx"}),), optional=_ONNX_DATA),
        FormatSpec("safetensors", (frozenset({"model.safetensors", "config.json"}),)),
    )
}


def register(spec: FormatSpec) -> None:
    """Add a format for this process; adding the same one again changes nothing.

    Raises:
        UsageError: The name is invalid or taken, no files are required, or one is outside the model's folder.
    """
    if not re.fullmatch(FORMAT_NAME, spec.name):
        raise UsageError(f"format {spec.name!r}: use lowercase letters, digits and underscores, at most 32")
    if spec.name in _MODEL_ENDINGS:
        raise UsageError(f"format {spec.name!r}: names of models end in _{spec.name}, use another name")
    if not spec.files or not all(spec.files):
        raise UsageError(f"format {spec.name!r} requires no files: name at least one")
    for path in spec.optional.union(*spec.files):
        if not re.fullmatch(RELATIVE_PATH, path):
            raise UsageError(f"format {spec.name!r}: {path!r} is not the path of a file in the model's folder")
    if _FORMATS.setdefault(spec.name, spec).files != spec.files:
        raise UsageError(f"format {spec.name!r} is already registered with other files")


def format_names() -> tuple[str, ...]:
    """Return the names of all formats, in the order of registration."""
    return tuple(_FORMATS)


def folder_name(model: str, file_format: str) -> str:
    """Return the name of a model's folder; PaddleX's own format has no suffix."""
    return model if file_format == "paddle" else f"{model}_{file_format}"


def model_and_format(folder: str) -> tuple[str, str]:
    """Return the model and the format that a folder is named after."""
    for name in sorted(_FORMATS, key=len, reverse=True):
        if name != "paddle" and folder.endswith(f"_{name}"):
            return folder.removesuffix(f"_{name}"), name
    return folder, "paddle"


def model_files(file_format: str) -> frozenset[str]:
    """Return every file that a format requires in one of its sets; nothing if it is not registered."""
    spec = _FORMATS.get(file_format)
    return frozenset().union(*spec.files) if spec else frozenset()


def wanted_files(card: ModelCard, file_format: str) -> frozenset[str]:
    """Return the paths of all files to download: those of the card, those of the format, and the configuration."""
    spec = _FORMATS.get(file_format)
    optional = spec.optional if spec else frozenset()
    return optional | model_files(file_format) | {file.path for file in card.artifacts[file_format].files} | {CONFIG}


def describe_files(file_format: str) -> str:
    """Return which files a format requires, as text.

    Raises:
        UsageError: The format is not registered.
    """
    return ", or ".join(" and ".join(sorted(files)) for files in required_files(file_format))


def is_complete(file_format: str, paths: Collection[str]) -> bool:
    """Whether these files are enough to run a model of this format.

    Raises:
        UsageError: The format is not registered.
    """
    return any(files <= set(paths) for files in required_files(file_format))


def check_format(name: str) -> None:
    """Refuse an unknown format.

    Raises:
        UsageError: The format is not registered.
    """
    if name not in _FORMATS:
        hint = did_you_mean(name, _FORMATS) or ": install the plugin that adds it"
        raise UsageError(f"unknown format {name!r}{hint}")


def required_files(file_format: str) -> tuple[frozenset[str], ...]:
    """Return the alternative sets of files, each of them enough to run a model of a format.

    Raises:
        UsageError: The format is not registered.
    """
    check_format(file_format)
    return _FORMATS[file_format].files
