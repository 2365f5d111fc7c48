"""What plugins hand to the host: one small frozen record a hook.

Everything heavy is named by its dotted path (``package.module:attribute``) and imported when it is
first used, so that asking what exists costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ocrzoo_registry.cards.schema import Format
from ocrzoo_registry.errors import UsageError


@dataclass(frozen=True)
class SourceSpec:
    """A weight source by name."""

    name: str
    factory: str
    """Dotted path of a callable that takes a :class:`~ocrzoo_registry.settings.Settings`."""
    rank: int
    """Sources are tried by ascending rank; the nearest (a local folder) has the lowest."""
    network: bool = True
    """Whether it may open a socket; such a source is passed over when offline."""
    mutable: bool = False
    """Whether its models may change in place (a folder of this machine); copies in the store then follow."""
    listing_downloads: bool = False
    """Whether listing a model fetches it (pip's way); such a source is not asked merely to compare."""
    list_timeout_s: float = 14.0
    """Seconds that a source behind the network may take to list a model; then the next one is asked."""
    discoverable: bool = False
    """Whether cards do not name it; it is :class:`Holding`, and asked itself which models are within reach."""
    unavailable_reason: str = ""
    """What must be set before it takes part, told to who asks for it by name; empty where nothing is missing."""


@dataclass(frozen=True)
class EngineSpec:
    """An inference engine by name."""

    name: str
    factory: str
    """Dotted path of a class that keeps :class:`ocrzoo.engines.base.Engine`."""
    formats: tuple[Format, ...]
    """What it reads, best first."""
    module: str
    """The import that must be there."""
    install: str
    """What brings that import, as given to pip."""
    rank: int
    """Fastest first: engines are chosen by ascending rank."""
    accelerated: bool = True
    """Whether it is what ``use_hpip=True`` asks for: another runtime than the models were made with."""

    @property
    def installed(self) -> bool:
        """Whether the engine's module can be imported (it is not imported to find out)."""
        try:
            return find_spec(self.module) is not None
        except Exception:
            return False


@dataclass(frozen=True)
class PredictorSpec:
    """A predictor by the name that cards use in ``running.predictor``."""

    name: str
    factory: str
    """Dotted path of a callable ``(card, model_config, session) -> predictor``."""


@dataclass(frozen=True)
class PipelineSpec:
    """A pipeline by name."""

    name: str
    factory: str
    """Dotted path of a callable ``(config, loader) -> pipeline``."""
    config: str
    """Dotted path of a callable that returns the pipeline's default configuration."""
    schema: str | None = None
    """Dotted path of a pydantic model: configurations are checked by it, and the factory gets an instance of it."""


def load_attribute(dotted: str) -> Any:
    """Import ``package.module:attribute``.

    Raises:
        UsageError: There is no such attribute, or its module cannot be imported.
    """
    module_name, _, attribute = dotted.partition(":")
    try:
        return getattr(import_module(module_name), attribute)
    except (Exception, SystemExit) as error:
        raise UsageError(f"cannot load {dotted!r}: {type(error).__name__}: {error}") from error
