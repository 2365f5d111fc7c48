"""Sessions of OpenVINO: of a network for any shape, or of one that is compiled for each shape of a grid."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Any

from ocrzoo.engines.base import TensorSpec
from ocrzoo.engines.grid import Grid, Shape, run_on

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ocrzoo.engines.base import Reduced

CompileFor = Callable[[Shape], Any]
"""Compiles a network for one shape; ``None`` if its file is no longer the one that was loaded."""

LARGE = 1_500_000
"""Pixels of a call, N x H x W, above which a network is compiled for that one shape.

Its memory is planned then: detection in float32 takes 82 to 88 bytes a pixel instead of 143 to 250 (docs/engines.md).
Compiling takes a fraction of such a call's time, and is done again only when the shape changes.
"""

_KINDS = {"f": "float", "i": "int", "u": "uint"}
_TYPES = {f"{short}{bits}": f"{kind}{bits}" for short, kind in _KINDS.items() for bits in (8, 16, 32, 64)}
"""OpenVINO's names of types, as NumPy calls them."""


class OpenVinoSession:
    """A compiled network; each concurrent call uses its own inference request."""

    keeps_up_to: float = LARGE
    """Pixels of a call, N x H x W, above which its memory is returned at its end."""

    def __init__(
        self,
        compiled: Any,
        align_corners: bool | None = None,
        compile_for: CompileFor | None = None,
    ) -> None:
        """``compile_for`` compiles the network for one shape; without it, the one of any shape takes large inputs."""
        self.align_corners = align_corners
        self._compiled = compiled
        self._compile_for = compile_for
        self._large: tuple[Shape, Any] | None = None
        """The shape of the last large input, and the network compiled for it."""
        self._lock = Lock()
        self._requests = _Requests(compiled)
        self.inputs = tuple(_spec(port) for port in compiled.inputs)
        self.outputs = tuple(_spec(port) for port in compiled.outputs)

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch; the caller owns the result."""
        return self.run_reduced(batch, lambda output: output.copy())

    def run_all(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Run one batch; the caller owns the results."""
        count = len(self._compiled.outputs)
        return self._infer(batch, lambda results: tuple(results[index].copy() for index in range(count)))

    def run_reduced(self, batch: NDArray[np.float32], reduce: Callable[[NDArray[np.float32]], Reduced]) -> Reduced:
        """Run one batch, and return what ``reduce`` makes of the first output, which is OpenVINO's own memory."""
        return self._infer(batch, lambda results: reduce(results[0]))

    def run_named(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Run the network once; the caller owns the results."""
        names = [port.name for port in self.outputs]
        return self._requests.infer(
            dict(inputs), lambda results: {name: results[index].copy() for index, name in enumerate(names)}
        )

    def release(self) -> None:
        """Return the memory that is kept for further calls; the next one takes longer."""
        with self._lock:
            self._large = None
        self._requests.release()

    def _infer(self, batch: NDArray[np.float32], take: Callable[[Any], Reduced]) -> Reduced:
        """Run one batch on an idle request, and take what is needed before another call may use the request."""
        network = self._large_network(batch.shape) if batch.size // batch.shape[1] > LARGE else None
        if network is not None:
            taken = take(network.create_infer_request().infer([batch], share_inputs=True, share_outputs=True))
            _release(network)  # else it would lie beside what the next stage takes
            return taken
        return self._requests.infer([batch], take)

    def _large_network(self, shape: Shape) -> Any:
        """The network compiled for one shape, in place of the one for the last such shape; ``None`` if it cannot be."""
        with self._lock:
            if self._large is None or self._large[0] != shape:
                self._large = None
                self._large = (shape, None if self._compile_for is None else self._compile_for(shape))
            return self._large[1]


class FixedShapesSession(OpenVinoSession):
    """A network that is compiled for each shape of a grid, one image a call, for devices that take no other shapes."""

    keeps_up_to: float = math.inf

    def __init__(self, model: Any, align_corners: bool | None, compile_for: CompileFor, grid: Grid, most: int) -> None:
        """``most`` is how many compiled networks are kept: those used last."""
        super().__init__(model, align_corners)
        self._compile_shape = compile_for
        self._grid = grid.of_one_image().left_open(self.inputs[0].shape)
        self._most = most
        self._networks: OrderedDict[Shape, _Requests] = OrderedDict()

    def prepare(self, shape: Shape) -> None:
        """Compile the network for inputs of a shape."""
        self._network_for(self._grid.room(shape))

    def release(self) -> None:
        """Drop the compiled networks; the next call takes longer."""
        with self._lock:
            self._networks.clear()

    def run_named(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Refuse: only networks with one input are compiled for each shape."""
        raise RuntimeError("OpenVINO runs a network by the names of its inputs on a CPU only: choose another engine")

    def _infer(self, batch: NDArray[np.float32], take: Callable[[Any], Reduced]) -> Reduced:
        return take(run_on(self._grid, self._run_whole, batch))

    def _run_whole(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        count = len(self.outputs)
        network = self._network_for(batch.shape)
        return network.infer([batch], lambda results: tuple(results[index].copy() for index in range(count)))

    def _network_for(self, shape: Shape) -> _Requests:
        with self._lock:
            if shape not in self._networks:
                compiled = self._compile_shape(shape)
                if compiled is None:
                    raise RuntimeError("the file of the network was replaced: load the model again")
                while len(self._networks) >= self._most:
                    self._networks.popitem(last=False)
                self._networks[shape] = _Requests(compiled)
            self._networks.move_to_end(shape)
            return self._networks[shape]


class _Requests:
    """A compiled network, with its requests that no call is using."""

    def __init__(self, compiled: Any) -> None:
        self._compiled = compiled
        self._idle: SimpleQueue[Any] = SimpleQueue()

    def infer(self, given: list[Any] | dict[str, Any], take: Callable[[Any], Reduced]) -> Reduced:
        """Run on arrays, in order or by name, and take what is needed before another call may use the request."""
        try:
            request = self._idle.get_nowait()
        except Empty:
            request = self._compiled.create_infer_request()
        try:
            return take(request.infer(given, share_inputs=True, share_outputs=True))
        finally:
            self._idle.put(request)

    def release(self) -> None:
        """Return the memory of the requests and of the network."""
        while not self._idle.empty():
            with suppress(Empty):
                self._idle.get_nowait()
        _release(self._compiled)


def _release(network: Any) -> None:
    """Return a network's memory, unless another call is using it."""
    with suppress(RuntimeError):
        network.release_memory()


def _spec(port: Any) -> TensorSpec:
    shape = port.partial_shape
    sides = tuple(None if size.is_dynamic else size.get_length() for size in shape) if shape.rank.is_static else None
    kind = port.get_element_type().get_type_name()
    return TensorSpec(next(iter(port.names), ""), sides, _TYPES.get(kind, kind))
