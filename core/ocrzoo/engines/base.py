"""Inference engines behind one protocol: a folder with a model goes in, a thread-safe session comes out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from ocrzoo_registry.cards.schema import Format
from ocrzoo_registry.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Precision = Literal["fp32", "bf16", "fp16"]
"""Arithmetic of a network."""

DEVICE_KINDS = ("cpu", "gpu", "xpu", "npu", "mlu", "gcu", "dcu", "iluvatar_gpu", "metax_gpu")
"""PaddleX's device types."""

_MOST_DIGITS = 4
"""Of a card's number."""

MOST_THREADS = 1024
"""Some engines start all that they are told to, and are then busy with nothing else."""


@dataclass(frozen=True)
class Device:
    """Where a network runs: ``cpu``, or a kind with a card number."""

    kind: str = "cpu"
    index: int = 0

    @classmethod
    def parse(cls, text: str) -> Device:
        """Read ``cpu``, ``gpu`` or ``gpu:1``.

        Raises:
            UsageError: It is none of these.
        """
        kind, colon, index = text.strip().lower().partition(":")
        if kind not in DEVICE_KINDS:
            raise UsageError(f"device {text!r}: the kinds are {', '.join(DEVICE_KINDS)}")
        if not colon:
            return cls(kind)
        if kind == "cpu" or not index.isdecimal() or len(index) > _MOST_DIGITS:
            raise UsageError(f"device {text!r}: write cpu, or a kind and one card number such as gpu:0")
        return cls(kind, int(index))

    @classmethod
    def parse_all(cls, text: str) -> tuple[Device, ...]:
        """Read one device, or several of one kind: ``gpu:0,1``.

        Raises:
            UsageError: It is none of these.
        """
        if not isinstance(text, str):  # what other libraries take, such as 0
            raise UsageError(f"device {text!r}: write cpu, or a kind and card number such as gpu:0")
        kind, _, indexes = text.partition(":")
        return (
            tuple(cls.parse(f"{kind}:{index}") for index in indexes.split(","))
            if "," in indexes
            else (cls.parse(text),)
        )

    def __str__(self) -> str:
        """Return it as it would be written."""
        return self.kind if self.kind == "cpu" else f"{self.kind}:{self.index}"


@dataclass(frozen=True)
class EngineOptions:
    """How a session runs; nothing here is left to an engine's own idea."""

    device: Device = Device()
    threads: int = 0
    """CPU threads a call; 0 means all that this process may use."""
    precision: Precision = "fp32"
    """Arithmetic of the network. Anything below fp32 changes what is read and must be asked for."""

    def __post_init__(self) -> None:
        """Refuse a number of threads that makes no sense.

        Raises:
            UsageError: It is none.
        """
        threads: object = self.threads
        if isinstance(threads, bool) or not isinstance(threads, int) or not 0 <= threads <= MOST_THREADS:
            raise UsageError(
                f"threads={threads!r}: a whole number up to {MOST_THREADS} is needed, 0 for all that there are"
            )

    @property
    def thread_count(self) -> int:
        """The threads to use, as a number."""
        if self.threads > 0:
            return self.threads
        if hasattr(os, "sched_getaffinity"):
            return len(os.sched_getaffinity(0))
        return os.cpu_count() or 1


@dataclass(frozen=True)
class TensorSpec:
    """An input or output of a network."""

    name: str
    shape: tuple[int | None, ...] | None
    """``None`` for a side of any size, and for all where the engine does not say (paddle)."""


class Session(Protocol):
    """A loaded network with one input; several threads may call it at once."""

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """What the network takes."""
        ...

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch, N x C x H x W, and return the network's first output."""
        ...


@runtime_checkable
class TellingSession(Session, Protocol):
    """A session that gives all of a network's outputs, which an engine's need not."""

    @property
    def align_corners(self) -> bool | None:
        """Whether the last output is the grid by which the network samples what it is given, and how it counts.

        The grid, N x H x W x 2, holds x and y from -1 to 1: from center to center of the outermost pixels
        (``True``), or from edge to edge (``False``). ``None``: there is no such output.
        """
        ...

    def run_all(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Run one batch, N x C x H x W, and return every output, the network's first one first."""
        ...


class Engine(Protocol):
    """Loads networks."""

    def load(self, folder: Path, file_format: Format, options: EngineOptions) -> Session:
        """Load the model of a folder.

        Raises:
            EngineError: The engine cannot read it, or does not know the device.
        """
        ...
