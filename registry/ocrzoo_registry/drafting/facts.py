"""What is known of a model before it has a card: its files, its configuration, its front matter, and its network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Shape: TypeAlias = tuple[int | None, ...]
"""The sides of an input or output; ``None`` for one that varies."""


@dataclass(frozen=True)
class NetworkFacts:
    """What a network's file says of it, without running it."""

    inputs: tuple[Shape, ...] = ()
    outputs: tuple[Shape, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    """The metadata of an ONNX file, such as RapidOCR's ``character``."""

    @property
    def classes(self) -> int | None:
        """The last side of the first output, if it is fixed."""
        return self.outputs[0][-1] if self.outputs and self.outputs[0] else None


@dataclass(frozen=True)
class ModelFacts:
    """Everything that was found of one model."""

    files: Mapping[str, Sequence[Mapping[str, Any]]]
    """Format to its files, as a card lists them."""
    sources: Mapping[str, Any] = field(default_factory=dict)
    """As a card states them."""
    config: Mapping[str, Any] | None = None
    """The model's ``inference.yml``."""
    front_matter: Mapping[str, Any] = field(default_factory=dict)
    """That of the repository's ``README.md``."""
    network: NetworkFacts | None = None


@dataclass(frozen=True)
class Statements:
    """What the user says of a model; each overrides what was found."""

    task: str | None = None
    charset: tuple[str, ...] | None = None
    """The entries of a dictionary."""
    languages: tuple[str, ...] = ()
    """BCP-47 tags."""
    license: str | None = None
    summary: str | None = None


NOTHING = Statements()
"""What a user says who is not there."""
