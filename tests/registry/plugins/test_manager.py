"""The plugin manager: each way a plugin can be broken costs that plugin, and nothing else."""

from __future__ import annotations

import gc
import logging
import sys
from dataclasses import replace

import pytest
from tests.registry.kit import FIRST_PARTY, SitePackages

from ocrzoo_registry.catalog import Catalog
from ocrzoo_registry.errors import AmbiguousName, ExitCode, PluginError, UnknownModel
from ocrzoo_registry.plugins.found import Plugin
from ocrzoo_registry.plugins.hookspecs import HookSpecs
from ocrzoo_registry.plugins.manager import HOOKS, PluginManager
from ocrzoo_registry.settings import Settings

PREAMBLE = """
from ocrzoo_registry.plugins.specs import SourceSpec
from ocrzoo_registry.plugins.hookspecs import hookimpl
"""

GOOD = f"""{PREAMBLE}
@hookimpl
def ocrzoo_sources():
    yield SourceSpec("good_source", "nowhere:Nothing", rank=1)
"""

BROKEN = {
    "import error": ("import", "import ocrzoo_no_such_module", "ModuleNotFoundError: No module named"),
    "syntax error": ("import", "def broken(:", "SyntaxError"),
    "exit at import": ("import", "raise SystemExit(0)", "SystemExit: 0"),
    "several lines": ("import", "raise RuntimeError('one\\n  two')", "RuntimeError: one two"),
    "registration": (
        "registration",
        "@hookimpl(wrapper=True)\ndef ocrzoo_sources():\n    return []",
        "PluginValidationError",
    ),
    "unknown argument": (
        "unknown hook argument",
        "@hookimpl\ndef ocrzoo_sources(settings, home):\n    return []",
        "ocrzoo_sources: takes settings, not home",
    ),
    "misspelled hook": (
        "misspelled hook",
        "@hookimpl\ndef ocrzoo_source():\n    return []",
        "ocrzoo_source: no such hook (did you mean ocrzoo_sources",
    ),
    "raising hook": (
        "hook",
        "@hookimpl\ndef ocrzoo_sources():\n    raise ValueError('no shelf')",
        "ocrzoo_sources: ValueError: no shelf",
    ),
    "exit in a hook": (
        "hook",
        "@hookimpl\ndef ocrzoo_sources():\n    raise SystemExit(3)",
        "ocrzoo_sources: SystemExit: 3",
    ),
    "generator that raises half way": (
        "hook",
        "@hookimpl\ndef ocrzoo_sources():\n    yield SourceSpec('half', 'a:b', 1)\n    raise ValueError('empty')",
        "ocrzoo_sources: ValueError: empty",
    ),
    "wrong type": (
        "hook",
        "@hookimpl\ndef ocrzoo_sources():\n    yield 'a source'",
        "ocrzoo_sources: TypeError: yields str instead of SourceSpec",
    ),
    "nothing to iterate over": (
        "hook",
        "@hookimpl\ndef ocrzoo_sources():\n    return SourceSpec('half', 'a:b', 1)",
        "ocrzoo_sources: TypeError: 'SourceSpec' object is not iterable",
    ),
}
broken = pytest.mark.parametrize(("stage", "source", "message"), BROKEN.values(), ids=BROKEN)


def plugin(manager: PluginManager, name: str) -> Plugin:
    return next(found for found in manager.plugins if found.origin.plugin == name)


@broken
def test_a_broken_plugin_costs_that_plugin_and_is_named_with_stage_and_distribution(
    site: SitePackages, settings: Settings, caplog: pytest.LogCaptureFixture, stage: str, source: str, message: str
) -> None:
    site.install("aaa-dist", {"aaa_good": GOOD})
    site.install("broken-dist", {"broken_plugin": PREAMBLE + source}, version="2.3")
    site.install("zzz-dist", {"zzz_good": GOOD.replace("good_source", "last_source")})

    with caplog.at_level(logging.WARNING):
        manager = PluginManager(settings)
        manager.call_all()
        manager.call_all()

    assert [offer.value.name for offer in manager.sources()] == ["good_source", "last_source"]
    assert plugin(manager, "aaa_good").status == plugin(manager, "zzz_good").status == "loaded"
    found = plugin(manager, "broken_plugin")
    assert found.status == "failed"
    (failure,) = found.failures
    assert failure.stage == stage
    assert message in failure.message
    (warning,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert warning.name == "ocrzoo"
    assert warning.getMessage().startswith(f"plugin 'broken_plugin' (broken-dist 2.3) failed: {stage}: ")
    assert message in warning.getMessage()
    assert "\n" not in warning.getMessage()


@broken
def test_a_strict_process_refuses_a_broken_plugin(
    site: SitePackages, settings: Settings, stage: str, source: str, message: str
) -> None:
    site.install("broken-dist", {"broken_plugin": PREAMBLE + source}, version="2.3")
    with pytest.raises(PluginError) as caught:
        PluginManager(replace(settings, strict=True)).call_all()
    assert f"'broken_plugin' (broken-dist 2.3) failed: {stage}: " in str(caught.value)
    assert message in str(caught.value)
    assert caught.value.exit_code == ExitCode.USAGE


def test_strict_is_what_the_environment_says(
    site: SitePackages, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.install("broken-dist", {"broken_plugin": "raise ImportError"})
    monkeypatch.setenv("OCRZOO_STRICT", "1")
    monkeypatch.setenv("OCRZOO_DISABLE_PLUGINS", ",".join(settings.disabled_plugins))
    with pytest.raises(PluginError):
        PluginManager(Settings.from_environment())


@pytest.mark.parametrize("value", ["broken_plugin:gone", "broken_plugin:a.b", "not a module!"])
def test_an_entry_point_that_leads_nowhere_is_an_import_failure(
    site: SitePackages, settings: Settings, value: str
) -> None:
    site.install("broken-dist", {"broken_plugin": ""}, entry_points={"gone": value})
    site.install("good-dist", {"good_plugin": GOOD})
    manager = PluginManager(settings)
    assert [failure.stage for failure in plugin(manager, "gone").failures] == ["import"]
    assert [offer.value.name for offer in manager.sources()] == ["good_source"]


def test_a_distribution_without_metadata_is_an_unknown_distribution(site: SitePackages, settings: Settings) -> None:
    site.install("left-over", {"left_over": "raise ImportError('half uninstalled')"})
    (site.folder / "left_over-1.0.dist-info" / "METADATA").unlink()
    site.install("good-dist", {"good_plugin": GOOD})
    manager = PluginManager(settings)
    assert str(plugin(manager, "left_over").origin) == "'left_over' (unknown distribution ?)"
    assert [offer.value.name for offer in manager.sources()] == ["good_source"]


def test_a_raising_hook_leaves_the_plugins_other_hooks(site: SitePackages, settings: Settings) -> None:
    source = "@hookimpl\ndef ocrzoo_engines():\n    raise ValueError"
    site.install("half-dist", {"half_plugin": GOOD + source})
    manager = PluginManager(settings)
    manager.call_all()
    assert [offer.value.name for offer in manager.sources()] == ["good_source"]
    assert plugin(manager, "half_plugin").hooks == ("ocrzoo_engines", "ocrzoo_sources")


def test_an_interrupt_by_the_user_is_not_a_plugins_failure(site: SitePackages, settings: Settings) -> None:
    site.install("slow-dist", {"slow_plugin": "raise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        PluginManager(settings)


def test_a_plugin_left_out_is_not_even_imported(
    site: SitePackages, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site.install("bad-dist", {"unwanted_plugin": "raise SystemExit('imported')"})
    monkeypatch.setenv("OCRZOO_DISABLE_PLUGINS", ", ".join([*settings.disabled_plugins, "unwanted_plugin"]))
    manager = PluginManager(Settings.from_environment())
    manager.call_all()
    assert plugin(manager, "unwanted_plugin").status == "disabled"
    assert "unwanted_plugin" not in sys.modules
    assert not caplog.records


def test_a_hook_is_called_once(site: SitePackages, settings: Settings) -> None:
    counting = GOOD.replace("    yield", "    calls.append(1)\n    yield")
    site.install("good-dist", {"counting_plugin": f"calls = []\n{counting}"})
    manager = PluginManager(settings)
    assert manager.sources() == manager.sources()
    assert sys.modules["counting_plugin"].calls == [1]


def test_two_plugins_with_one_model_are_refused_for_that_name_alone(site: SitePackages, settings: Settings) -> None:
    cards = """
from pathlib import Path
from ocrzoo_registry.plugins.hookspecs import hookimpl
from tests.registry.kit import offer_card

@hookimpl
def ocrzoo_model_cards():
    yield offer_card(name="twice_det")
    yield offer_card(name=f"{__name__}_det")
"""
    site.install("first-dist", {"first_plugin": cards}, version="1.2")
    site.install("second-dist", {"second_plugin": cards}, version="3.4")
    models = Catalog(PluginManager(settings).model_cards())

    with pytest.raises(AmbiguousName) as caught:
        models.get("twice_det")
    assert "'first_plugin' (first-dist 1.2) and 'second_plugin' (second-dist 3.4)" in str(caught.value)
    assert "OCRZOO_DISABLE_PLUGINS=second_plugin" in str(caught.value)
    assert models.names == ["first_plugin_det", "second_plugin_det"]
    assert "twice_det" not in models

    alone = Catalog(PluginManager(replace(settings, disabled_plugins=FIRST_PARTY | {"second_plugin"})).model_cards())
    assert alone.names == ["first_plugin_det", "twice_det"]


def test_a_third_partys_model_stands_beside_the_official_ones(site: SitePackages, settings: Settings) -> None:
    site.install("broken-dist", {"broken_plugin": "raise SystemExit"})
    manager = PluginManager(replace(settings, disabled_plugins=frozenset()))
    names = {offer.value.name for offer in manager.model_cards()}
    assert {"PP-OCRv5_mobile_det", "PP-OCRv5_mobile_rec"} <= names


def test_the_first_partys_plugins_come_in_by_the_same_door() -> None:
    manager = PluginManager(Settings.from_environment())
    manager.call_all()
    own = {found.origin.plugin: found for found in manager.plugins if found.origin.distribution == "ocrzoo"}
    assert own.keys() == FIRST_PARTY
    assert {name for name, found in own.items() if found.status != "loaded"} == set()
    assert own["core"].hooks == ("ocrzoo_engines", "ocrzoo_pipelines", "ocrzoo_predictors", "ocrzoo_sources")


def test_the_host_knows_every_hook_of_the_contract() -> None:
    assert HOOKS.keys() == {name for name in vars(HookSpecs) if name.startswith("ocrzoo_")}


def test_an_environment_without_plugins_offers_nothing(settings: Settings) -> None:
    manager = PluginManager(settings, found=[])
    manager.call_all()
    with pytest.raises(UnknownModel):
        Catalog(manager.model_cards()).get("anything")


def test_the_garbage_collector_rests_while_a_hook_is_called(site: SitePackages, settings: Settings) -> None:
    source = """
import gc

@hookimpl
def ocrzoo_sources():
    yield SourceSpec("running" if gc.isenabled() else "at_rest", "nowhere:Nothing", rank=1)
"""
    site.install("observer-dist", {"observer": PREAMBLE + source})
    assert gc.isenabled()
    assert "at_rest" in {offer.value.name for offer in PluginManager(settings).sources()}
    assert gc.isenabled()
