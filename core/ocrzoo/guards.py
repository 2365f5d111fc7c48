"""Guards around networks and predictors that others wrote: they fail as one line that names the model and plugin."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from ocrzoo.engines.base import Device, MultiOutputSession, Reduced, ReducingSession, Session, TensorSpec
from ocrzoo.memory.ceiling import Room
from ocrzoo.scheduling.slots import CORES, Slots
from ocrzoo_registry.errors import InputError, IntegrityError, OcrzooError, PluginError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_RESULTS = {
    "text_detection": ("quads", "scores"),
    "text_recognition": ("text", "score"),
    "doc_text_orientation": ("class_id", "label", "score"),
    "textline_orientation": ("class_id", "label", "score"),
    "image_unwarping": ("image",),
}
"""What each result of a predictor has, by task, as pipelines read it (``predictors/base``)."""

_ATTRIBUTES = {
    "text_detection": ("defaults",),
    "text_recognition": ("name", "scripts"),
    "doc_text_orientation": ("labels",),
    "textline_orientation": ("labels",),
}
"""What a predictor has besides ``predict``, by task."""


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
    ) -> None:
        """``room`` is what its calls may take of the process's memory; ``None``: as much as they need."""
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
    def _failing_as_one_line(self, batch: NDArray[np.float32]) -> Iterator[None]:
        try:
            yield
        except IntegrityError:  # of the reduction
            raise
        except (Exception, SystemExit) as error:
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            shape = _shape_text(batch.shape)
            raise InputError(f"{self._name} cannot run on an input of {shape}: {reason}") from error

    def _numbers(self, output: Any) -> NDArray[np.float32]:
        """Convert an output to float32; networks may also output strings, lists or integers."""
        kind = getattr(output, "dtype", None)
        if kind is None or kind.kind != "f":
            raise IntegrityError(
                f"{self._name}: the network's output is not floating-point ({kind or type(output).__name__})"
            )
        numbers: NDArray[np.float32] = output.astype("float32", copy=False)
        return numbers


def _shape_text(shape: Sequence[int | None]) -> str:
    letters = "NCHW" if len(shape) == 4 else "N" + "?" * len(shape)
    return " x ".join(letters[place] if size is None else str(size) for place, size in enumerate(shape)) or "a number"


@contextmanager
def blamed_on(plugin: str, name: str, part: str = "", failure: type[OcrzooError] = PluginError) -> Iterator[None]:
    """Turn any exception of a plugin's code into an error that names the plugin, ``name`` and its ``part`` that failed.

    Our own errors only get the names that they lack.

    Raises:
        OcrzooError: Of the type ``failure`` for what is none of our own.
    """
    try:
        yield
    except OcrzooError as error:
        text = str(error) if name in str(error) else f"{name}: {error}"
        error.args = (text if plugin in text else f"{text.rstrip('.')} (plugin {plugin})", *error.args[1:])
        raise
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        what = f"{name}: {part}" if part else name
        raise failure(f"{what} of plugin {plugin} failed: {reason}") from error


def guard_predictor(predictor: Any, task: str, name: str, plugin: str) -> None:
    """Let ``predict`` of a model that a plugin brought name the model and the plugin in each of its errors.

    Its results are counted, and for ocrzoo's own tasks must have what pipelines read. An exception costs only the page.

    Raises:
        PluginError: It has no method ``predict``.
    """
    predict: Any = getattr(predictor, "predict", None)
    if not callable(predict):
        raise PluginError(f"{name}: the predictor {type(predictor).__name__} of plugin {plugin} has no method predict")

    @wraps(predict)
    def guarded(images: Sequence[Any], *arguments: Any, **options: Any) -> Any:
        with blamed_on(plugin, name, "the predictor", InputError):
            found: Any = predict(images, *arguments, **options)
            results: Collection[Any] = found if isinstance(found, Collection) else [*found]
        _check_results(results, len(images), task, f"{name}: the predictor of plugin {plugin}")
        return results

    _replace_predict(predictor, guarded)


def guard_pipeline(pipeline: Any, name: str, plugin: str) -> None:
    """Let ``predict`` of a plugin's pipeline name the pipeline and the plugin in each of its errors.

    Raises:
        PluginError: It has no method ``predict``.
    """
    predict: Any = getattr(pipeline, "predict", None)
    if not callable(predict):
        raise PluginError(f"pipeline {name!r} of plugin {plugin} has no method predict ({type(pipeline).__name__})")

    @wraps(predict)
    def guarded(*arguments: Any, **options: Any) -> Iterator[Any]:
        with blamed_on(plugin, f"pipeline {name!r}"):
            yield from cast("Iterable[Any]", predict(*arguments, **options))

    _replace_predict(pipeline, guarded)


def _replace_predict(owner: Any, guarded: Callable[..., Any]) -> None:
    """Replace the method of one object; one with ``__slots__`` stays as it is."""
    with suppress(AttributeError, TypeError):
        object.__setattr__(owner, "predict", guarded)  # also where the class is a frozen one


def lacking(predictor: Any, task: str) -> list[str]:
    """Return what a predictor lacks that pipelines need for a task."""
    return [key for key in (*_ATTRIBUTES.get(task, ()), "predict") if not hasattr(predictor, key)]


def _check_results(found: Collection[Any], count: int, task: str, owner: str) -> None:
    if len(found) != count:
        raise PluginError(f"{owner} returned {len(found)} results for {count} images")
    needed = _RESULTS.get(task, ())
    results: Iterable[Any] = found if needed else ()
    for one in results:
        if missing := [key for key in needed if not hasattr(one, key)]:
            raise PluginError(f"{owner} returned {type(one).__name__}, which has no {', '.join(missing)}")
