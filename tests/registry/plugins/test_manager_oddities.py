"""The plugin manager against plugins that are odd rather than plainly broken."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.registry.kit import SitePackages

from ocrzoo_registry.plugins.found import Plugin
from ocrzoo_registry.plugins.manager import PluginManager
from ocrzoo_registry.settings import Settings

GOOD = """
from ocrzoo_registry.plugins.specs import SourceSpec
from ocrzoo_registry.plugins.hookspecs import hookimpl


@hookimpl
def ocrzoo_sources():
    yield SourceSpec("good_source", factory="nowhere:Nothing", rank=1)
"""


def plugin(manager: PluginManager, name: str) -> Plugin:
    (found,) = [plugin for plugin in manager.plugins if plugin.origin.plugin == name]
    return found


def test_an_entry_point_that_names_nothing_is_a_registration_failure(site: SitePackages, settings: Settings) -> None:
    site.install("empty-dist", {"empty_plugin": "nothing = None"}, entry_points={"empty": "empty_plugin:nothing"})
    manager = PluginManager(settings)
    assert [failure.stage for failure in plugin(manager, "empty").failures] == ["registration"]


def test_entry_points_that_cannot_be_read_cost_their_distribution_alone(
    site: SitePackages, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    site.install("torn-dist", {"torn_plugin": GOOD})
    (site.folder / "torn_dist-1.0.dist-info" / "entry_points.txt").write_text("[ocrzoo]\nno equals sign\n")
    site.install("good-dist", {"good_plugin": GOOD})
    manager = PluginManager(settings)
    assert [offer.value.name for offer in manager.sources()] == ["good_source"]
    assert "torn-dist: its entry points could not be read" in caplog.text


def test_entry_points_and_metadata_that_cannot_be_read_cost_their_distribution_alone(
    site: SitePackages, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    site.install("torn-dist", {"torn_plugin": GOOD})
    info = site.folder / "torn_dist-1.0.dist-info"
    (info / "entry_points.txt").write_text("[ocrzoo]\nno equals sign\n")
    (info / "METADATA").write_bytes(b"Name: \xff\xfe\n")
    site.install("good-dist", {"good_plugin": GOOD})
    manager = PluginManager(settings)
    assert [offer.value.name for offer in manager.sources()] == ["good_source"]
    assert "unknown distribution: its entry points could not be read" in caplog.text


def test_a_hook_without_its_mark_is_a_registration_failure(site: SitePackages, settings: Settings) -> None:
    site.install("plain-dist", {"plain_plugin": "def ocrzoo_model_cards():\n    yield from ()\n"})
    failures = plugin(PluginManager(settings), "plain_plugin").failures
    assert [(failure.stage, failure.message) for failure in failures] == [
        ("registration", "ocrzoo_model_cards: the decorator @hookimpl is missing")
    ]


@pytest.mark.parametrize("strict", [False, True])
def test_a_hook_that_returns_none_registers_nothing_which_is_told(
    site: SitePackages, settings: Settings, caplog: pytest.LogCaptureFixture, strict: bool
) -> None:
    source = (
        "from ocrzoo_registry.plugins.hookspecs import hookimpl\n@hookimpl\ndef ocrzoo_sources():\n    return None\n"
    )
    site.install("void-dist", {"void_plugin": source})
    manager = PluginManager(replace(settings, strict=strict))
    manager.call_all()
    (warning,) = plugin(manager, "void_plugin").warnings
    assert warning == "ocrzoo_sources returns None, so it registers nothing: yield values, or return a list"
    assert f"plugin 'void_plugin' (void-dist 1.0): {warning}" in caplog.text
    assert plugin(manager, "void_plugin").status == "loaded"


def test_what_a_plugin_prints_is_not_the_answer_of_a_command(
    site: SitePackages, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    site.install("loud-dist", {"loud_plugin": f"print('hello')\n{GOOD}"})
    PluginManager(settings).call_all()
    assert capsys.readouterr().out == ""


def test_leaving_out_a_plugin_that_is_not_there_is_told(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    PluginManager(replace(settings, disabled_plugins=settings.disabled_plugins | {"seeside"}))
    assert "OCRZOO_DISABLE_PLUGINS: there is no plugin 'seeside'" in caplog.text


@pytest.mark.parametrize(
    ("hook", "value"),
    [
        ("ocrzoo_engines", "EngineSpec('x', 'm:X', ('onnx',), 'json', 'x', rank=None)"),
        ("ocrzoo_engines", "EngineSpec(None, 'm:X', ('onnx',), 'json', 'x', rank=1)"),
        ("ocrzoo_sources", "SourceSpec('x', 'm:X', rank='first')"),
        ("ocrzoo_model_cards", "ModelCard.model_construct(name=5)"),
    ],
)
def test_a_record_with_the_wrong_fields_is_its_plugins_failure(
    site: SitePackages, settings: Settings, hook: str, value: str
) -> None:
    source = (
        "from ocrzoo_registry.cards.schema import ModelCard\n"
        "from ocrzoo_registry.plugins.specs import EngineSpec, SourceSpec\n"
        "from ocrzoo_registry.plugins.hookspecs import hookimpl\n"
        f"@hookimpl\ndef {hook}():\n    yield {value}\n"
    )
    site.install("odd-dist", {"odd_plugin": source})
    manager = PluginManager(settings)
    manager.call_all()
    assert [failure.stage for failure in plugin(manager, "odd_plugin").failures] == ["hook"]


def test_an_exception_whose_text_raises_is_a_failure_all_the_same(site: SitePackages, settings: Settings) -> None:
    source = "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd\n"
    site.install("odd-dist", {"odd_plugin": source})
    assert [failure.message for failure in plugin(PluginManager(settings), "odd_plugin").failures] == ["Odd"]


@pytest.mark.parametrize("metadata", [b"Name: \xff\xfe\n", b"Name: \n", b"Name:   \nVersion: 1\n", b""])
def test_metadata_without_a_name_cost_nothing_but_the_name(
    site: SitePackages, settings: Settings, metadata: bytes
) -> None:
    site.install("odd-dist", {"odd_plugin": GOOD})
    (site.folder / "odd_dist-1.0.dist-info" / "METADATA").write_bytes(metadata)
    found = plugin(PluginManager(settings), "odd_plugin")
    assert (found.status, found.origin.distribution) == ("loaded", "unknown distribution")
