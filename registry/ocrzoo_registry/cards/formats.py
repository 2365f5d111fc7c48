"""Which files make a model complete, by format."""

from __future__ import annotations

from collections.abc import Collection

from ocrzoo_registry.cards.schema import Format, ModelCard

_NEEDED: dict[Format, tuple[frozenset[str], ...]] = {
    "paddle": (
        frozenset({"inference.json", "inference.pdiparams"}),
        frozenset({"inference.pdmodel", "inference.pdiparams"}),
    ),
    "onnx": (frozenset({"inference.onnx"}),),
    "safetensors": (frozenset({"model.safetensors", "config.json"}),),
}
"""Alternatives, each enough to run the model; Paddle's program is today's ``.json`` or the older ``.pdmodel``."""

MODEL_FILES: dict[Format, frozenset[str]] = {
    file_format: frozenset().union(*alternatives) for file_format, alternatives in _NEEDED.items()
}
"""Every file that a format may consist of, ``inference.yml`` apart."""

CONFIG = "inference.yml"
"""How the model is run; may be absent, and is then written from the card."""


def wanted_files(card: ModelCard, file_format: Format) -> frozenset[str]:
    """Return the paths of all files that are worth fetching: those that the card names, and those of the format."""
    return MODEL_FILES[file_format] | {file.path for file in card.artifacts[file_format].files} | {CONFIG}


def describe_needed(file_format: Format) -> str:
    """Say which files a model of this format consists of."""
    return "needs " + ", or ".join(" and ".join(sorted(needed)) for needed in _NEEDED[file_format])


def is_complete(file_format: Format, paths: Collection[str]) -> bool:
    """Whether these files are enough to run a model of this format."""
    return any(needed <= set(paths) for needed in _NEEDED[file_format])
