"""Contracts: records name heavy things by dotted path, and import them when they are used."""

from __future__ import annotations

import sys

import pytest
from tests.registry.kit import SitePackages

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.plugins.specs import EngineSpec, load_attribute


def engine(module: str) -> EngineSpec:
    return EngineSpec("abacus", "abacus:Abacus", ("onnx",), module, "ocrzoo-abacus", 90)


def test_an_attribute_is_found_by_its_dotted_path() -> None:
    assert load_attribute("ocrzoo_registry.plugins.specs:EngineSpec") is EngineSpec


@pytest.mark.parametrize(
    "dotted",
    [
        "ocrzoo_no_such_module:thing",
        "ocrzoo_registry.plugins.specs:Nothing",
        "ocrzoo_registry.plugins.specs",
        "",
        ":x",
        "a..b:c",
    ],
)
def test_a_path_that_leads_nowhere_is_told_with_the_path(dotted: str) -> None:
    with pytest.raises(UsageError, match="cannot load") as caught:
        load_attribute(dotted)
    assert repr(dotted) in str(caught.value)


def test_an_engine_is_looked_for_without_being_imported(site: SitePackages) -> None:
    site.install("abacus", {"ocrzoo_fake_runtime": "raise AssertionError('imported')"}, entry_points={})
    assert engine("ocrzoo_fake_runtime").installed
    assert "ocrzoo_fake_runtime" not in sys.modules


@pytest.mark.parametrize("module", ["ocrzoo_no_such_module", "ocrzoo_no_such_module.part", ""])
def test_an_engine_without_its_module_is_not_installed(module: str) -> None:
    assert not engine(module).installed
