"""Who may do what: one record a distribution with plugins, of what it registers, reads and asks, and takes over.

Of plugins that are not allowed only metadata and source are read; nothing of them is imported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.files import read_bounded
from ocrzoo_registry.names import canonical
from ocrzoo_registry.network.urls import without_credentials
from ocrzoo_registry.plugins.found import Plugin
from ocrzoo_registry.plugins.registrations import OFFICIAL, Registration
from ocrzoo_registry.plugins.signatures import changed_since_signed, package_of, signature_of
from ocrzoo_registry.plugins.specs import EngineSpec, SourceSpec
from ocrzoo_registry.zoo import Zoo

_MAX_MODULES, _MAX_MODULE_BYTES = 1000, 4 << 20
"""Of one package that are searched for the names of variables."""


@dataclass(frozen=True)
class Audit:
    """What the plugins of one distribution may do, as far as it is known."""

    distribution: str
    version: str
    plugins: tuple[str, ...]
    """Their entry points, ``name = module``."""
    status: tuple[str, ...]
    """What became of them, without repetition: loaded, not allowed, disabled, incomplete, failed."""
    reasons: tuple[str, ...]
    """Why they are not allowed, or what failed."""
    signature: str
    hooks: tuple[str, ...]
    """Those that it implements; none are known of a plugin that was not imported."""
    registers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Kind to names: models, sources, engines, predictors, pipelines."""
    asks: tuple[str, ...] = ()
    """Hubs and hosts that its cards name, and its own sources that may open a socket."""
    reads: tuple[str, ...] = ()
    """Folders that its cards and their weights are in."""
    variables: tuple[str, ...] = ()
    """Variables of the environment that its source names."""
    takes_over: tuple[str, ...] = ()
    """Where it has a word in what belongs to others."""


def audit(zoo: Zoo) -> list[Audit]:
    """Return the record of each distribution, ocrzoo's own first."""
    zoo.plugins.call_all()
    plugins = sorted(zoo.plugins.plugins, key=lambda one: (one.origin.distribution != OFFICIAL, _distribution(one)))
    return [_audit(zoo, list(same)) for _, same in groupby(plugins, key=_distribution)]


def _distribution(plugin: Plugin) -> tuple[str, str]:
    return plugin.origin.distribution, plugin.origin.version


def _audit(zoo: Zoo, plugins: Sequence[Plugin]) -> Audit:
    distribution, version = _distribution(plugins[0])
    cards = _of(distribution, zoo.plugins.model_cards())
    sources, engines = _of(distribution, zoo.plugins.sources()), _of(distribution, zoo.plugins.engines())
    registers = {
        "models": cards,
        "sources": sources,
        "engines": engines,
        "predictors": _of(distribution, zoo.plugins.predictors()),
        "pipelines": _of(distribution, zoo.plugins.pipelines()),
    }
    official = distribution == OFFICIAL
    failures = [f"{one.stage}: {one.message}" for plugin in plugins for one in plugin.failures]
    return Audit(
        distribution,
        version,
        plugins=tuple(f"{one.origin.plugin} = {one.module}" for one in plugins),
        status=tuple(dict.fromkeys(one.status for one in plugins)),
        reasons=tuple(dict.fromkeys([*(one.refusal for one in plugins if one.refusal), *failures])),
        signature="comes with ocrzoo" if official else "; ".join(dict.fromkeys(map(_signature, plugins))),
        hooks=tuple(sorted({hook for one in plugins for hook in one.hooks})),
        registers={kind: tuple(sorted(one.name for one in found)) for kind, found in registers.items() if found},
        asks=tuple(sorted({*_asked(cards), *(f"source {one.name}" for one in sources if one.network)})),
        reads=tuple(sorted({str(card.folder) for card in cards if card.folder.is_absolute()})),
        variables=() if official else tuple(sorted({name for one in plugins for name in _variables(one.module)})),
        takes_over=() if official else tuple(_taken_over(zoo, distribution, sources, engines)),
    )


def _of(distribution: str, registered: Iterable[Registration[Any]]) -> list[Any]:
    return [one.value for one in registered if one.origin.distribution == distribution]


def _signature(plugin: Plugin) -> str:
    """The signature as it was judged; without keys, whose it claims to be, and whether it is outdated."""
    looked_at = plugin.signature if plugin.signature.detail or plugin.signature.key else None
    found = looked_at or signature_of(plugin.module, ())
    folder = package_of(plugin.module) if found.state == "other key" else None
    changed = "" if folder is None else changed_since_signed(folder)
    return f"{found}; outdated: {changed}" if changed else str(found)


def _asked(cards: Iterable[ModelCard]) -> Iterator[str]:
    """The hosts of addresses in cards; where a source has no address, its name and the repository or distribution."""
    for card in cards:
        for source, by_format in card.sources.items():
            for reference in by_format.values():
                texts = {key: value for key, value in reference.items() if isinstance(value, str)}
                addresses = [_host(text) for text in texts.values() if "://" in text]
                named = [texts[key] for key in ("repository", "distribution") if key in texts]
                if addresses or named:
                    yield from addresses or (f"{source} {name}" for name in named)
                elif source != "directory":
                    yield source


def _host(address: str) -> str:
    """The host of an address; a text that is none, as it is: references to unknown sources were not checked."""
    try:
        host = urlsplit(address).netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    return host or without_credentials(address)[:80]


def _variables(module: str) -> Iterator[str]:
    """The texts in a package's source that are written like variables of the environment; the source is only parsed."""
    folder = package_of(module)
    for path in [] if folder is None else sorted(folder.rglob("*.py"))[:_MAX_MODULES]:
        try:
            tree = ast.parse(read_bounded(path, _MAX_MODULE_BYTES))
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_variable(node.value):
                yield node.value


def _is_variable(text: str) -> bool:
    return "_" in text.strip("_") and text.isupper() and text.isascii() and text.isidentifier()


def _taken_over(
    zoo: Zoo, distribution: str, sources: Iterable[SourceSpec], engines: Iterable[EngineSpec]
) -> Iterator[str]:
    for model, chosen in zoo.settings.overrides.items():
        if canonical(chosen) == canonical(distribution) and model in zoo.models:
            yield f"model {model}, as OCRZOO_OVERRIDE says"
    for offers in (zoo.models, zoo.sources, zoo.engines, zoo.predictors, zoo.pipelines):
        for name, rivals in offers.conflicts.items():
            if distribution in {one.distribution for one in rivals} and not (
                name in offers and offers.origin(name).distribution == distribution
            ):
                yield f"refused: {offers.describe_conflict(name)}"
    official_sources = _of(OFFICIAL, zoo.plugins.sources())
    for source in sources:
        if shared := next((one for one in official_sources if one.key == source.key), None):
            yield f"source {source.name} serves cards that name {shared.name}"
        elif source.discoverable:
            yield f"source {source.name} may serve models of any card"
    yield from _faster(engines, _of(OFFICIAL, zoo.plugins.engines()))


def _faster(engines: Iterable[EngineSpec], official: Sequence[EngineSpec]) -> Iterator[str]:
    """Engines that are asked before ocrzoo's for a format of theirs."""
    for engine in engines:
        if behind := [one.name for one in official if {*one.formats} & {*engine.formats} and engine.rank < one.rank]:
            yield f"engine {engine.name} runs models before {', '.join(behind)}"
