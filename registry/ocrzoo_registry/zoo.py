"""The zoo: one process's view of everything on offer, put together when first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ocrzoo_registry.cards.loader import OfferedCard
from ocrzoo_registry.cards.schema import FORMATS, Format
from ocrzoo_registry.catalogue import Catalogue
from ocrzoo_registry.plugins.manager import PluginHost
from ocrzoo_registry.plugins.registrations import Offers
from ocrzoo_registry.plugins.specs import EngineSpec, PipelineSpec, PredictorSpec, SourceSpec
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store.store import Store

if TYPE_CHECKING:
    from ocrzoo_registry.download.resolver import Resolver


class Zoo:
    """Models, sources, engines, predictors and pipelines of all plugins."""

    def __init__(self, settings: Settings | None = None) -> None:
        """``settings`` default to what the environment says."""
        self.settings = settings or Settings.from_environment()

    @cached_property
    def host(self) -> PluginHost:
        """The plugin host."""
        return PluginHost(self.settings)

    @cached_property
    def models(self) -> Catalogue:
        """All model cards."""
        return Catalogue(self.host.model_cards())

    @cached_property
    def sources(self) -> Offers[SourceSpec]:
        """All weight sources."""
        return Offers("source", self.host.sources(), lambda spec: spec.name)

    @cached_property
    def engines(self) -> Offers[EngineSpec]:
        """All inference engines, installed or not."""
        return Offers("engine", self.host.engines(), lambda spec: spec.name)

    @cached_property
    def predictors(self) -> Offers[PredictorSpec]:
        """All predictors."""
        return Offers("predictor", self.host.predictors(), lambda spec: spec.name)

    @cached_property
    def pipelines(self) -> Offers[PipelineSpec]:
        """All pipelines."""
        return Offers("pipeline", self.host.pipelines(), lambda spec: spec.name)

    def within_reach(self, offered: OfferedCard) -> bool:
        """Whether a model's weights are here, or a source that may be asked has them, by its card or its own word."""
        own, other = vars(offered.card.sources), offered.card.sources.other
        asked = self._asked
        return (
            any(spec.name in other or own.get(spec.name) for spec in asked)
            or any(self.store.find(offered.card.name, file_format) for file_format in offered.card.artefacts)
            or any(self.resolver.sources.holds(spec.name, offered.card.name) for spec in asked if spec.unnamed)
        )

    @cached_property
    def _asked(self) -> tuple[SourceSpec, ...]:
        """The sources that may be asked: no others than the settings name, where these are final."""
        named = self.resolver.sources
        return tuple(self.sources.get(name) for name in named.names() if not named.is_off_limits(name))

    @cached_property
    def readable_formats(self) -> tuple[Format, ...]:
        """The formats that the engines installed here read, best first; on a machine without one, all formats."""
        ranked = sorted(self.engines, key=lambda spec: (spec.rank, spec.name))
        read: list[Format] = [kind for spec in ranked if spec.installed for kind in spec.formats]
        return tuple(dict.fromkeys(read)) or FORMATS

    @cached_property
    def store(self) -> Store:
        """Where weights lie on this machine."""
        return Store(self.settings.home)

    @cached_property
    def resolver(self) -> Resolver:
        """What brings weights in."""
        from ocrzoo_registry.download.resolver import Resolver

        return Resolver(self.settings, self.sources, self.store)
