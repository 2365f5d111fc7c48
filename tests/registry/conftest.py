"""Fixtures of the registry's tests: an environment of its own, and a place to install fake plugins."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

# The helpers are imported by their path in the repository, from whichever folder pytest was started.
sys.path.append(str(Path(__file__).parents[2]))

from tests.registry.kit import FIRST_PARTY

from ocrzoo_registry.download.events import DownloadEvents
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.download.source_order import SourceOrder
from ocrzoo_registry.plugins.registrations import Origin, Registration, Registrations
from ocrzoo_registry.plugins.specs import SourceSpec
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store.store import Store

if TYPE_CHECKING:
    from tests.registry.kit import MakeResolver

PREFIXES = ("OCRZOO_", "PADDLE_PDX_", "HF_HUB_")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the user's settings and models out of the tests, and the tests out of them."""
    for name in [name for name in os.environ if name.startswith(PREFIXES)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "home"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with an empty home, and without the plugins that come with ocrzoo."""
    return Settings(home=tmp_path / "home", disabled_plugins=FIRST_PARTY)


@pytest.fixture
def store(settings: Settings) -> Store:
    return Store(settings.home)


@pytest.fixture
def make_resolver(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> MakeResolver:
    """Build a resolver over sources by name, ranked in the order given."""
    default = settings

    def make(
        settings: Settings = default,
        *,
        network: bool = False,
        events: DownloadEvents | None = None,
        **sources: object,
    ) -> Resolver:
        module = ModuleType("ocrzoo_test_sources")
        monkeypatch.setitem(sys.modules, module.__name__, module)
        offers = []
        for rank, (name, source) in enumerate(sources.items()):
            setattr(module, name, lambda _settings, source=source: source)
            path, mutable = f"{module.__name__}:{name}", name == "directory"
            spec = SourceSpec(name, path, rank=rank, network=network, mutable=mutable)
            offers.append(Registration(spec, Origin("test", "test", "0")))
        order = SourceOrder(settings, Registrations("source", offers, lambda spec: spec.name))
        return Resolver(order, Store(settings.home), events)

    return make
