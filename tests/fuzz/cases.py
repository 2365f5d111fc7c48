"""A case: what one command is given, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random


@dataclass(frozen=True)
class Case:
    """A command's arguments, run in the folder of the case's files."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


Maker = Callable[[Random, Path, str], Case]
"""Draws a case: a generator, the case's folder, and the address of the server that misbehaves."""


def generator(seed: int, kind: str, number: int) -> Random:
    """The random numbers of one case, the same on every machine."""
    return Random(f"{seed} {kind} {number}")
