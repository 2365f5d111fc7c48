"""Commands among many plugins: all work, the broken ones are named, and those not allowed are not imported."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.registry.kit import SitePackages, card_data
from tests.registry.made_plugins import BROKEN, COUNT, install_many
from tests.registry.mirror_tree import make_keys

Run = Callable[..., Any]


@pytest.fixture
def many(site: SitePackages) -> list[str]:
    """Two hundred distributions, three of them broken; gives the models of the others."""
    return install_many(site)


def imported() -> set[str]:
    return {name for name in sys.modules if name.startswith(("beach", "broken_")) and "." not in name}


class TestTwoHundredDistributions:
    def test_their_models_are_listed_and_the_broken_ones_named(self, run: Run, many: list[str]) -> None:
        ran = run("models", "list", "--json")
        assert ran.code == 0
        names = {one["name"] for one in json.loads(ran.out)}
        assert names >= {*many, "PP-OCRv5_mobile_rec"}
        assert len(many) == COUNT - len(BROKEN)
        assert [line.split("'")[1] for line in ran.err.splitlines()] == [*sorted(BROKEN, key=_stage)]
        assert "no shelf" in ran.err
        assert "famly: unknown key (did you mean family?)" in ran.err

    def test_only_the_allowed_ones_are_imported(
        self, run: Run, many: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OCRZOO_PLUGINS", "ocrzoo-beach001,ocrzoo-beach002")
        ran = run("models", "list", "beach*", "--json")
        assert (ran.code, ran.err) == (0, "")
        assert [one["name"] for one in json.loads(ran.out)] == ["beach001_rec", "beach002_rec"]
        assert imported() == {"beach001", "beach002"}

    def test_none_are_if_none_are_allowed(self, run: Run, many: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OCRZOO_PLUGINS", "none")
        listed = json.loads(run("plugins", "list", "--strict", "--json").out)["plugins"]
        others = [one for one in listed if one["distribution"] != "ocrzoo"]
        assert len(others) == COUNT
        assert {one["status"] for one in others} == {"not allowed"}
        assert others[0]["reason"] == f"OCRZOO_PLUGINS does not name {others[0]['distribution']}"
        audited = json.loads(run("plugins", "audit", "--json").out)["distributions"]
        assert len(audited) == COUNT + 1
        assert imported() == set()


def _stage(name: str) -> int:
    """Imports fail first, then cards in the order of the plugins."""
    return ["broken_import", "broken_card", "broken_hook"].index(name)


SEA = """
import os
from pathlib import Path

from ocrzoo_registry import SourceSpec, hookimpl, read_cards

TOKEN = os.environ.get("SEASIDE_TOKEN")


@hookimpl
def ocrzoo_sources():
    yield SourceSpec("shore", "sea:Shore", rank=1, card_key="huggingface")


@hookimpl
def ocrzoo_model_cards():
    yield from read_cards(Path(__file__).parent / "cards")
"""


@pytest.fixture
def sea(site: SitePackages) -> Path:
    """The package of a plugin that has a word in much."""
    cards = {
        "sea_det": {"huggingface": {"onnx": {"repository": "seaside/det"}}},
        "UVDoc": {"bos": {"onnx": {"url": "https://files.example.org/x.tar"}}},
    }
    site.install(
        "sea-dist",
        entry_points={"sea": "sea"},
        files={"sea/__init__.py": SEA.encode()}
        | {
            f"sea/cards/{name}.yaml": json.dumps(card_data(name=name, sources=sources)).encode()
            for name, sources in cards.items()
        },
    )
    return site.folder / "sea"


class TestTheAudit:
    def test_it_says_what_a_distribution_may_do(self, run: Run, sea: Path) -> None:
        ran = run("plugins", "audit", "--json")
        assert ran.code == 0
        own, found = json.loads(ran.out)["distributions"]
        assert (own["distribution"], own["status"], own["takes_over"]) == ("ocrzoo", ["loaded"], [])
        assert found["plugins"] == ["sea = sea"]
        assert found["hooks"] == ["ocrzoo_model_cards", "ocrzoo_sources"]
        assert found["registers"] == {"models": ["UVDoc", "sea_det"], "sources": ["shore"]}
        assert found["asks"] == ["files.example.org", "huggingface seaside/det", "source shore"]
        assert found["reads"] == [str(sea / "cards")]
        assert found["variables"] == ["SEASIDE_TOKEN"]
        assert found["signature"].startswith("unsigned: ")
        refused, shared = found["takes_over"]
        assert refused.startswith("refused: model 'UVDoc' is registered by 'uvdoc'")
        assert shared == "source shore serves cards that name huggingface"

    def test_an_override_is_in_it(self, run: Run, sea: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OCRZOO_OVERRIDE", "sea-dist:UVDoc")
        found = json.loads(run("plugins", "audit", "--json").out)["distributions"][1]
        assert found["takes_over"][0] == "model UVDoc, as OCRZOO_OVERRIDE says"
        assert "Plugin\t'sea' (sea-dist 1.0)" in run("models", "show", "UVDoc").out

    def test_of_a_plugin_that_is_not_allowed_it_reads_the_source_alone(
        self, run: Run, sea: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OCRZOO_PLUGINS", "none")
        found = json.loads(run("plugins", "audit", "--json").out)["distributions"][1]
        assert (found["status"], found["hooks"], found["registers"]) == (["not allowed"], [], {})
        assert found["variables"] == ["SEASIDE_TOKEN"]
        assert "sea" not in sys.modules

    def test_people_get_it_as_questions_and_answers(self, run: Run, sea: Path) -> None:
        lines = run("plugins", "audit").out.splitlines()
        assert lines[0] == "distribution\tquestion\tanswer"
        assert "sea-dist 1.0\tVariables\tSEASIDE_TOKEN" in lines
        assert "ocrzoo 0.1.0\tModels\t49" in lines


class TestSigning:
    def test_an_author_signs_and_a_user_requires_it(
        self, run: Run, sea: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys = make_keys(tmp_path)
        monkeypatch.setenv("OCRZOO_PLUGIN_KEYS", str(keys.public))
        assert "not allowed: sea-dist" in run("models", "show", "sea_det").error
        ran = run("plugins", "sign", sea, "--key", keys.private)
        assert ran.out.splitlines() == [f"{sea / 'SHA256SUMS'}: written", f"{sea / 'SHA256SUMS.sig'}: written"]
        assert run("models", "show", "sea_det").code == 0

    @pytest.mark.parametrize("arguments", [("no-such-folder",), (".",), ("",)])
    def test_a_folder_that_is_no_package_is_one_line(
        self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        ran = run("plugins", "sign", *arguments, "--key", "key.pem")
        assert ran.code == 2
        assert "is not a package: it has no __init__.py" in ran.error


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("OCRZOO_PLUGINS", "none,x", "'none' stands alone"),
        ("OCRZOO_PLUGIN_KEYS", "no.pem", "is not a file"),
        ("OCRZOO_OVERRIDE", "UVDoc", "Write it as distribution:model"),
    ],
)
def test_a_wrong_setting_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(variable, value)
    ran = run("models", "list")
    assert ran.code == 2
    assert message in ran.error
