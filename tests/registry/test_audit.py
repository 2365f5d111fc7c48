"""The audit of plugins: what it finds out of code, and without it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.registry.kit import SitePackages, card_data

from ocrzoo_registry.audit import Audit, audit
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

PREAMBLE = "from ocrzoo_registry import hookimpl\nfrom ocrzoo_registry.plugins.specs import *\n"


def of(settings: Settings, distribution: str = "sea-dist") -> Audit:
    zoo = Zoo(replace(settings, disabled_plugins=frozenset()))
    (found,) = (one for one in audit(zoo) if one.distribution == distribution)
    return found


@pytest.mark.parametrize(
    ("hook", "spec", "expected"),
    [
        ("sources", "SourceSpec('own', 'x:X', 1)", []),
        ("sources", "SourceSpec('own', 'x:X', 1, discoverable=True)", ["source own may serve models of any card"]),
        ("sources", "SourceSpec('own', 'x:X', 99, card_key='bos')", ["source own serves cards that name bos"]),
        ("engines", "EngineSpec('own', 'x:X', ('onnx',), 'json', 'x', 99)", []),
        (
            "engines",
            "EngineSpec('own', 'x:X', ('onnx',), 'json', 'x', 15)",
            ["engine own runs models before onnxruntime"],
        ),
        ("engines", "EngineSpec('own', 'x:X', ('other',), 'json', 'x', 1)", []),
    ],
)
def test_it_says_what_is_taken_over(
    site: SitePackages, settings: Settings, hook: str, spec: str, expected: list[str]
) -> None:
    site.install("sea-dist", {"sea": f"{PREAMBLE}@hookimpl\ndef ocrzoo_{hook}():\n    yield {spec}\n"})
    assert [*of(settings).takes_over] == expected


def test_a_distribution_with_several_plugins_is_one_record(site: SitePackages, settings: Settings) -> None:
    site.install("sea-dist", {"sea": PREAMBLE, "shore": "import ocrzoo_no_such_module"})
    found = of(settings)
    assert found.plugins == ("sea = sea", "shore = shore")
    assert found.status == ("loaded", "failed")
    assert found.reasons == ("import: ModuleNotFoundError: No module named 'ocrzoo_no_such_module'",)


@pytest.mark.parametrize(
    ("source", "variables"),
    [
        ("import os\nos.environ['ACME_TOKEN']", ("ACME_TOKEN",)),
        ("VALUE = 'HF_TOKEN'\ndef f(settings): return settings.token(VALUE)", ("HF_TOKEN",)),
        ("x = ['lower_case', 'UTF', 'A-B', 'TWO WORDS', '_', '__']", ()),
        ("this is no Python", ()),
        ("(" * 500 + ")" * 500, ()),
    ],
)
def test_variables_are_found_in_the_source_without_running_it(
    site: SitePackages, settings: Settings, source: str, variables: tuple[str, ...]
) -> None:
    files = {"sea/__init__.py": b"raise SystemExit", "sea/more.py": source.encode()}
    site.install("sea-dist", entry_points={"sea": "sea"}, files=files)
    assert of(settings).variables == variables


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://shelf.example:8000/x", "shelf.example:8000"),
        ("https://user:secret@shelf.example/x", "shelf.example"),
        ("http://[x", "http://[x"),
        ("http://user:secret@[x", "http://[x"),
        (f"http://[{'x' * 500}", f"http://[{'x' * 72}"),
    ],
)
def test_an_address_that_nobody_checked_is_told_as_far_as_it_is_one(
    site: SitePackages, settings: Settings, url: str, asked: str
) -> None:
    """No plugin here has the source, so nothing is known of its references."""
    card = card_data(sources={"shelf9": {"onnx": {"url": url}}})
    source = (
        "from ocrzoo_registry import build_card\n@hookimpl\n"
        f"def ocrzoo_model_cards():\n    yield build_card({card!r}, origin='it')\n"
    )
    site.install("sea-dist", {"sea": PREAMBLE + source})
    assert of(settings).asks == (asked,)
