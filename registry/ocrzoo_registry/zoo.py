"""The zoo: one process's view of everything that is registered; each part is created on first use."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from ocrzoo_registry.cards.address import is_name_of_address
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.formats import format_names
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.catalog import Catalog
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.names import lookalike
from ocrzoo_registry.plugins.found import RefusedCard, kept_out
from ocrzoo_registry.plugins.manager import PluginManager
from ocrzoo_registry.plugins.registrations import MIRRORED, Origin, Registration, Registrations
from ocrzoo_registry.plugins.specs import EngineSpec, PipelineSpec, PredictorSpec, SourceSpec, load_attribute
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store.store import Store

if TYPE_CHECKING:
    from ocrzoo_registry.addressed_cards import AddressedCards
    from ocrzoo_registry.download.events import DownloadEvents
    from ocrzoo_registry.download.resolver import Resolver
    from ocrzoo_registry.download.source_order import SourceOrder
    from ocrzoo_registry.languages.ranking import Preference
    from ocrzoo_registry.languages.selection import Selection
    from ocrzoo_registry.languages.tags import Language

SpecT = TypeVar("SpecT", SourceSpec, EngineSpec, PredictorSpec, PipelineSpec)
log = logging.getLogger("ocrzoo")


class Zoo:
    """Models, sources, engines, predictors and pipelines of all plugins."""

    def __init__(self, settings: Settings | None = None, events: DownloadEvents | None = None) -> None:
        """``settings`` default to those of the environment; ``events`` report downloads."""
        self.settings = settings or Settings.from_environment()
        self.events = events

    @cached_property
    def plugins(self) -> PluginManager:
        """The plugin manager."""
        return PluginManager(self.settings)

    @cached_property
    def models(self) -> Catalog:
        """All model cards."""
        found = list(self.plugins.model_cards())
        found += self._trusted([one.value for one in found])
        tasks = (task for spec in self.predictors for task in spec.tasks)
        catalog = Catalog(
            found,
            tasks,
            self.plugins.refused_cards,
            self._offered,
            chosen=self.settings.overrides,
            kept_out=self.kept_out,
            addressed=lambda: self.addressed,
        )
        if log.isEnabledFor(logging.DEBUG):
            self.__dict__["models"] = catalog  # what follows reads it
            for origin, texts in self.plugin_warnings().items():
                for text in texts:
                    log.debug("plugin %s: %s", origin, text)
        return catalog

    @property
    def kept_out(self) -> str:
        """Which distributions have plugins that are not allowed, in a clause; empty if all are allowed."""
        return kept_out(self.plugins.plugins)

    def _registrations(self, kind: str, found: Iterable[Registration[SpecT]]) -> Registrations[SpecT]:
        return Registrations(kind, found, lambda spec: spec.name, kept_out=self.kept_out)

    @cached_property
    def addressed(self) -> AddressedCards:
        """The cards of models that are named by address."""
        from ocrzoo_registry.addressed_cards import AddressedCards

        return AddressedCards(self.store, self.source_order, self.predictors)

    def _trusted(self, registered: Iterable[ModelCard]) -> list[Registration[ModelCard]]:
        """The mirror's cards, of models not known yet; a name that looks like another is refused."""
        registered = list(registered)
        known = {name for card in registered for name in (card.name, *card.aliases)}
        found, taken = [], {lookalike(card.name): card.name for card in registered}
        for card in self.source_order.cards():
            holder = taken.setdefault(lookalike(card.name), card.name)
            if holder != card.name:
                log.warning("the mirror's card of %s is not used: there is %s", card.name, holder)
            elif any(map(is_name_of_address, (card.name, *card.aliases))):
                log.warning("the mirror's card of %s is not used: it has the name of an address", card.name)
            elif card.name not in known:
                found.append(Registration(card, MIRRORED))
        return found

    def _offered(self, name: str) -> str | None:
        return self.source_order.offer(name)

    @property
    def refused_cards(self) -> Sequence[RefusedCard]:
        """The cards that plugins have, but that are faulty."""
        self.plugins.model_cards()
        return self.plugins.refused_cards

    def card_warnings(self, card: ModelCard, *, letters: bool = True) -> list[str]:
        """Return what is odd about a card, its charset and its folder of weights, a line each.

        ``letters``: claimed languages that the charset cannot write are named too.
        """
        from ocrzoo_registry.card_warnings import card_warnings

        mirrored = card.name in self.models and self.models.origin(card.name) == MIRRORED
        return card_warnings(card, self.predictors, self.sources, letters=letters, needs_source=not mirrored)

    def plugin_warnings(self) -> dict[Origin, list[str]]:
        """Return what is odd about each plugin and its cards; ocrzoo's own cards are left out."""
        from ocrzoo_registry.card_warnings import plugin_warnings

        return plugin_warnings(self.plugins.plugins, self.models, self.predictors, self.sources)

    @cached_property
    def sources(self) -> Registrations[SourceSpec]:
        """All weight sources."""
        return self._registrations("source", self.plugins.sources())

    @cached_property
    def engines(self) -> Registrations[EngineSpec]:
        """All inference engines, installed or not."""
        return self._registrations("engine", self.plugins.engines())

    @cached_property
    def predictors(self) -> Registrations[PredictorSpec]:
        """All predictors."""
        return self._registrations("predictor", self.plugins.predictors())

    @cached_property
    def pipelines(self) -> Registrations[PipelineSpec]:
        """All pipelines."""
        return self._registrations("pipeline", self.plugins.pipelines())

    def conflicts(self, origin: Origin | None = None) -> list[str]:
        """Return the names that several plugins register, a line each; with ``origin``, those of this plugin."""
        kinds = (
            *(self.models, self.models.aliases.registrations),
            *(self.sources, self.engines, self.predictors, self.pipelines),
        )
        return [
            kind.describe_conflict(name)
            for kind in kinds
            for name, origins in kind.conflicts.items()
            if origin is None or origin in origins
        ]

    def is_available(self, card: ModelCard) -> bool:
        """Whether a model is stored, or its card or a discoverable source names an enabled source for it."""
        asked = self._asked
        return (
            any(self._names(card, spec) for spec in asked)
            or any(self.store.find(card.name, file_format) for file_format in card.artifacts)
            or any(self._discovers(card, spec) for spec in asked if spec.discoverable)
        )

    def _names(self, card: ModelCard, spec: SourceSpec) -> bool:
        """Whether the card names a source; a local folder must have the model too."""
        references = card.sources.get(spec.key, {})
        return any(not spec.mutable or self.source_order.lists(spec.name, card, kind) for kind in references)

    def _discovers(self, card: ModelCard, spec: SourceSpec) -> bool:
        """Whether a source has a model whose card does not name it."""
        if any(self.source_order.holds(spec.name, name) for name in (card.name, *card.aliases)):
            return True
        return not spec.network and any(self.source_order.lists(spec.name, card, kind) for kind in card.artifacts)

    @cached_property
    def _asked(self) -> tuple[SourceSpec, ...]:
        """The enabled sources: not those that offline mode or the settings exclude."""
        order = self.source_order
        return tuple(self.sources.get(name) for name in order.names() if not order.is_offline(name))

    @cached_property
    def source_order(self) -> SourceOrder:
        """The sources in the order in which they are asked."""
        from ocrzoo_registry.download.source_order import SourceOrder

        return SourceOrder(self.settings, self.sources)

    @cached_property
    def readable_formats(self) -> tuple[Format, ...]:
        """The formats that the engines installed here read, best first; on a machine without one, all formats."""
        ranked = sorted(self.engines, key=lambda spec: (spec.rank, spec.name))
        read: list[Format] = [kind for spec in ranked if spec.installed for kind in spec.formats]
        return tuple(dict.fromkeys(read)) or format_names()

    @cached_property
    def store(self) -> Store:
        """The models on this machine."""
        return Store(self.settings.home)

    @cached_property
    def resolver(self) -> Resolver:
        """What downloads models into the store."""
        from ocrzoo_registry.download.resolver import Resolver

        return Resolver(self.source_order, self.store, self.events)

    def installed_check(self) -> Callable[[ModelCard], bool]:
        """Return a function that checks whether a model is stored completely, for the current state of the store."""
        folders = self.store.folder_names()

        def is_installed(card: ModelCard) -> bool:
            paths = ((kind, self.store.folder(card.name, kind).name) for kind in card.artifacts)
            return any(name in folders and self.store.find(card.name, kind) is not None for kind, name in paths)

        return is_installed

    def local_check(self) -> Callable[[ModelCard], bool]:
        """Return a function that checks whether a model can be loaded without a network.

        It is stored, or in a local folder or mirror, or in an installed distribution. A source is asked only if the
        model's card names it, or if it has models whose cards do not.
        """
        is_stored = self.installed_check()
        local = [spec for spec in self._asked if not spec.network]
        anywhere = [
            spec for spec in local if spec.discoverable or (spec.name == "directory" and self.settings.model_path)
        ]

        def is_local(card: ModelCard) -> bool:
            kinds = [kind for kind in self.readable_formats if kind in card.artifacts]
            asked = [spec for spec in local if spec in anywhere or card.sources.get(spec.key)]
            return is_stored(card) or any(
                self.source_order.lists(spec.name, card, kind) for spec in asked for kind in kinds
            )

        return is_local

    def default_model(self, pipeline: str = "OCR") -> str:
        """Return the default recognition model of a pipeline, or an empty string."""
        if pipeline not in self.pipelines:
            return ""
        modules = load_attribute(self.pipelines.get(pipeline).config)().get("SubModules") or {}
        return str((modules.get("TextRecognition") or {}).get("model_name") or "")


def select_models(
    lang: str | Iterable[str | Language],
    *,
    zoo: Zoo | None = None,
    task: str = "text_recognition",
    tier: str | None = None,
    max_size_mb: float | None = None,
    min_coverage: float | None = None,
    installed: bool = False,
    default: str | None = None,
    include_unclaimed: bool = False,
    prefer: Preference = "best",
    accept_missing: bool = False,
) -> Selection:
    """Select the model that reads a language, or the fewest models that read several.

    ``lang`` is one or several tags, names or PaddleOCR codes (commas separate several), or parsed languages. A model
    qualifies if its card claims the language and its charset has ``min_coverage`` (0 to 1, default 0.99) of the
    letters. If no model does, one qualifies whose charset has the letters and whose card claims other languages that
    together use all of them. ``default`` is the model to prefer if it claims the languages (default: the OCR
    pipeline's). ``include_unclaimed`` also lists models that have the letters without a claim. ``installed`` admits
    only models on this machine: stored, in a local folder, or in an installed distribution.

    ``prefer`` decides between models that qualify: ``best`` ranks them by the criteria of docs/languages.md,
    ``installed`` takes one on this machine if there is one, ``small`` the smallest. ``accept_missing``: where no model
    has the letters of a language, the one that claims it and has the most; the result's ``notes`` name the others.

    The result's ``selected_models`` are the models to use, ``reason`` explains the choice, ``candidates`` ranks all.

    Raises:
        AmbiguousLanguage: A code has two meanings.
        UnknownLanguage: There is no such language. If no model reads it, ``selected_models`` is empty.
        UsageError: A filter is invalid.
    """
    from ocrzoo_registry.languages.ranking import MIN_COVERAGE, ModelFilters
    from ocrzoo_registry.languages.selection import select

    zoo = zoo or Zoo()
    filters = ModelFilters(
        task,
        tier,
        max_size_mb,
        MIN_COVERAGE if min_coverage is None else min_coverage,
        installed,
        prefer,
        accept_missing,
    )
    return select(
        zoo,  # pyright: ignore[reportArgumentType]  # it does not see that a cached property fits
        lang,
        filters,
        default=zoo.default_model() if default is None else default,
        include_unclaimed=include_unclaimed,
    )


def zoo_with_sources(source: str | None, events: DownloadEvents | None = None) -> Zoo:
    """Return the zoo of the environment, limited to the sources named, in that order; ``a,b`` names two.

    Raises:
        UsageError: There is no such source.
    """
    settings = Settings.from_environment()
    if source is not None:
        names = tuple(name.strip() for name in source.split(",") if name.strip())
        if not names:
            raise UsageError("source: name at least one; 'ocrzoo sources check' lists them")
        settings = replace(settings, sources=names, sources_exact=True)
    zoo = Zoo(settings, events)
    zoo.source_order.names()  # report an unknown source once, not once a model
    return zoo
