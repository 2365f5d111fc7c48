"""What plugins yield from their hooks: one small frozen record a hook.

Everything heavy is named by a dotted path (``package.module:attribute``) and imported on first use, so that
listing what is registered costs nothing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ocrzoo_registry.cards.fields import Format, Task
from ocrzoo_registry.cards.formats import FormatSpec
from ocrzoo_registry.errors import UsageError

__all__ = ["EngineSpec", "FormatSpec", "PipelineSpec", "PredictorSpec", "SourceSpec", "load_attribute"]


@dataclass(frozen=True)
class SourceSpec:
    """A source of weights by name."""

    name: str
    factory: str
    """Dotted path of a callable ``(settings) -> Source``."""
    rank: int
    """Sources are tried by ascending rank; a local folder has the lowest."""
    reference: str = ""
    """Dotted path of a pydantic model that checks what cards write under ``sources.<name>.<format>``."""
    card_key: str = ""
    """The key under ``sources`` in cards, where it is not the source's name."""
    network: bool = True
    """Whether it may open a socket; such a source is skipped in offline mode."""
    mutable: bool = False
    """Whether its models may change in place (a local folder); copies in the store are then updated."""
    listing_downloads: bool = False
    """Whether listing a model downloads it (as pip does); such a source is not asked just to compare."""
    list_timeout_s: float = 14.0
    """Seconds that a network source may take to list a model before the next source is tried."""
    discoverable: bool = False
    """Whether it has models whose cards do not name it; over a network it has ``holds`` (:class:`Holding`)."""
    keeps_copies: bool = False
    """Whether it has copies of other sources' files (:class:`Keeping`), which may be older: it is not asked for updates
    or for mirrors, and a wrong file in it is passed over without a message."""
    unavailable_reason: str = ""
    """Why the source is disabled, e.g. a missing setting; empty if usable."""

    @property
    def key(self) -> str:
        """The key under ``sources`` in cards."""
        return self.card_key or self.name


@dataclass(frozen=True)
class EngineSpec:
    """An inference engine by name."""

    name: str
    factory: str
    """Dotted path of a class that implements :class:`ocrzoo.engines.base.Engine`."""
    formats: tuple[Format, ...]
    """The formats it reads, best first."""
    module: str
    """The module whose presence shows that the engine is installed."""
    install: str
    """The requirement that installs it, as given to pip."""
    rank: int
    """Engines are chosen by ascending rank, the fastest first."""
    accelerated: bool = True
    """Whether ``use_hpip=True`` selects it: another runtime than the one the models were trained with."""
    distributions: tuple[str, ...] = ()
    """The distributions that its module may come from; empty: one of the module's name."""
    also_reads: tuple[str, ...] = ()
    """Files of further formats that it can read where a model has them; they are not downloaded for it."""
    models: tuple[str, ...] = ()
    """The models that it runs, by name or by a pattern such as ``seaside_*``; empty: any."""
    line_by_line: bool = False
    """Whether a CPU reads lines fastest one a call, several calls at once, with few threads each (docs/engines.md)."""

    def reads(self, file_format: Format, folder: Path) -> bool:
        """Whether it can read the model in a folder."""
        return file_format in self.formats or any((folder / path).is_file() for path in self.also_reads)

    def runs(self, model: str) -> bool:
        """Whether it is meant for a model."""
        return not self.models or any(fnmatchcase(model, pattern) for pattern in self.models)

    @property
    def version(self) -> str:
        """The installed version, from metadata: the module is not imported; empty if there is none."""
        from importlib import metadata

        for name in self.distributions or (self.module,):
            with suppress(metadata.PackageNotFoundError):
                return metadata.version(name)
        return ""

    @property
    def installed(self) -> bool:
        """Whether the engine's module can be found; it is not imported."""
        try:
            return find_spec(self.module) is not None
        except Exception:
            return False


@dataclass(frozen=True)
class PredictorSpec:
    """A predictor by the name that cards use in ``inference.predictor``."""

    name: str
    factory: str
    """Dotted path of a callable ``(card, model_config, session) -> predictor``; the session is an
    ``ocrzoo.ModelSession``, and docs/plugins/predictors.md has what a predictor of each task is."""
    tasks: tuple[Task, ...] = ()
    """The tasks that it does; its cards must name one of them. Without any, a task with the predictor's name."""
    requires: tuple[str, ...] = ()
    """Optional keys of a card that it needs, such as ``charset`` or ``labels``."""
    postprocess: tuple[str, ...] = ()
    """The values of ``PostProcess.name`` that it knows; without any, the name is not checked."""


@dataclass(frozen=True)
class PipelineSpec:
    """A pipeline by name."""

    name: str
    factory: str
    """Dotted path of a callable ``(config, loader) -> pipeline``."""
    config: str
    """Dotted path of a callable that returns the default configuration."""
    schema: str | None = None
    """Dotted path of a pydantic model that checks configurations; the factory then gets an instance of it."""


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
