"""What a user allows is all that is imported, and a stranger's card reaches nothing beyond its own folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path

import pytest
from tests.registry.kit import WEIGHTS, SitePackages, card_data

from ocrzoo_registry.cards.loader import build_card
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import CardError, SettingError, SourceError, UnknownModel
from ocrzoo_registry.plugins.discovery import OFFICIAL_PLUGINS
from ocrzoo_registry.plugins.found import Plugin
from ocrzoo_registry.plugins.manager import PluginManager
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

MARKING = """
from pathlib import Path
Path(__file__).with_name(f"{__name__}-was-imported").touch()
"""
"""A plugin whose import leaves a mark."""

CARDS = f"""{MARKING}
import json
from ocrzoo_registry import build_card, hookimpl

@hookimpl
def ocrzoo_model_cards():
    for data in json.loads(Path(__file__).with_suffix(".json").read_text()):
        yield build_card(data, origin=__name__, folder=Path(__file__).parent)
"""


def install_cards(site: SitePackages, name: str, *cards: Mapping[str, object], version: str = "1.0") -> None:
    site.install(f"{name}-dist", {name: CARDS}, files={f"{name}.json": json.dumps(cards).encode()}, version=version)


def imported(site: SitePackages) -> set[str]:
    return {path.name.removesuffix("-was-imported") for path in site.folder.glob("*-was-imported")}


def plugin(manager: PluginManager, name: str) -> Plugin:
    (found,) = (one for one in manager.plugins if one.origin.plugin == name)
    return found


def with_all(settings: Settings) -> Settings:
    """The settings with ocrzoo's own plugins."""
    return replace(settings, disabled_plugins=frozenset())


class TestTheAllowList:
    @pytest.mark.parametrize(
        ("allowed", "expected"),
        [
            (None, {"sea", "sand", "shell"}),
            ((), set()),
            (("sea-dist",), {"sea"}),
            (("Sea_Dist", "SHELL.dist"), {"sea", "shell"}),
            (("ocrzoo",), set()),
            (("sea",), set()),
            (("sea-dist ",), set()),
            (("sea-dist==1.0",), set()),
            (("*",), set()),
        ],
    )
    def test_only_plugins_of_these_distributions_are_imported(
        self, site: SitePackages, settings: Settings, allowed: tuple[str, ...] | None, expected: set[str]
    ) -> None:
        for name in ("sea", "sand", "shell"):
            site.install(f"{name}-dist", {name: MARKING})
        manager = PluginManager(replace(settings, allowed_plugins=allowed))
        manager.call_all()
        assert imported(site) == expected
        assert {one.origin.plugin for one in manager.plugins if one.status == "loaded"} == expected
        for name in {"sea", "sand", "shell"} - expected:
            assert plugin(manager, name).status == "not allowed"
            assert plugin(manager, name).refusal == f"OCRZOO_PLUGINS does not name {name}-dist"

    def test_ocrzoos_own_plugins_are_always_on(self, settings: Settings) -> None:
        manager = PluginManager(replace(with_all(settings), allowed_plugins=()))
        assert {one.origin.plugin for one in manager.plugins if one.status == "loaded"} == OFFICIAL_PLUGINS.keys()

    def test_a_plugin_cannot_take_the_place_of_an_allowed_one_by_its_own_name(
        self, site: SitePackages, settings: Settings
    ) -> None:
        site.install("evil-dist", {"evil": MARKING}, entry_points={"sea-dist": "evil", "sea": "evil"})
        PluginManager(replace(settings, allowed_plugins=("sea-dist",)))
        assert imported(site) == set()

    @pytest.mark.parametrize("folder", ["x-1.dist-info", "x-1.egg-info", "sea_dist-1.egg-info"])
    def test_metadata_in_a_folder_of_another_name_are_not_believed(
        self, site: SitePackages, settings: Settings, folder: str
    ) -> None:
        """A wheel may carry a folder of metadata beside its own, which pip does not look at."""
        site.install("sea-dist", {"evil": MARKING}, entry_points={"evil": "evil"})
        (site.folder / "sea_dist-1.0.dist-info").rename(site.folder / folder)
        found = plugin(PluginManager(replace(settings, allowed_plugins=("sea-dist",))), "evil")
        assert (found.refusal, imported(site)) == (
            "its metadata call its distribution sea-dist, which it is not",
            set(),
        )

    @pytest.mark.parametrize("folder", ["sea_dist.egg-info", "sea_dist-1.0-py3.11.egg-info"])
    def test_metadata_of_old_tools_have_no_name(self, site: SitePackages, settings: Settings, folder: str) -> None:
        """``setup.py develop`` and Debian write ``PKG-INFO``."""
        site.install("sea-dist", {"sea": MARKING})
        (site.folder / "sea_dist-1.0.dist-info").rename(site.folder / folder)
        (site.folder / folder / "METADATA").rename(site.folder / folder / "PKG-INFO")
        assert plugin(PluginManager(settings), "sea").status == "loaded"
        assert plugin(PluginManager(replace(settings, allowed_plugins=("sea-dist",))), "sea").status == "not allowed"

    @pytest.mark.parametrize(
        ("name", "hint"),
        [
            ("see-dist", "called 'see-dist' (did you mean sea-dist?)"),
            ("sea", "called 'sea': name its distribution, sea-dist"),
            ("completely-different", "called 'completely-different'"),
        ],
    )
    def test_a_name_that_stands_for_nothing_is_told_with_the_nearest(
        self, site: SitePackages, settings: Settings, caplog: pytest.LogCaptureFixture, name: str, hint: str
    ) -> None:
        site.install("sea-dist", {"sea": MARKING})
        PluginManager(replace(settings, allowed_plugins=(name,)))
        (record,) = caplog.records
        assert record.getMessage() == f"OCRZOO_PLUGINS: no installed distribution with plugins is {hint}"

    def test_not_to_be_allowed_is_no_failure(
        self, site: SitePackages, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        site.install("sea-dist", {"sea": MARKING})
        PluginManager(replace(settings, allowed_plugins=(), strict=True)).call_all()
        assert not caplog.records

    def test_where_a_model_is_unknown_the_plugins_that_were_not_asked_are_named(
        self, site: SitePackages, settings: Settings
    ) -> None:
        install_cards(site, "sea", card_data())
        zoo = Zoo(replace(settings, allowed_plugins=()))
        with pytest.raises(UnknownModel, match=r"'seaside_det'.*not allowed: sea-dist; 'ocrzoo plugins list'"):
            zoo.models.get("seaside_det")
        assert Zoo(replace(settings, allowed_plugins=("sea-dist",))).models.get("seaside_det")


class TestItsSetting:
    @pytest.mark.parametrize(
        ("environ", "allowed"),
        [
            ({}, None),
            ({"OCRZOO_PLUGINS": ""}, ()),
            ({"OCRZOO_PLUGINS": " , "}, ()),
            ({"OCRZOO_PLUGINS": "none"}, ()),
            ({"OCRZOO_PLUGINS": "a, b ,a"}, ("a", "b")),
        ],
    )
    def test_what_is_written_and_what_it_means(self, environ: dict[str, str], allowed: tuple[str, ...] | None) -> None:
        assert Settings.from_environment(environ).allowed_plugins == allowed

    @pytest.mark.parametrize(
        ("environ", "message"),
        [
            ({"OCRZOO_PLUGINS": "none,a"}, "'none' stands alone"),
            ({"OCRZOO_OVERRIDE": "PP-OCRv5_mobile_rec"}, "names no model. Write it as distribution:model."),
            ({"OCRZOO_OVERRIDE": ":x"}, "names no model"),
            ({"OCRZOO_OVERRIDE": "a:x,b:x"}, "names two distributions for x"),
            ({"OCRZOO_PLUGIN_KEYS": "/no/such/key.pem"}, "OCRZOO_PLUGIN_KEYS='/no/such/key.pem' is not a file"),
            ({"OCRZOO_PLUGIN_KEYS": ""}, "OCRZOO_PLUGIN_KEYS is empty. Name a key, or unset it."),
            ({"OCRZOO_PLUGIN_KEYS": f" {os.pathsep} "}, "OCRZOO_PLUGIN_KEYS is empty."),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, environ: dict[str, str], message: str) -> None:
        with pytest.raises(SettingError) as caught:
            Settings.from_environment(environ)
        assert message in str(caught.value)


class TestOfficialNames:
    def test_the_table_is_what_the_distribution_registers(self) -> None:
        entries = distribution("ocrzoo").entry_points.select(group="ocrzoo")
        assert {entry.name: entry.value for entry in entries} == OFFICIAL_PLUGINS

    @pytest.mark.parametrize("name", ["ocrzoo", "OCRzoo"])
    def test_metadata_that_call_themselves_ocrzoo_are_not_believed(
        self, site: SitePackages, settings: Settings, name: str
    ) -> None:
        """``importlib.metadata`` takes the first distribution of a name, so the real one may be hidden by it."""
        site.install(name, {"evil": MARKING}, entry_points={"core": "evil"}, version="99")
        manager = PluginManager(with_all(settings))
        assert imported(site) == set()
        refused = [one for one in manager.plugins if one.origin.distribution == f"{name}?"]
        assert [one.refusal for one in refused] == [f"its metadata call its distribution {name}, which it is not"]

    def test_nor_are_those_that_repeat_its_plugins(self, settings: Settings) -> None:
        """Each would register every official name a second time."""
        own = [entry for entry in distribution("ocrzoo").entry_points if entry.group == "ocrzoo"]
        zoo = Zoo(with_all(settings))
        zoo.__dict__["plugins"] = PluginManager(with_all(settings), [*own, *own])
        assert "PP-OCRv5_mobile_rec" in zoo.models
        refusals = [one.refusal for one in zoo.plugins.plugins if one.refusal]
        assert refusals == ["its metadata call its distribution ocrzoo, which it is not"] * len(own)

    @pytest.mark.parametrize(
        "name",
        ["pp-ocrv5_mobile_rec", "PP-OCRv5-mobile-rec", "PP_OCRv5_mobile_rec", "PP-0CRv5_mobile_rec", "uvdoc", "UVD0C"],
    )
    def test_a_name_that_looks_like_an_official_one_is_refused(
        self, site: SitePackages, settings: Settings, name: str
    ) -> None:
        install_cards(site, "evil", card_data(name=name), card_data(name="honest_det"))
        zoo = Zoo(with_all(settings))
        assert name not in zoo.models
        assert "honest_det" in zoo.models
        (failure,) = plugin(zoo.plugins, "evil").failures
        assert f"{name}: name: looks like the official" in failure.message

    @pytest.mark.parametrize(
        ("hook", "spec"),
        [
            ("ocrzoo_sources", "SourceSpec('HuggingFace', 'evil:X', rank=1)"),
            ("ocrzoo_sources", "SourceSpec('BOS', 'evil:X', rank=1)"),
            ("ocrzoo_sources", "SourceSpec('p1p', 'evil:X', rank=1)"),
            ("ocrzoo_sources", "SourceSpec('hugging\\u0192ace', 'evil:X', rank=1)"),
            ("ocrzoo_sources", "SourceSpec('x\\x1b[2J', 'evil:X', rank=1)"),
            ("ocrzoo_engines", "EngineSpec('OnnxRuntime', 'evil:X', ('onnx',), 'json', 'x', 1)"),
            ("ocrzoo_predictors", "PredictorSpec('text-recognition', 'evil:X')"),
            ("ocrzoo_pipelines", "PipelineSpec('ocr', 'evil:X', 'evil:X')"),
            ("ocrzoo_formats", "FormatSpec('rec_onnx', (frozenset({'x'}),))"),
            ("ocrzoo_formats", "FormatSpec('rec', (frozenset({'x'}),))"),
            ("ocrzoo_formats", "FormatSpec('nnx_paddle', (frozenset({'aux.bin'}),))"),
            ("ocrzoo_predictors", "PredictorSpec('own', 'evil:X', tasks=None)"),
            ("ocrzoo_engines", "EngineSpec('own', 'evil:X', 'onnx', 'json', 'x', 1)"),
        ],
    )
    def test_so_is_a_spec(self, site: SitePackages, settings: Settings, hook: str, spec: str) -> None:
        source = (
            "from ocrzoo_registry import hookimpl\nfrom ocrzoo_registry.plugins.specs import *\n"
            f"@hookimpl\ndef {hook}():\n    yield {spec}\n"
        )
        site.install("evil-dist", {"evil": source})
        plain, zoo = Zoo(with_all(settings)), Zoo(with_all(settings))
        zoo.plugins.call_all()
        assert [failure.stage for failure in plugin(zoo.plugins, "evil").failures] == ["hook"]
        kinds = ("sources", "engines", "predictors", "pipelines")
        assert [getattr(zoo, kind).names for kind in kinds] == [getattr(plain, kind).names for kind in kinds]
        assert {zoo.sources.origin(name).distribution for name in zoo.sources.names} == {"ocrzoo"}

    def test_the_fault_of_a_spec_is_not_called_one_of_a_card(self, site: SitePackages, settings: Settings) -> None:
        source = (
            "from ocrzoo_registry import hookimpl\nfrom ocrzoo_registry.plugins.specs import SourceSpec\n"
            "@hookimpl\ndef ocrzoo_sources():\n    yield SourceSpec('BOS', 'evil:X', rank=1)\n"
        )
        site.install("evil-dist", {"evil": source})
        zoo = Zoo(with_all(settings))
        zoo.plugins.call_all()
        (failure,) = plugin(zoo.plugins, "evil").failures
        fault = "ValueError: BOS: name: looks like the official bos: choose another"
        assert failure.message == f"ocrzoo_sources: {fault}"

    def test_names_that_some_disks_take_for_one_are_both_refused(self, site: SitePackages, settings: Settings) -> None:
        install_cards(site, "sand", card_data(name="Seaside_det"))
        install_cards(site, "sea", card_data(name="seaside_det"), card_data(name="other_det"))
        zoo = Zoo(settings)
        assert zoo.models.names == ["other_det"]
        (failure,) = plugin(zoo.plugins, "sand").failures
        assert "differs from seaside_det only in case" in failure.message


class TestAnOverride:
    NAME = "PP-OCRv5_mobile_det"

    def cards(self, site: SitePackages) -> None:
        site.install("unused", {}, files={"weights/inference.onnx": WEIGHTS})
        install_cards(site, "evil", card_data(name=self.NAME, sources={"directory": {"onnx": {"path": "weights"}}}))

    def test_without_the_users_word_the_official_card_is_used(self, site: SitePackages, settings: Settings) -> None:
        self.cards(site)
        assert Zoo(with_all(settings)).models.origin(self.NAME).distribution == "ocrzoo"

    @pytest.mark.parametrize("chosen", ["evil-dist", "Evil.Dist"])
    def test_with_it_the_other(
        self, site: SitePackages, settings: Settings, caplog: pytest.LogCaptureFixture, chosen: str
    ) -> None:
        self.cards(site)
        zoo = Zoo(replace(with_all(settings), overrides={self.NAME: chosen}))
        assert zoo.models.origin(self.NAME).distribution == "evil-dist"
        assert "that of evil-dist is used, as OCRZOO_OVERRIDE says" in caplog.text

    def test_a_word_that_fits_nothing_is_told(
        self, site: SitePackages, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        self.cards(site)
        zoo = Zoo(replace(with_all(settings), overrides={self.NAME: "evl-dist", "PP-OCRv5_mobil_det": "evil-dist"}))
        assert zoo.models.origin(self.NAME).distribution == "ocrzoo"
        assert f"OCRZOO_OVERRIDE: evl-dist has no model {self.NAME!r} (did you mean evil-dist?)" in caplog.text
        assert "evil-dist has no model 'PP-OCRv5_mobil_det' (did you mean PP-OCRv5_mobile_det" in caplog.text

    def test_what_was_stored_for_the_other_card_is_not_used_for_the_official_one(
        self, site: SitePackages, settings: Settings
    ) -> None:
        self.cards(site)
        overridden = Zoo(replace(with_all(settings), overrides={self.NAME: "evil-dist"}, offline=True))
        stored = overridden.resolver.get(DownloadRequest(overridden.models.get(self.NAME), ["onnx"]))
        assert (stored.folder / "inference.onnx").read_bytes() == WEIGHTS
        official = Zoo(replace(with_all(settings), offline=True, sources=("directory",), sources_exact=True))
        with pytest.raises(SourceError, match="cannot be updated and offline mode is on"):
            official.resolver.get(DownloadRequest(official.models.get(self.NAME), ["onnx"]))


HOSTILE = {
    "a file above the folder": {"artifacts": {"onnx": {"files": [{"path": "../inference.onnx"}]}}},
    "an absolute path": {"charset": "/etc/passwd"},
    "a path of Windows": {"charset": "C:\\secrets.txt"},
    "a hidden file": {"charset": ".ssh/id_rsa"},
    "a device of Windows": {"name": "nul"},
    "a device with an ending": {"artifacts": {"onnx": {"files": [{"path": "inference.onnx"}, {"path": "aux.txt"}]}}},
    "a device as a folder": {"charset": "com1/x.txt"},
    "a name that Windows shortens to another": {"name": "PP-OCRv5_mobile_det."},
    "the folder of another format": {"name": "PP-OCRv5_mobile_det_onnx"},
    "a folder above": {"sources": {"directory": {"onnx": {"path": "../../weights"}}}},
    "an absolute folder": {"sources": {"directory": {"onnx": {"path": "/etc"}}}},
    "http": {"sources": {"bos": {"onnx": {"url": "http://example.org/x.tar"}}}},
    "a file's address": {"sources": {"bos": {"onnx": {"url": "file:///etc/passwd"}}}},
    "ftp": {"sources": {"bos": {"onnx": {"url": "ftp://example.org/x.tar"}}}},
    "this machine": {"sources": {"bos": {"onnx": {"url": "https://localhost:8000/x.tar"}}}},
    "this machine by number": {"sources": {"bos": {"onnx": {"url": "https://127.1/x.tar"}}}},
    "this machine by another number": {"sources": {"bos": {"onnx": {"url": "https://0x7f000001/x.tar"}}}},
    "this machine in IPv6": {"sources": {"bos": {"onnx": {"url": "https://[::ffff:127.0.0.1]/x.tar"}}}},
    "this machine, escaped": {"sources": {"bos": {"onnx": {"url": "https://%31%32%37.0.0.1:18443/x.tar"}}}},
    "this machine in wide letters": {"sources": {"bos": {"onnx": {"url": "https://１２７.0.0.1/x.tar"}}}},
    "this machine in old IPv6": {"sources": {"bos": {"onnx": {"url": "https://[::7f00:1]/x.tar"}}}},
    "this machine in NAT64": {"sources": {"bos": {"onnx": {"url": "https://[64:ff9b::7f00:1]/x.tar"}}}},
    "this machine in 6to4": {"sources": {"bos": {"onnx": {"url": "https://[2002:7f00:1::]/x.tar"}}}},
    "all machines": {"sources": {"bos": {"onnx": {"url": "https://[ff0e::1]/x.tar"}}}},
    "a private network": {"sources": {"bos": {"onnx": {"url": "https://10.0.0.1/x.tar"}}}},
    "a cloud's metadata": {"sources": {"bos": {"onnx": {"url": "https://169.254.169.254/latest/x.tar"}}}},
    "a private network behind a user": {"sources": {"bos": {"onnx": {"url": "https://example.org@10.0.0.1/x.tar"}}}},
    "no address": {"sources": {"bos": {"onnx": {"url": "https://[x/y.tar"}}}},
    "a repository that is an address": {"sources": {"huggingface": {"onnx": {"repository": "https://evil/x"}}}},
    "a repository above": {"sources": {"huggingface": {"onnx": {"repository": "a/../../b"}}}},
    "a revision that is a path": {"sources": {"huggingface": {"onnx": {"repository": "a/b", "revision": "../x"}}}},
    "an endpoint of its own": {"sources": {"huggingface": {"onnx": {"repository": "a/b", "endpoint": "https://evil"}}}},
    "a token of its own": {"sources": {"huggingface": {"onnx": {"repository": "a/b", "token": "HF_TOKEN"}}}},
    "an option of pip": {"sources": {"wheel": {"onnx": {"distribution": "--index-url=x", "version": "1"}}}},
    "the folder of an address": {"name": "hf--ocean--signs--c601a8e7f6ab"},
    "the folder of an address as an alias": {"aliases": ["LOCAL--signs--c601a8e7f6ab"]},
    "a size beyond reckoning": {"artifacts": {"onnx": {"files": [{"path": "inference.onnx", "size": 1 << 70}]}}},
    "a format of its own": {"artifacts": {"../onnx": {"files": [{"path": "x"}]}}},
}


@pytest.mark.parametrize("changes", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_card_costs_itself_and_reaches_nothing(
    site: SitePackages, settings: Settings, changes: dict[str, object]
) -> None:
    install_cards(site, "evil", {**card_data(name="evil_det"), **changes}, card_data(name="honest_det"))
    zoo = Zoo(with_all(settings))
    assert "honest_det" in zoo.models
    assert "evil_det" not in zoo.models
    (failure,) = plugin(zoo.plugins, "evil").failures
    assert failure.stage == "hook"
    assert "CardError" in failure.message


@pytest.mark.parametrize(
    "url",
    ["https://example.org/x", "https://models.10.example:8443/x", "https://1.1.1.1/x", "https://[2606:4700::1111]/x"],
)
def test_a_public_address_is_accepted(url: str) -> None:
    card = build_card(card_data(sources={"bos": {"onnx": {"url": url}}}), origin="here")
    assert card.sources["bos"]["onnx"]["url"] == url


class TestLinks:
    """A clone of a repository has links, which a wheel has not."""

    def stranger(self, site: SitePackages, tmp_path: Path, link: str, to: str) -> Zoo:
        secret = tmp_path / "secret"
        secret.mkdir()
        (secret / "inference.onnx").write_bytes(b"secret")
        (secret / "charset.txt").write_text("s\ne\nc\n")
        install_cards(
            site, "evil", card_data(sources={"directory": {"onnx": {"path": "weights"}}}, charset="charset.txt")
        )
        (site.folder / "weights").mkdir()
        (site.folder / "weights" / "inference.onnx").write_bytes(WEIGHTS)
        (site.folder / "charset.txt").write_text("a\nb\n")
        (site.folder / link).rename(tmp_path / "away")
        (site.folder / link).symlink_to(secret / to)
        return Zoo(replace(with_all(Settings(home=tmp_path / "home")), offline=True))

    @pytest.mark.parametrize(("link", "to"), [("weights/inference.onnx", "inference.onnx"), ("weights", "")])
    def test_weights_that_are_a_link_to_elsewhere_are_not_copied(
        self, site: SitePackages, tmp_path: Path, link: str, to: str
    ) -> None:
        zoo = self.stranger(site, tmp_path, link, to)
        with pytest.raises(SourceError, match="is a link to a file outside of"):
            zoo.resolver.get(DownloadRequest(zoo.models.get("seaside_det"), ["onnx"]))
        assert not list(zoo.settings.home.rglob("*.onnx"))

    def test_nor_is_a_charset_read(self, site: SitePackages, tmp_path: Path) -> None:
        zoo = self.stranger(site, tmp_path, "charset.txt", "charset.txt")
        with pytest.raises(CardError, match="charset: it is a link to a file outside of the card's folder"):
            zoo.models.get("seaside_det")

    def test_links_inside_the_folder_are_followed(self, site: SitePackages, settings: Settings) -> None:
        install_cards(site, "sea", card_data(sources={"directory": {"onnx": {"path": "weights"}}}))
        (site.folder / "v2").mkdir()
        (site.folder / "v2" / "inference.onnx").write_bytes(WEIGHTS)
        (site.folder / "weights").symlink_to("v2")
        zoo = Zoo(replace(with_all(settings), offline=True))
        stored = zoo.resolver.get(DownloadRequest(zoo.models.get("seaside_det"), ["onnx"]))
        assert (stored.folder / "inference.onnx").read_bytes() == WEIGHTS
