"""Model formats: their names, folders and files. The one table; plugins add to it by the hook ``ocrzoo_formats``."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
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

_NOT_ON_WINDOWS = re.compile(r"(^|/)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.[^/]*)?(/|$)|\.(/|$)", re.IGNORECASE)


def portable(path: str) -> str:
    """Return a path or a name of a card as it is.

    Raises:
        ValueError: Windows takes a part for a device, or leaves out the dot at its end, so it is another's name.
    """
    if _NOT_ON_WINDOWS.search(path):
        raise ValueError(f"{path!r} is no name for a file on Windows: choose another")
    return path


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
    if (longer := next((name for name in _FORMATS if _one_ends_in_the_other(name, spec.name)), None)) is not None:
        raise UsageError(f"format {spec.name!r}: folders of models could also be of the format {longer!r}")
    if spec.name in _MODEL_ENDINGS:
        raise UsageError(f"format {spec.name!r}: names of models end in _{spec.name}, use another name")
    if not spec.files or not all(spec.files):
        raise UsageError(f"format {spec.name!r} requires no files: name at least one")
    for path in spec.optional.union(*spec.files):
        if not re.fullmatch(RELATIVE_PATH, path):
            raise UsageError(f"format {spec.name!r}: {path!r} is not the path of a file in the model's folder")
    if _FORMATS.setdefault(spec.name, spec).files != spec.files:
        raise UsageError(f"format {spec.name!r} is already registered with other files")


def _one_ends_in_the_other(name: str, other: str) -> bool:
    return name.endswith(f"_{other}") or other.endswith(f"_{name}")


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
    spec, artifact = _FORMATS.get(file_format), card.artifacts[file_format]
    of_format = model_files(file_format) | (spec.optional if spec else frozenset())
    of_networks = {folder + path for folder in _folders(artifact.networks) for path in of_format}
    return frozenset(of_networks | {file.path for file in artifact.files} | {CONFIG})


def describe_files(file_format: str, networks: Sequence[str] = ()) -> str:
    """Return which files a format requires, as text.

    Raises:
        UsageError: The format is not registered.
    """
    ways = required_files(file_format)
    each = [
        ", or ".join(" and ".join(sorted(folder + path for path in files)) for files in ways)
        for folder in _folders(networks)
    ]
    return "; and ".join(each)


def is_complete(file_format: str, paths: Collection[str], networks: Sequence[str] = ()) -> bool:
    """Whether these files are enough to run a model of this format, which may have several networks.

    Raises:
        UsageError: The format is not registered.
    """
    present, ways = set(paths), required_files(file_format)
    return all(any({folder + path for path in files} <= present for files in ways) for folder in _folders(networks))


def _folders(networks: Sequence[str]) -> list[str]:
    """Where the files of a format are in a model's folder: at its top, or in a folder for each network."""
    return [f"{network}/" for network in networks] or [""]


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
