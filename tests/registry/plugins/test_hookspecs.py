"""The hooks: the example in each docstring is installed as it stands, and the host gets what it yields."""

from __future__ import annotations

import inspect
import re
import textwrap

import pytest
from tests.registry.kit import SitePackages

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.plugins.hookspecs import HookSpecs
from ocrzoo_registry.plugins.manager import HOOKS
from ocrzoo_registry.plugins.specs import load_attribute
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo


def example(hook: str) -> str:
    """Cut the plugin out of a hook's docstring."""
    prose = inspect.getdoc(getattr(HookSpecs, hook)) or ""
    found = re.search(r"\*\*Example:\*\*\n\n\.\. code-block:: python\n\n((?:    .*\n|\n)+)", prose + "\n")
    assert found, f"{hook} has no example"
    return textwrap.dedent(found[1])


@pytest.fixture
def zoo(site: SitePackages, settings: Settings) -> Zoo:
    """A zoo with nothing but the examples in it, each a plugin of its own distribution."""
    for hook in HOOKS:
        site.install(f"{hook}-example".replace("_", "-"), {f"{hook}_example": example(hook)})
    return Zoo(settings)


def test_every_example_loads_without_a_fault(zoo: Zoo) -> None:
    zoo.plugins.call_all()
    assert {plugin.origin.plugin: plugin.hooks for plugin in zoo.plugins.plugins if not plugin.disabled} == {
        f"{hook}_example": (hook,) for hook in HOOKS
    }
    assert [failure for plugin in zoo.plugins.plugins for failure in plugin.failures] == []


def test_every_example_is_offered_under_its_name(zoo: Zoo) -> None:
    assert zoo.models.names == ["seaside_det"]
    assert zoo.sources.names == ["shelf"]
    assert zoo.predictors.names == ["mean_colour"]
    assert zoo.engines.names == ["one_thread"]
    assert zoo.pipelines.names == ["postcard"]
    assert zoo.engines.origin("one_thread").distribution == "ocrzoo-engines-example"


def test_the_example_model_comes_from_the_example_source(zoo: Zoo) -> None:
    files = zoo.resolver.get(DownloadRequest(zoo.models.get("seaside_det"), ["onnx"]))
    assert (files.folder / "inference.onnx").read_bytes() == b"weights"
    assert files.manifest is not None
    assert (files.manifest.source, files.manifest.revision) == ("shelf", "det")
    assert zoo.store.find("seaside_det", "onnx") == zoo.resolver.get(
        DownloadRequest(zoo.models.get("seaside_det"), ["onnx"])
    )


def test_the_example_predictor_runs(zoo: Zoo) -> None:
    numpy = pytest.importorskip("numpy")
    predictor = load_attribute(zoo.predictors.get("mean_colour").factory)(None, {}, None)
    (color,) = predictor.predict([numpy.full((4, 5, 3), [1, 2, 3])])
    assert color.tolist() == [1, 2, 3]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_that_nobody_implements_offers_nothing(hook: str, settings: Settings) -> None:
    function = getattr(HookSpecs(), hook)
    known = {"settings": settings}
    assert list(function(**{name: known[name] for name in inspect.signature(function).parameters})) == []


def test_an_implementation_may_look_at_the_settings(site: SitePackages, settings: Settings) -> None:
    offer = "yield SourceSpec(settings.home.name, 'nowhere:Nothing', rank=1)"
    source = f"""
from ocrzoo_registry.plugins.specs import SourceSpec
from ocrzoo_registry.plugins.hookspecs import hookimpl
@hookimpl
def ocrzoo_sources(settings):
    {offer}
"""
    site.install("looking-dist", {"looking_plugin": source})
    assert Zoo(settings).sources.names == [settings.home.name]
