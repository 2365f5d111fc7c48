"""A faulty card costs itself only, and is told with its file, key and reason wherever somebody asks for it."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry.kit import SitePackages, card_data

from ocrzoo_registry.catalog import Catalog
from ocrzoo_registry.errors import CardError, PluginError
from ocrzoo_registry.plugins.found import Plugin
from ocrzoo_registry.plugins.manager import PluginManager
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo, select_models

FOLDER = """
from pathlib import Path
from ocrzoo_registry import hookimpl, read_cards

@hookimpl
def ocrzoo_model_cards():
    yield from read_cards(Path(__file__).parent / "cards")
"""

DATA = """
import json
from pathlib import Path
from ocrzoo_registry import build_card, hookimpl

HERE = Path(__file__).parent / "cards"

@hookimpl
def ocrzoo_model_cards():
    for number, data in enumerate(json.loads((HERE / "data.json").read_text()), 1):
        yield build_card(data, origin=f"{HERE / 'data.json'}, card {number}", folder=HERE)
"""

FAULTS = {
    "a misspelled key": ({"famly": "x"}, "famly: unknown key (did you mean family"),
    "a wrong value": ({"languages": ["english"]}, "languages.0: 'english' is not a language tag"),
    "an unknown format": ({"artifacts": {"onnnx": {"files": [{"path": "a"}]}}}, "artifacts: unknown format 'onnnx'"),
    "a digest without its origin": (
        {"artifacts": {"onnx": {"files": [{"path": "inference.onnx", "sha256": "0" * 64}]}}},
        "artifacts.onnx.files.0: a digest comes with its origin: sha256 needs digest_origin",
    ),
    "no name": ({"name": None}, "name: "),
}


def rec(name: str, /, **changes: object) -> dict[str, object]:
    """The data of a card for text recognition."""
    recognition = {"task": "text_recognition", "inference": {"predictor": "text_recognition"}, "charset": "abc.txt"}
    return card_data(name=name, **recognition) | changes


def install(site: SitePackages, way: str, cards: list[dict[str, object]], **files: bytes) -> None:
    """Install a plugin that has its cards in YAML files, lines of JSON, or Python."""
    contents = {"cards/abc.txt": b"a\nb\nc\n", **{f"cards/{name}.txt": content for name, content in files.items()}}
    if way == "yaml":
        contents |= {f"cards/{number}.yaml": json.dumps(data).encode() for number, data in enumerate(cards, 1)}
    elif way == "lines":
        contents["cards/all.jsonl"] = "\n".join(map(json.dumps, cards)).encode()
    else:
        contents["cards/data.json"] = json.dumps(cards).encode()
    site.install("sea-dist", {"sea": DATA if way == "data" else FOLDER}, files=contents)


def the_plugin(manager: PluginManager) -> Plugin:
    return next(found for found in manager.plugins if found.origin.plugin == "sea")


WHERE = {"yaml": "2.yaml: ", "lines": "all.jsonl, line 2: ", "data": "data.json, card 2: "}


@pytest.mark.parametrize("way", WHERE)
@pytest.mark.parametrize(("changes", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_card_costs_only_itself(
    site: SitePackages,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    way: str,
    changes: dict[str, object],
    fault: str,
) -> None:
    install(site, way, [rec("first"), rec("second", **changes), rec("third")])
    manager = PluginManager(settings)
    assert [one.value.name for one in manager.model_cards()] == ["first", "third"]
    (failure,) = the_plugin(manager).failures
    assert WHERE[way] in failure.message
    assert fault in failure.message
    assert the_plugin(manager).status == "incomplete"
    assert failure.message in caplog.text


@pytest.mark.parametrize("way", WHERE)
def test_a_strict_process_refuses_it(site: SitePackages, settings: Settings, way: str) -> None:
    install(site, way, [rec("first"), rec("second", famly="x")])
    with pytest.raises(PluginError, match=r"plugin 'sea' \(sea-dist 1\.0\) failed: hook: .*famly: unknown key"):
        PluginManager(replace(settings, strict=True)).model_cards()


@pytest.mark.parametrize("way", WHERE)
def test_outside_a_hook_it_is_raised(site: SitePackages, way: str) -> None:
    from ocrzoo_registry import build_card, read_cards

    install(site, way, [rec("first", famly="x")])
    with pytest.raises(CardError, match="famly"):
        list(read_cards(site.folder / "cards")) if way != "data" else build_card(rec("first", famly="x"), origin="me")


def test_a_file_that_is_no_card_costs_only_itself(site: SitePackages, settings: Settings) -> None:
    install(site, "yaml", [rec("first"), rec("second")])
    (site.folder / "cards" / "1a.yaml").write_bytes(b"name: [")
    (site.folder / "cards" / "1b.jsonl").mkdir()
    manager = PluginManager(settings)
    assert [one.value.name for one in manager.model_cards()] == ["first", "second"]
    assert ["1a.yaml" in one.message or "1b.jsonl" in one.message for one in the_plugin(manager).failures] == [True] * 2


BAD_CHARSETS = {
    "a blank line": (b"a\n\nb\n", "line 2: the line is empty"),
    "a blank line that ends in CR LF": (b"a\r\n\r\nb\r\n", "line 2: the line is empty"),
    "UTF-16 with a mark": ("a\nb\n".encode("utf-16"), "it is in UTF-16; save it as UTF-8"),
    "UTF-16 without a mark": ("a\nb\nc\nd\n".encode("utf-16-le"), "it is in UTF-16; save it as UTF-8"),
    "Latin-1": ("a\nä\n".encode("latin-1"), "it is not UTF-8 in line 2; save it as UTF-8"),
    "nothing": (b"", "line 1: the line is empty"),
}


@pytest.mark.parametrize(("content", "fault"), BAD_CHARSETS.values(), ids=BAD_CHARSETS)
@pytest.mark.parametrize("way", WHERE)
def test_a_charset_that_cannot_be_read_costs_its_cards(
    site: SitePackages, settings: Settings, way: str, content: bytes, fault: str
) -> None:
    install(site, way, [rec("first"), rec("second", charset="bad.txt")], bad=content)
    manager = PluginManager(settings)
    assert [one.value.name for one in manager.model_cards()] == ["first"]
    (failure,) = the_plugin(manager).failures
    assert "second: charset: " in failure.message
    assert str(Path("cards", "bad.txt")) in failure.message
    assert fault in failure.message


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa\nb\n", b"a\r\nb\r\n", b"a\nb", "\u2028\n\u0085\n".encode()])
def test_a_mark_of_utf_8_and_other_line_ends_are_read(site: SitePackages, settings: Settings, content: bytes) -> None:
    install(site, "yaml", [rec("first", charset="odd.txt")], odd=content)
    assert len(PluginManager(settings).model_cards()) == 1


def test_what_was_refused_is_named_where_it_is_asked_for(site: SitePackages, settings: Settings) -> None:
    """By name, and by the language that it claims, with the plugin."""
    install(site, "yaml", [rec("own_rec", languages=["vi"], charset="bad.txt"), rec("first")], bad=b"a\n\n")
    zoo = Zoo(replace(settings, disabled_plugins=frozenset()))
    said = r"the card of own_rec from plugin 'sea' \(sea-dist 1\.0\) is refused: own_rec: charset: .*bad\.txt, line 2"
    with pytest.raises(CardError, match=said):
        zoo.models.get("own_rec")
    found = select_models("vi", zoo=zoo)
    assert [one.name for one in found.refused] == ["own_rec"]
    assert "own_rec from plugin 'sea' (sea-dist 1.0) is refused" in found.reason
    assert not select_models("ko", zoo=zoo).refused


def test_many_faults_are_counted_and_not_all_logged(
    site: SitePackages, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    install(site, "lines", [rec(f"m{number}", famly="x") for number in range(50)])
    with caplog.at_level(logging.WARNING):
        manager = PluginManager(settings)
        manager.model_cards()
    assert len(the_plugin(manager).failures) == 50
    assert len(caplog.records) == 4
    assert "further faults are listed by 'ocrzoo plugins list'" in caplog.text


def test_a_wrong_spec_costs_only_itself(site: SitePackages, settings: Settings) -> None:
    source = """
from ocrzoo_registry import SourceSpec, hookimpl

@hookimpl
def ocrzoo_sources():
    yield SourceSpec("one", "nowhere:X", rank=1)
    yield "a source"
    yield SourceSpec("two", "nowhere:X", rank=1)
"""
    site.install("sea-dist", {"sea": source})
    manager = PluginManager(settings)
    assert [one.value.name for one in manager.sources()] == ["one", "two"]
    assert the_plugin(manager).status == "incomplete"


def test_a_decoder_that_the_predictor_lacks_is_refused(site: SitePackages, settings: Settings) -> None:
    inference = {"predictor": "text_recognition", "postprocess": {"name": "AttnLabelDecode"}}
    install(site, "yaml", [rec("first", inference=inference)])
    manager = PluginManager(replace(settings, disabled_plugins=frozenset()))
    Catalog(manager.model_cards())
    (failure,) = the_plugin(manager).failures
    assert (
        "postprocess.name: predictor 'text_recognition' knows CTCLabelDecode, not 'AttnLabelDecode'" in failure.message
    )
