"""A zoo of given cards, and the official catalog built once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ocrzoo.catalog.build import build
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.catalog import Catalog
from ocrzoo_registry.plugins.registrations import Origin, Registration
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

STRANGER = Origin("seaside", "ocrzoo-seaside", "1.0")
ZooOf = Callable[..., Zoo]


@pytest.fixture(scope="session")
def zoo_of(tmp_path_factory: pytest.TempPathFactory) -> ZooOf:
    """Makes a zoo that has just these cards, all of one plugin."""

    def make(*cards: ModelCard, origin: Origin = STRANGER) -> Zoo:
        zoo = Zoo(Settings(home=tmp_path_factory.mktemp("home")))
        zoo.__dict__["models"] = Catalog([Registration(card, origin) for card in cards])
        return zoo

    return make


@pytest.fixture(scope="session")
def official(zoo: Zoo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog of the official models, without samples."""
    folder = tmp_path_factory.mktemp("official") / "site"
    build(zoo, folder, samples=False)
    return folder
