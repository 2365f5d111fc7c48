"""The engines that may run a model, the best first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ocrzoo.engines.base import Device, EngineOptions
from ocrzoo.engines.grid import Grid, Profile
from ocrzoo.processing.recognition import WIDTHS
from ocrzoo.types import Batching
from ocrzoo_registry.cards.fields import Task
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import EngineError
from ocrzoo_registry.plugins.registrations import Registrations
from ocrzoo_registry.plugins.specs import EngineSpec
from ocrzoo_registry.store.store import ModelFiles

STREAMS = 8
"""Calls at once, or somewhat more, where there are twice as many cores: each has memory of its own. Else one a core."""

COUNTS = (1, 2, 4, 8, 16, 32, 64)
"""Images of a call on a device that prepares a network for each shape."""

GRIDS: Mapping[Task, Grid] = {
    "text_detection": Grid((1,)),
    "text_recognition": Grid(COUNTS, widths=WIDTHS),
}
"""The shapes of inputs there, by task.

Pages are not padded: detection weighs its channels by their means over the page, so boxes would move by up to 4 pixels.
Their sides are multiples of 32, and most pages of a document have one size. Other networks take images of one size.
"""

PAGE_SHAPES = 8
"""Compiled networks for sizes of pages that are kept there."""


@dataclass(frozen=True)
class Candidate:
    """One way to run a model."""

    spec: EngineSpec
    files: ModelFiles
    options: EngineOptions
    precision: str = "float32"
    """As users name it."""
    batching: Batching = "exact"
    """Which lines share a call, unless the caller says."""

    def on(self, device: Device) -> Candidate:
        """Return the same on a device."""
        return replace(self, options=replace(self.options, device=device))

    def of_network(self, network: str) -> Candidate:
        """Return the same for one of the model's networks (``Artifact.networks``)."""
        files = self.files
        return replace(self, files=ModelFiles(f"{files.name} ({network})", files.file_format, files.folder / network))

    def __str__(self) -> str:
        """Name engine and precision, as messages and tables do."""
        return f"{self.spec.name} {self.precision}"


def usable_engines(
    engines: Registrations[EngineSpec], model: str, name: str | None = None, *, accelerated: bool | None = None
) -> list[EngineSpec]:
    """Return the installed engines to choose from for a model, the best first, or the one named.

    ``accelerated``: ``True`` leaves out Paddle's own runtime, ``False`` all others.

    Raises:
        UsageError: No engine has that name.
        EngineError: The engine named does not run the model, or it, or every engine, is not installed.
    """
    if name is not None:
        spec = engines.get(name)
        if not spec.installed:
            raise EngineError(f'engine {spec.name!r} is not installed: pip install "{spec.install}"')
        if not spec.runs(model):
            raise EngineError(f"engine {spec.name!r} runs only {', '.join(spec.models)}: {model} needs another engine")
        return [spec]
    ranked = sorted(engines, key=lambda spec: (spec.rank, spec.name))
    ranked = [spec for spec in ranked if accelerated in (None, spec.accelerated) and spec.runs(model)]
    installed = [spec for spec in ranked if spec.installed]
    if not ranked:
        raise EngineError("no inference engine is registered: enable the plugin 'core' (ocrzoo plugins list)")
    if not installed:
        raise EngineError(f'no inference engine is installed: pip install "{ranked[0].install}"')
    return installed


def options_on_grid(card: ModelCard, options: EngineOptions) -> EngineOptions:
    """Return the options with the shapes that a model's inputs have on a device that prepares a network for each."""
    stated = next(iter(card.inference.dynamic_shapes.values()), None)
    profile = None if stated is None else Profile(*(tuple(shape) for shape in stated))
    grid = GRIDS.get(card.task, Grid(COUNTS))
    shapes = options.shapes if options.device.kind == "cpu" else len(grid.widths) or PAGE_SHAPES
    return replace(options, grid=grid, profile=profile, shapes=shapes)


def line_options(spec: EngineSpec, options: EngineOptions) -> EngineOptions:
    """Return how an engine runs a network that reads lines: its threads as one call, or as several calls at once."""
    if not spec.line_by_line or options.device.kind != "cpu" or options.streams != 1:
        return options
    threads = max(1, options.thread_count // STREAMS)
    return replace(options, threads=threads, streams=options.thread_count // threads, shapes=len(WIDTHS))


def names(engines: Sequence[EngineSpec]) -> str:
    """Return the names of engines as text."""
    return " or ".join(spec.name for spec in engines)
