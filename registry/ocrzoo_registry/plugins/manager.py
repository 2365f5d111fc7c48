"""The plugin manager: finds plugins by their entry points and isolates them from one another.

Each plugin has its own pluggy manager, so that a failure (at import, at registration, an unknown hook argument, a
misspelled hook, a hook that raises) disables only that plugin. Failures are recorded with the names of the plugin
and its distribution; with ``OCRZOO_STRICT=1`` they are raised.
"""

from __future__ import annotations

import inspect
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stdout
from functools import cache
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import TypeVar

import pluggy

from ocrzoo_registry.cards.formats import register
from ocrzoo_registry.cards.loader import faults_kept, identity
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import CardError, PluginError
from ocrzoo_registry.names import did_you_mean, lookalike
from ocrzoo_registry.plugins.checks import CardCheck, check_spec
from ocrzoo_registry.plugins.discovery import discover, in_order
from ocrzoo_registry.plugins.found import Failure, Plugin, RefusedCard, Stage
from ocrzoo_registry.plugins.gc_pause import gc_paused
from ocrzoo_registry.plugins.hookspecs import HookSpecs
from ocrzoo_registry.plugins.registrations import OFFICIAL, Origin, Registration
from ocrzoo_registry.plugins.signatures import top_package
from ocrzoo_registry.plugins.source_only import import_from_source
from ocrzoo_registry.plugins.specs import EngineSpec, FormatSpec, PipelineSpec, PredictorSpec, SourceSpec
from ocrzoo_registry.plugins.trust import Verdict, judge
from ocrzoo_registry.settings import Settings

T = TypeVar("T")
SpecT = TypeVar("SpecT", PredictorSpec, SourceSpec)
log = logging.getLogger("ocrzoo")

HOOKS: dict[str, type] = {
    "ocrzoo_model_cards": ModelCard,
    "ocrzoo_formats": FormatSpec,
    "ocrzoo_sources": SourceSpec,
    "ocrzoo_predictors": PredictorSpec,
    "ocrzoo_engines": EngineSpec,
    "ocrzoo_pipelines": PipelineSpec,
}
"""Each hook and what it yields."""


_LOGGED = 3
"""Refused values of one hook that are logged; ``ocrzoo plugins list`` has them all."""


class PluginManager:
    """All plugins of this environment, and what they register."""

    def __init__(self, settings: Settings, found: Iterable[EntryPoint] | None = None) -> None:
        self._strict = settings.strict
        self._arguments = {"settings": settings}
        self._registered: dict[str, list[Registration[object]]] = {}
        self.refused_cards: list[RefusedCard] = []
        """Cards that are not registered, in the order of the plugins."""
        found = list(discover() if found is None else found)
        for name in sorted(settings.disabled_plugins - {entry.name for entry in found}):
            log.warning("OCRZOO_DISABLE_PLUGINS: there is no plugin %r", name)
        located = in_order(found)
        with gc_paused():
            self.plugins = [
                self._load(entry, origin, verdict, settings.disabled_plugins)
                for (origin, entry), verdict in zip(located, judge(settings, located), strict=True)
            ]
        self._call("ocrzoo_formats", FormatSpec, register)  # before any card is read

    def model_cards(self) -> list[Registration[ModelCard]]:
        """Return all registered model cards; each was checked against the registered predictors and sources."""
        if "ocrzoo_model_cards" not in self._registered:
            check = CardCheck(_unambiguous(self.predictors()), _unambiguous(self.sources()))
            return self._call("ocrzoo_model_cards", ModelCard, check)
        return self._call("ocrzoo_model_cards", ModelCard)

    def sources(self) -> list[Registration[SourceSpec]]:
        """Return all registered sources."""
        return self._call("ocrzoo_sources", SourceSpec)

    def predictors(self) -> list[Registration[PredictorSpec]]:
        """Return all registered predictors."""
        return self._call("ocrzoo_predictors", PredictorSpec)

    def engines(self) -> list[Registration[EngineSpec]]:
        """Return all registered engines."""
        return self._call("ocrzoo_engines", EngineSpec)

    def pipelines(self) -> list[Registration[PipelineSpec]]:
        """Return all registered pipelines."""
        return self._call("ocrzoo_pipelines", PipelineSpec)

    def call_all(self) -> None:
        """Call every hook once, so that ``plugins`` has every failure."""
        self.model_cards()
        for hook, kind in HOOKS.items():
            self._call(hook, kind)

    def has(self, origin: Origin) -> bool:
        """Whether an origin is a plugin: those of models by address, and of a mirror's cards, are none."""
        return any(one.origin == origin for one in self.plugins)

    def _load(self, entry: EntryPoint, origin: Origin, verdict: Verdict, disabled: frozenset[str]) -> Plugin:
        plugin = Plugin(origin, entry.value, entry.name in disabled, verdict.reason, verdict.signature)
        if plugin.disabled:
            return plugin
        if verdict.tampered:
            self._fail(plugin, "signature", verdict.reason)
        if verdict.reason:
            return plugin
        if verdict.signature.state == "signed":
            import_from_source(top_package(entry.value))
        module = self._guard(plugin, "import", entry.load)
        if module is None:
            if not plugin.failures:
                self._fail(plugin, "registration", "its entry point is None")
            return plugin
        manager = pluggy.PluginManager("ocrzoo")
        hooks = self._guard(plugin, "registration", lambda: _hooks_of(manager, module))
        if hooks is None or not self._guard(plugin, "registration", lambda: self._accept(plugin, module, hooks)):
            return plugin
        if self._guard(plugin, "registration", lambda: _register(manager, entry.name, hooks)):
            plugin.hooks = tuple(sorted(hooks))
            plugin.manager = manager
        return plugin

    def _accept(self, plugin: Plugin, module: object, hooks: dict[str, Callable[..., object]]) -> bool:
        for name in sorted(set(HOOKS) - set(hooks)):
            if inspect.isfunction(getattr(module, name, None)):
                self._fail(plugin, "registration", f"{name}: the decorator @hookimpl is missing")
        for name, function in hooks.items():
            if name not in HOOKS:
                self._fail(plugin, "misspelled hook", f"{name}: no such hook{did_you_mean(name, HOOKS)}")
            elif unknown := set(inspect.signature(function).parameters) - set(_arguments_of(name)):
                allowed = ", ".join(_arguments_of(name)) or "no argument"
                message = f"{name}: takes {allowed}, not {', '.join(sorted(unknown))}"
                self._fail(plugin, "unknown hook argument", message)
        return not plugin.failures

    def _call(self, hook: str, kind: type[T], check: Callable[[T], None] = lambda _: None) -> list[Registration[T]]:
        if hook not in self._registered:
            with gc_paused(long_lived=True):
                found = [
                    Registration(value, plugin.origin)
                    for plugin in self.plugins
                    for value in self._ask(plugin, hook, kind, check)
                ]
                self._registered[hook] = self._without_lookalikes(hook, found)  # type: ignore[arg-type]  # read by kind below
        return self._registered[hook]  # type: ignore[return-value]  # filled by kind above

    def _ask(self, plugin: Plugin, hook: str, kind: type[T], check: Callable[[T], None]) -> list[T]:
        manager = plugin.manager
        if manager is None or hook not in plugin.hooks:
            return []

        def collect() -> list[object]:
            with faults_kept():
                results = getattr(manager.hook, hook)(**{name: self._arguments[name] for name in _arguments_of(hook)})
                if not results:
                    self._warn(plugin, f"{hook} returns None, so it registers nothing: yield values, or return a list")
                return [value for result in results for value in result]

        values = self._guard(plugin, "hook", collect, prefix=f"{hook}: ") or []
        kept = [value for value in values if self._accepts(plugin, hook, kind, check, value)]
        plugin.registered += len(kept)
        return kept  # type: ignore[return-value]  # check_spec compared each with kind

    def _accepts(self, plugin: Plugin, hook: str, kind: type[T], check: Callable[[T], None], value: object) -> bool:
        """Whether a value can be registered; one that cannot costs only itself."""
        try:
            check_spec(value, kind)
            check(value)  # type: ignore[arg-type]  # it is of this kind
        except Exception as error:  # whatever a check of a stranger's value raises
            self._refuse(plugin, hook, value, error)
            return False
        if isinstance(value, ModelCard) and plugin.origin.distribution != OFFICIAL:
            value._publisher = plugin.origin.distribution  # noqa: SLF001  # this is where cards enter
        return True

    def _refuse(self, plugin: Plugin, hook: str, value: object, error: Exception) -> None:
        if isinstance(value, ModelCard):
            stated = identity(value.__dict__)
            self.refused_cards.append(RefusedCard(*stated, plugin.origin, _message(error)))
        self._fail(plugin, "hook", f"{hook}: {_one_line(error)}", error, quiet=len(plugin.failures) >= _LOGGED)
        if len(plugin.failures) == _LOGGED:
            log.warning("plugin %s: further faults are listed by 'ocrzoo plugins list'", plugin.origin)

    def _without_lookalikes(self, hook: str, found: list[Registration[T]]) -> list[Registration[T]]:
        """Leave out names that may be taken for an official one, and those that some disks take for one another."""
        official = {lookalike(_name(one)): _name(one) for one in found if one.origin.distribution == OFFICIAL}
        spellings: dict[str, set[str]] = {}
        for one in found:
            spellings.setdefault(_name(one).casefold(), set()).add(_name(one))
        kept = []
        for one in found:
            name, taken = _name(one), official.get(lookalike(_name(one)), _name(one))
            others = sorted(spellings[name.casefold()] - {name})
            if one.origin.distribution != OFFICIAL and taken != name:
                self._leave_out(hook, one, f"looks like the official {taken}: choose another")
            elif one.origin.distribution != OFFICIAL and others:
                self._leave_out(hook, one, f"differs from {others[0]} only in case: choose another")
            else:
                kept.append(one)
        return kept

    def _leave_out(self, hook: str, one: Registration[T], fault: str) -> None:
        plugin = next(plugin for plugin in self.plugins if plugin.origin == one.origin)
        plugin.registered -= 1
        error = CardError if isinstance(one.value, ModelCard) else ValueError
        self._refuse(plugin, hook, one.value, error(f"{_name(one)}: name: {fault}"))

    def _guard(self, plugin: Plugin, stage: Stage, act: Callable[[], T], prefix: str = "") -> T | None:
        try:
            with redirect_stdout(sys.stderr):  # the command's own output must stay parseable
                return act()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._fail(plugin, stage, prefix + _one_line(error), error)
            return None

    def _fail(
        self, plugin: Plugin, stage: Stage, message: str, cause: BaseException | None = None, *, quiet: bool = False
    ) -> None:
        text = f"plugin {plugin.origin} failed: {stage}: {message}"
        if self._strict:
            raise PluginError(text) from cause
        plugin.failures.append(Failure(stage, message))
        log.log(logging.DEBUG if quiet else logging.WARNING, text)

    def _warn(self, plugin: Plugin, message: str) -> None:
        plugin.warnings.append(message)
        log.warning("plugin %s: %s", plugin.origin, message)


def _name(registration: Registration[T]) -> str:
    return str(getattr(registration.value, "name"))  # noqa: B009  # check_spec found it; T does not say so


def _unambiguous(registrations: Iterable[Registration[SpecT]]) -> list[SpecT]:
    """The values whose name only one plugin registers."""
    values = [one.value for one in registrations]
    counts = Counter(value.name for value in values)
    return [value for value in values if counts[value.name] == 1]


@cache
def _arguments_of(hook: str) -> list[str]:
    """The arguments that an implementation of a hook may take."""
    return [name for name in inspect.signature(getattr(HookSpecs, hook)).parameters if name != "self"]


def _one_line(error: BaseException) -> str:
    """An exception in one line; its own text may raise."""
    try:
        return " ".join(f"{type(error).__name__}: {error}".split())
    except Exception:
        return type(error).__name__


def _message(error: Exception) -> str:
    """The text of our own errors, and the kind too of others."""
    return str(error) if isinstance(error, CardError) else _one_line(error)


def _hooks_of(manager: pluggy.PluginManager, module: object) -> dict[str, Callable[..., object]]:
    """The functions of a plugin that are decorated as hook implementations."""
    names = [name for name in dir(module) if not name.startswith("__")]
    return {name: getattr(module, name) for name in names if manager.parse_hookimpl_opts(module, name) is not None}


def _register(manager: pluggy.PluginManager, name: str, hooks: Mapping[str, object]) -> bool:
    """Register the hooks that a plugin has, and specify no others: pluggy takes long for names that nobody has."""
    if hooks:
        manager.add_hookspecs(_namespace({hook: getattr(HookSpecs, hook) for hook in hooks}))
    return manager.register(_namespace(hooks), name) is not None


def _namespace(functions: Mapping[str, object]) -> ModuleType:
    namespace = ModuleType("ocrzoo_hooks")
    vars(namespace).update(functions)
    return namespace
