"""What the user asks for: a precision and how lines share calls, from which PaddleX's answers may follow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, get_args

from ocrzoo.types import Batching, Precision
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.names import did_you_mean

PRECISIONS: tuple[Precision, ...] = get_args(Precision)

ALIASES: dict[str, Precision] = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
"""Shorter names, which are accepted; PaddleX has the first and the last."""

DEFAULT: Precision = "auto"
"""Of pipelines and of single models."""


@dataclass(frozen=True)
class Wanted:
    """A precision, and which lines share a call, as the user asks for them (docs/pipeline.md has a table)."""

    stated: Precision = "float32"
    """As given; :attr:`precision` is what follows from it."""
    batching: Batching | None = None
    """``None``: PaddleX's with float32, otherwise what the model's figures favour."""
    paddlex_quirks: bool = False
    """Whether PaddleX's known errors are reproduced."""

    @property
    def precision(self) -> Precision:
        """The precision; ``auto`` is float32 where PaddleX's answers are asked for."""
        paddlex = self.paddlex_quirks or self.batching == "exact"
        return "float32" if self.stated == "auto" and paddlex else self.stated

    @property
    def is_paddlex(self) -> bool:
        """Whether PaddleX's answers are asked for: float32, and its calls."""
        return self.precision == "float32" and self.batching in (None, "exact")

    def for_task(self, task: str) -> Wanted:
        """Return what is asked for of a model; only lines can be checked or share calls by width."""
        if task == "text_recognition":
            return self
        stated: Precision = "auto" if self.stated == "checked" else self.stated
        return replace(self, stated=stated, batching=None if self.batching == "width" else self.batching)


def parse_precision(name: Any) -> Precision:
    """Return a precision by its name or a shorter one.

    Raises:
        UsageError: There is no such precision.
    """
    if isinstance(name, str) and (known := ALIASES.get(name, name)) in PRECISIONS:
        return known
    hint = did_you_mean(str(name), PRECISIONS)
    raise UsageError(f"precision {name!r}: choose one of {', '.join(PRECISIONS)}{hint}")
