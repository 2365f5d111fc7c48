"""Fixtures of the sources' tests: four hubs with one model, and settings that lead there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.hubs.server import Hubs
from tests.registry.hub_cards import hubs_with, leading_to

from ocrzoo_registry.network import retry
from ocrzoo_registry.settings import Settings


@pytest.fixture
def hubs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hubs]:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.01)
    with hubs_with() as hubs:
        yield hubs


@pytest.fixture
def to_hubs(settings: Settings, hubs: Hubs) -> Settings:
    return leading_to(settings, hubs)
