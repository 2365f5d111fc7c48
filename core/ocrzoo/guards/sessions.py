"""The guard around a network: it fails as one line that names the model, and takes its share of cores and memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrzoo.engines.base import Device, MultiOutputSession, NamedSession, Reduced, ReducingSession, Session, TensorSpec
from ocrzoo.memory.ceiling import Room
from ocrzoo.scheduling.slots import CORES, Slots
from ocrzoo_registry.errors import InputError, IntegrityError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CPU = Device()


class GuardedSession:
    """A session that raises any failure as one line, and runs a network of a fixed batch size in parts.

    Each call takes as many of this process's cores as it has ``threads``, and waits for them; 0 takes none.
    """

    def __init__(
        self,
        name: str,
        session: Session,
        threads: int = 0,
        room: Room | None = None,
        *,
        streams: int = 1,
        device: Device = CPU,
        folder: Path = Path(),
    ) -> None:
        """``room`` is what its calls may take of the process's memory; ``None``: as much as they need."""
        self.folder = folder
        """Where the model's files are."""
        self.networks: Mapping[str, GuardedSession] = {}
        """Those of a model that has several, by name; the loader sets them."""
        self.threads = threads
        """CPU threads a call."""
        self.streams = streams
        """Calls at once that the engine is set to; 1: any number."""
        self.device = device
        """Where it runs."""
        self._streams = Slots(lambda: streams)
        self.inputs = tuple(session.inputs)
        self.outputs: tuple[TensorSpec, ...] = tuple(getattr(session, "outputs", ()))  # optional for engines
        self.align_corners = session.align_corners if isinstance(session, MultiOutputSession) else None
        self._name = name
        self._session = session
        self._room = room
        self._shape = self.inputs[0].shape if self.inputs else None
        self._batch: int | None = self._shape[0] if self._shape else None
        """How many images the network takes in a call, if only that many."""

    @property
    def calls_at_once(self) -> int:
        """How many calls are worth making at once: as many as can run, and one whose input is prepared meanwhile."""
        if self.streams > 1:
            return 1 + self.streams
        return 2 if not self.threads else 1 + max(1, CORES.total // self.threads)

    @property
    def most_pixels(self) -> int | None:
        """Pixels, N x H x W, that a call may have below the ceiling of memory; ``None``: any number."""
        return None if self._room is None else self._room.most_pixels

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch.

        Raises:
            InputError: The network cannot run on it, or there is no memory for it.
            IntegrityError: The network takes other inputs, or its output is not floating-point.
        """
        return self._run_parts(lambda part: (self._session.run(part),), batch)[0]

    def run_all(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Run one batch and return every output that the engine exposes, the network's first one first.

        Raises:
            InputError: The network cannot run on it.
            IntegrityError: The network takes other inputs, or its output is not floating-point.
        """
        if not isinstance(self._session, MultiOutputSession):
            return (self.run(batch),)
        return self._run_parts(self._session.run_all, batch)

    def run_named(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run the network once on an array for each input, and return every output; both by name.

        Raises:
            InputError: The network cannot run on them.
            IntegrityError: It has other inputs, the engine takes one only, or an output is none of numbers.
        """
        session = self._session
        if not isinstance(session, NamedSession):
            raise IntegrityError(f"{self._name}: its engine cannot run a network by the names of its inputs")
        given = self._converted(inputs)
        image = max((array for array in given.values() if array.ndim == 4), key=lambda array: array.size, default=None)
        taken = nullcontext() if image is None else self._taken(image)
        with taken, self._failing_as_one_line(*given.values()), self._running():
            outputs = session.run_named(given)
        for output in outputs.values():
            self._check_kind(output, "fiub")
        return dict(outputs)

    def _converted(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The arrays with the types of the network's inputs; others are refused before the engine does in its words."""
        import numpy as np

        needed = {port.name: port for port in self.inputs}
        if needed.keys() != inputs.keys():
            own, found = (", ".join(sorted(names)) or "none" for names in (needed, inputs))
            raise IntegrityError(f"{self._name}: its network has the inputs {own}, but is given {found}")
        given: dict[str, NDArray[Any]] = {}
        for name, port in needed.items():
            array = np.asarray(inputs[name])
            kind = _kind_of(port, array)
            sides = zip(port.shape or (), array.shape, strict=False)
            if not np.can_cast(array.dtype, kind, "same_kind"):
                raise IntegrityError(f"{self._name}: its input {name} takes {kind} numbers, not {array.dtype}")
            wrong = port.shape is not None and len(port.shape) != array.ndim
            if wrong or any(own not in {None, side} for own, side in sides):
                own, found = _shape_text(port.shape or ()), _shape_text(array.shape)
                raise IntegrityError(f"{self._name}: its input {name} takes {own}, but is given {found}")
            given[name] = np.asarray(array, kind, order="C")
        return given

    def run_reduced(self, batch: NDArray[np.float32], reduce: Callable[[NDArray[np.float32]], Reduced]) -> Reduced:
        """Run one batch and return what ``reduce`` makes of the first output (:class:`ReducingSession`).

        Raises:
            InputError: The network cannot run on it.
            IntegrityError: The network takes other inputs, or its output is not floating-point.
        """
        session = self._session
        if not isinstance(session, ReducingSession) or self._shape is None or self._batch not in {None, len(batch)}:
            return reduce(self.run(batch))
        self._check_fits(batch)
        with self._taken(batch), self._failing_as_one_line(batch), ExitStack() as cores:
            cores.enter_context(self._running())

            def reduce_output(output: NDArray[np.float32]) -> Reduced:
                cores.close()  # the next call runs meanwhile
                return reduce(self._numbers(output))

            return session.run_reduced(batch, reduce_output)

    def _run_parts(
        self, run: Callable[[NDArray[np.float32]], tuple[Any, ...]], batch: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], ...]:
        """Run a batch in as many calls as the network needs."""
        self._check_fits(batch)
        count = len(batch)
        if self._batch is None or self._batch == count:
            try:
                outputs = self._guarded(run, batch)
                if self._shape is not None or count == 1 or outputs[0].shape[:1] == (count,):
                    return outputs
            except InputError:
                if self._shape is not None or count < 2:  # the engine reports the shape, or it is not the number
                    raise
            outputs = self._in_parts(run, batch, 1)
            self._batch = 1
            return outputs
        return self._in_parts(run, batch, self._batch)

    def _in_parts(
        self, run: Callable[[NDArray[np.float32]], tuple[Any, ...]], batch: NDArray[np.float32], size: int
    ) -> tuple[NDArray[np.float32], ...]:
        """Run ``size`` images at a time; the last call is filled with the first images, whose results are dropped."""
        import numpy as np

        starts = range(0, len(batch), size)
        parts = [np.resize(part, (size, *part.shape[1:])) for part in (batch[start : start + size] for start in starts)]
        found = [self._guarded(run, np.ascontiguousarray(part)) for part in parts]
        return tuple(np.concatenate(outputs)[: len(batch)] for outputs in zip(*found, strict=True))

    def _check_fits(self, batch: NDArray[np.float32]) -> None:
        """Refuse a batch that the network cannot take, before the engine refuses it in its own words."""
        shape = self._shape
        if shape is None:
            return
        pairs = zip(shape[1:], batch.shape[1:], strict=False)
        if len(shape) != batch.ndim or any(own not in {None, given} for own, given in pairs):
            raise IntegrityError(
                f"{self._name}: its network takes {_shape_text(shape)}, but is given {_shape_text(batch.shape)} "
                "(docs/networks.md)"
            )

    def _guarded(
        self, run: Callable[[NDArray[np.float32]], tuple[Any, ...]], batch: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], ...]:
        with self._taken(batch), self._failing_as_one_line(batch), self._running():
            outputs = tuple(run(batch))
        return tuple(map(self._numbers, outputs))

    @contextmanager
    def _running(self) -> Iterator[None]:
        """One of the engine's streams, if it has several, and the cores of a call."""
        with self._streams.taken(1 if self.streams > 1 else 0), CORES.taken(self.threads):
            yield

    def _taken(self, batch: NDArray[np.float32]) -> AbstractContextManager[None]:
        """The memory of a call, where it has a ceiling."""
        return nullcontext() if self._room is None else self._room.taken(batch)

    @contextmanager
    def _failing_as_one_line(self, *given: NDArray[Any]) -> Iterator[None]:
        try:
            yield
        except IntegrityError:  # of the reduction
            raise
        except (Exception, SystemExit) as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            shapes = " and ".join(_shape_text(array.shape) for array in given)
            raise InputError(f"{self._name} cannot run on an input of {shapes}: {reason}") from error

    def _numbers(self, output: Any) -> NDArray[np.float32]:
        """Convert an output to float32; networks may also output strings, lists or integers."""
        self._check_kind(output, "f")
        numbers: NDArray[np.float32] = output.astype("float32", copy=False)
        return numbers

    def _check_kind(self, output: Any, kinds: str) -> None:
        """Refuse an output of another kind than NumPy's ``kinds``."""
        kind = getattr(output, "dtype", None)
        if kind is None or kind.kind not in kinds:
            needed = "floating-point" if kinds == "f" else "made of numbers"
            raise IntegrityError(
                f"{self._name}: the network's output is not {needed} ({kind or type(output).__name__})"
            )


def _kind_of(port: TensorSpec, array: NDArray[Any]) -> np.dtype[Any]:
    """The type of an input, or that of the array where the engine reports none that NumPy has."""
    import numpy as np

    try:
        return array.dtype if port.dtype is None else np.dtype("bool" if port.dtype == "boolean" else port.dtype)
    except TypeError:
        return array.dtype


def _shape_text(shape: Sequence[int | None]) -> str:
    letters = "NCHW" if len(shape) == 4 else "N" + "?" * len(shape)
    return " x ".join(letters[place] if size is None else str(size) for place, size in enumerate(shape)) or "a number"
