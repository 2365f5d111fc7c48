"""The protocol of inference engines: they load a model's folder and return a thread-safe session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, get_args, runtime_checkable

from ocrzoo.engines.grid import ANY_SHAPE, Grid, Profile
from ocrzoo.engines.limits import usable_threads
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EnginePrecision = Literal["float32", "bfloat16", "float16"]
"""What an engine computes in."""

Reduced = TypeVar("Reduced")
"""What a caller makes of a network's output (:meth:`ReducingSession.run_reduced`)."""

DEVICE_KINDS = ("cpu", "gpu", "xpu", "npu", "mlu", "gcu", "dcu", "iluvatar_gpu", "metax_gpu")
"""PaddleX's device types."""

_MAX_DIGITS = 4
"""Digits of a device index."""

MAX_THREADS = 1024
"""Some engines start as many threads as requested, however many."""


@dataclass(frozen=True)
class Device:
    """The device to run on: ``cpu``, or a kind with an index."""

    kind: str = "cpu"
    index: int = 0

    @classmethod
    def parse(cls, text: str) -> Device:
        """Parse ``cpu``, ``gpu`` or ``gpu:1``.

        Raises:
            UsageError: The text has another form.
        """
        kind, colon, index = text.strip().lower().partition(":")
        if kind not in DEVICE_KINDS:
            raise UsageError(f"device {text!r} is not one of {', '.join(DEVICE_KINDS)}")
        if not colon:
            return cls(kind)
        if kind == "cpu" or not index.isdecimal() or len(index) > _MAX_DIGITS:
            raise UsageError(f"device {text!r} is invalid: use cpu, or a kind and one index such as gpu:0")
        return cls(kind, int(index))

    @classmethod
    def parse_all(cls, text: str) -> tuple[Device, ...]:
        """Parse one device, or several of one kind: ``gpu:0,1``.

        Raises:
            UsageError: The text has another form.
        """
        if not isinstance(text, str):  # other libraries accept 0
            raise UsageError(f"device {text!r} is invalid: use cpu, or a kind and index such as gpu:0")
        kind, _, indexes = text.partition(":")
        return (
            tuple(cls.parse(f"{kind}:{index}") for index in indexes.split(","))
            if "," in indexes
            else (cls.parse(text),)
        )

    def __str__(self) -> str:
        """Return the form that :meth:`parse` reads."""
        return self.kind if self.kind == "cpu" else f"{self.kind}:{self.index}"


@dataclass(frozen=True)
class EngineOptions:
    """How a session runs; every option is set explicitly, whatever the engine's default."""

    device: Device = Device()
    threads: int = 0
    """CPU threads per call; 0: as many as this process may use cores, by affinity and the container's limit."""
    precision: EnginePrecision = "float32"
    """Numeric precision. Below float32, recognized text may change, so it must be requested."""
    streams: int = 1
    """Calls that run at once, each with that many threads, for engines that must know it when a network is loaded."""
    shapes: int = 2
    """Input shapes that come again and again, for engines that compile operations for each and keep them."""
    grid: Grid = ANY_SHAPE
    """Where an engine prepares a network for each shape: the shapes that inputs are padded to."""
    profile: Profile | None = None
    """The smallest, usual and largest shape of the input, if they are known."""
    tensorrt: bool = False
    """Whether ONNX Runtime runs the network by TensorRT on an NVIDIA card, for which it builds an engine first."""

    def __post_init__(self) -> None:
        """Check the number of threads and the precision.

        Raises:
            UsageError: One of them is invalid.
        """
        if self.precision not in get_args(EnginePrecision):
            raise UsageError(f"precision {self.precision!r}: choose one of {', '.join(get_args(EnginePrecision))}")
        threads: object = self.threads
        if isinstance(threads, bool) or not isinstance(threads, int) or not 0 <= threads <= MAX_THREADS:
            raise UsageError(f"threads must be an integer from 0 (all available) to {MAX_THREADS}, not {threads!r}")

    @property
    def thread_count(self) -> int:
        """The number of threads to use."""
        return self.threads or usable_threads()


@dataclass(frozen=True)
class TensorSpec:
    """An input or output of a network."""

    name: str
    shape: tuple[int | None, ...] | None
    """``None`` for a dynamic dimension, or for the whole shape if the engine does not report it (paddle)."""
    dtype: str | None = None
    """NumPy's name of the type of its numbers, such as ``float32``; ``None`` if the engine does not report it."""


class Session(Protocol):
    """A loaded network with one input; thread-safe.

    Below a ceiling of memory, two more attributes are used if a session has them: ``release()`` returns the memory that
    it keeps for further calls, at any time and from any thread; ``keeps_up_to`` is the number of pixels of a call,
    N x H x W, above which it returns that memory by itself at the end.
    """

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The network's inputs."""
        ...

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch, N x C x H x W, and return the network's first output."""
        ...


@runtime_checkable
class MultiOutputSession(Session, Protocol):
    """A session that can return all outputs of a network; optional for an engine."""

    @property
    def align_corners(self) -> bool | None:
        """The coordinate convention of the sampling grid, if the last output is the network's sampling grid.

        The grid, N x H x W x 2, has x and y from -1 to 1: between the centers of the outermost pixels (``True``), or
        between their edges (``False``). ``None``: the last output is not a sampling grid.
        """
        ...

    def run_all(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Run one batch, N x C x H x W, and return every output in the network's order."""
        ...


@runtime_checkable
class NamedSession(Session, Protocol):
    """A session of a network that may have several inputs and outputs, of any types; optional for an engine."""

    def run_named(self, inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
        """Run the network once on an array for each input, of its type, and return every output; both by name."""
        ...


@runtime_checkable
class ReducingSession(Session, Protocol):
    """A session that shows its output where the engine has it, without a copy; optional for an engine."""

    def run_reduced(self, batch: NDArray[np.float32], reduce: Callable[[NDArray[np.float32]], Reduced]) -> Reduced:
        """Run one batch, N x C x H x W, and return what ``reduce`` makes of the network's first output.

        ``reduce`` must neither change nor keep the array: the engine writes its next output there. What it raises is
        passed on.
        """
        ...


class ModelSession(Session, Protocol):
    """What a predictor is made with: the network of its model, loaded, and where its files are; thread-safe."""

    @property
    def folder(self) -> Path:
        """The folder with the model's files, all of which are verified; a predictor may read others than networks."""
        ...

    @property
    def networks(self) -> Mapping[str, ModelSession]:
        """The networks of a model that has several, by the names in its card; this session is that of the first."""
        ...

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The network's outputs, as far as the engine reports them."""
        ...

    def run_all(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Run one batch, N x C x H x W, and return every output in the network's order."""
        ...

    def run_named(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run the network once on an array for each input, and return every output; both by name.

        Arrays are converted to the types of the inputs, unless whole numbers are needed and others given. Outputs keep
        their types.

        Raises:
            InputError: The network cannot run on them, or there is no memory for it.
            IntegrityError: The network has other inputs, or an output is none of numbers.
        """
        ...


class Engine(Protocol):
    """An inference engine.

    It may also have ``native_precisions() -> frozenset[str]``: what the CPU computes with instructions of its own, such
    as ``bfloat16``; float32 alone is taken for an engine without it.
    """

    def load(self, folder: Path, file_format: Format, options: EngineOptions) -> Session:
        """Load the model in a folder.

        Raises:
            EngineError: The engine cannot load it, or does not support the device.
        """
        ...


@runtime_checkable
class CompilingEngine(Engine, Protocol):
    """An engine whose compiled networks can be kept, so that the next process loads sooner; optional for an engine."""

    def compiled_for(self, options: EngineOptions) -> str | None:
        """Return what a compiled network depends on besides the model and the CPU; ``None``: it cannot be kept."""
        ...

    def compile(self, folder: Path, file_format: Format, options: EngineOptions, target: Path) -> None:
        """Compile the model in a folder, and write the network into an empty one.

        Raises:
            EngineError: The engine cannot load the model.
        """
        ...

    def load_compiled(self, compiled: Path, folder: Path, file_format: Format, options: EngineOptions) -> Session:
        """Load what :meth:`compile` wrote into ``compiled``.

        Raises:
            EngineError: It cannot be loaded.
        """
        ...
