"""The plugin host: finds plugins by their entry points, and lets none of them break the others.

Every plugin gets a pluggy manager of its own, so that a fault (at import, at registration, an unknown
hook argument, a misspelt hook, a hook that raises) is that plugin's alone. Faults are kept with the
plugin's and its distribution's name; with ``OCRZOO_STRICT=1`` they are raised instead.
"""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from importlib.metadata import Distribution, EntryPoint, distributions, entry_points
from typing import Literal, TypeVar

import pluggy

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import PluginError
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.plugins import gc_pause
from ocrzoo_registry.plugins.hookspecs import ENTRY_POINT_GROUP, HookSpecs
from ocrzoo_registry.plugins.registrations import Origin, Registration
from ocrzoo_registry.plugins.specs import EngineSpec, PipelineSpec, PredictorSpec, SourceSpec
from ocrzoo_registry.settings import Settings

T = TypeVar("T")
log = logging.getLogger("ocrzoo")

Stage = Literal["import", "registration", "unknown hook argument", "misspelt hook", "hook"]

HOOKS: dict[str, type] = {
    "ocrzoo_model_cards": ModelCard,
    "ocrzoo_sources": SourceSpec,
    "ocrzoo_predictors": PredictorSpec,
    "ocrzoo_engines": EngineSpec,
    "ocrzoo_pipelines": PipelineSpec,
}
"""Each hook and what it yields."""


@dataclass(frozen=True)
class Failure:
    """What went wrong with a plugin, and when."""

    stage: Stage
    message: str


@dataclass
class Plugin:
    """A plugin that was found, whatever became of it."""

    origin: Origin
    disabled: bool = False
    hooks: tuple[str, ...] = ()
    """The hooks that it implements."""
    failures: list[Failure] = field(default_factory=list)
    manager: pluggy.PluginManager | None = None

    @property
    def status(self) -> Literal["disabled", "failed", "loaded"]:
        """One word for a list of plugins."""
        return "disabled" if self.disabled else "failed" if self.failures else "loaded"


class PluginManager:
    """All plugins of this environment, and what they offer."""

    def __init__(self, settings: Settings, found: Iterable[EntryPoint] | None = None) -> None:
        self._strict = settings.strict
        self._arguments = {"settings": settings}
        self._offers: dict[str, list[Registration[object]]] = {}
        found = list(_discover() if found is None else found)
        for name in sorted(settings.disabled_plugins - {entry.name for entry in found}):
            log.warning("OCRZOO_DISABLE_PLUGINS: no plugin is called %r", name)
        self.plugins = [self._load(entry, origin, settings.disabled_plugins) for origin, entry in _in_order(found)]

    def model_cards(self) -> list[Registration[ModelCard]]:
        """Return all model cards on offer."""
        return self._call("ocrzoo_model_cards", ModelCard)

    def sources(self) -> list[Registration[SourceSpec]]:
        """Return all weight sources on offer."""
        return self._call("ocrzoo_sources", SourceSpec)

    def predictors(self) -> list[Registration[PredictorSpec]]:
        """Return all predictors on offer."""
        return self._call("ocrzoo_predictors", PredictorSpec)

    def engines(self) -> list[Registration[EngineSpec]]:
        """Return all inference engines on offer."""
        return self._call("ocrzoo_engines", EngineSpec)

    def pipelines(self) -> list[Registration[PipelineSpec]]:
        """Return all pipelines on offer."""
        return self._call("ocrzoo_pipelines", PipelineSpec)

    def call_all(self) -> None:
        """Call every hook once, so that ``plugins`` knows every failure."""
        for hook, kind in HOOKS.items():
            self._call(hook, kind)

    def _load(self, entry: EntryPoint, origin: Origin, disabled: frozenset[str]) -> Plugin:
        plugin = Plugin(origin, disabled=entry.name in disabled)
        if plugin.disabled:
            return plugin
        module = self._guard(plugin, "import", entry.load)
        if module is None:
            if not plugin.failures:
                self._fail(plugin, "registration", "its entry point names nothing")
            return plugin
        manager = pluggy.PluginManager("ocrzoo")
        manager.add_hookspecs(HookSpecs)
        hooks = self._guard(plugin, "registration", lambda: _hooks_of(manager, module))
        if hooks is None or not self._guard(plugin, "registration", lambda: self._accept(plugin, module, hooks)):
            return plugin
        if self._guard(plugin, "registration", lambda: manager.register(module, entry.name)) is not None:
            plugin.hooks = tuple(sorted(hooks))
            plugin.manager = manager
        return plugin

    def _accept(self, plugin: Plugin, module: object, hooks: dict[str, Callable[..., object]]) -> bool:
        for name in sorted(set(HOOKS) - set(hooks)):
            if inspect.isfunction(getattr(module, name, None)):
                self._fail(plugin, "registration", f"{name}: lacks the mark @hookimpl")
        for name, function in hooks.items():
            if name not in HOOKS:
                self._fail(plugin, "misspelt hook", f"{name}: there is no such hook{did_you_mean(name, HOOKS)}")
            elif unknown := set(inspect.signature(function).parameters) - set(_arguments_of(name)):
                allowed = ", ".join(_arguments_of(name)) or "no argument"
                message = f"{name}: takes {allowed}, not {', '.join(sorted(unknown))}"
                self._fail(plugin, "unknown hook argument", message)
        return not plugin.failures

    def _call(self, hook: str, kind: type[T]) -> list[Registration[T]]:
        if hook not in self._offers:
            with gc_pause.at_rest(made_to_stay=True):
                self._offers[hook] = [
                    Registration(value, plugin.origin)
                    for plugin in self.plugins
                    for value in self._ask(plugin, hook, kind)
                ]
        return self._offers[hook]  # type: ignore[return-value]  # filled by kind above

    def _ask(self, plugin: Plugin, hook: str, kind: type[T]) -> list[T]:
        manager = plugin.manager
        if manager is None or hook not in plugin.hooks:
            return []

        def collect() -> list[T]:
            results = getattr(manager.hook, hook)(**{name: self._arguments[name] for name in _arguments_of(hook)})
            if not results:
                raise TypeError("returns None where it should yield")
            values = [value for result in results for value in result]
            for value in values:
                _check(value, kind)
            return values

        return self._guard(plugin, "hook", collect, prefix=f"{hook}: ") or []

    def _guard(self, plugin: Plugin, stage: Stage, act: Callable[[], T], prefix: str = "") -> T | None:
        try:
            with redirect_stdout(sys.stderr):  # what a plugin prints is not the command's answer
                return act()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._fail(plugin, stage, prefix + _told(error), error)
            return None

    def _fail(self, plugin: Plugin, stage: Stage, message: str, cause: BaseException | None = None) -> None:
        text = f"plugin {plugin.origin} left out: {stage}: {message}"
        if self._strict:
            raise PluginError(text) from cause
        plugin.failures.append(Failure(stage, message))
        log.warning(text)


def _arguments_of(hook: str) -> list[str]:
    """What an implementation of a hook may take."""
    return [name for name in inspect.signature(getattr(HookSpecs, hook)).parameters if name != "self"]


def _discover() -> list[EntryPoint]:
    """Find the plugins of all distributions; one whose ``entry_points.txt`` cannot be read costs only itself."""
    try:
        return list(entry_points(group=ENTRY_POINT_GROUP))
    except Exception:
        found: list[EntryPoint] = []
        for distribution in distributions():
            try:
                found.extend(distribution.entry_points.select(group=ENTRY_POINT_GROUP))
            except Exception as error:
                reason = " ".join(str(error).split())
                log.warning("%s: its entry points cannot be read: %s", distribution.metadata["Name"], reason)
        return found


def _in_order(found: Iterable[EntryPoint]) -> list[tuple[Origin, EntryPoint]]:
    """Entry points with their origins, by name; each distribution's metadata is parsed once."""
    named: dict[int, tuple[str, str]] = {}
    located = []
    for entry in found:
        key = id(entry.dist)
        if key not in named:
            named[key] = _name_and_version(entry.dist)
        located.append((Origin(entry.name, *named[key]), entry))
    return sorted(located, key=lambda pair: (pair[0].plugin, pair[0].distribution))


def _name_and_version(distribution: Distribution | None) -> tuple[str, str]:
    try:
        metadata = distribution.metadata.json if distribution is not None else {}
    except Exception:
        metadata = {}
    return str(metadata.get("name", "unknown distribution")), str(metadata.get("version", "?"))


def _told(error: BaseException) -> str:
    """An exception in one line; its own text may raise."""
    try:
        return " ".join(f"{type(error).__name__}: {error}".split())
    except Exception:
        return type(error).__name__


def _check(value: object, kind: type) -> None:
    """Refuse what is not of a hook's kind, down to its fields."""
    if not isinstance(value, kind):
        raise TypeError(f"yields {type(value).__name__} where {kind.__name__} is due")
    if not isinstance(getattr(value, "name", None), str):
        raise TypeError(f"a {kind.__name__} without a name")
    if isinstance(value, EngineSpec | SourceSpec) and not isinstance(value.rank, int):
        raise TypeError(f"{value.name}: a rank that is no whole number")


def _hooks_of(manager: pluggy.PluginManager, module: object) -> dict[str, Callable[..., object]]:
    """The functions of a plugin that are marked as hook implementations."""
    return {
        name: getattr(module, name) for name in dir(module) if manager.parse_hookimpl_opts(module, name) is not None
    }
