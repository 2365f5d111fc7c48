"""What is checked: a folder, an installed plugin, or a model, and what is said of each as a whole."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from tests.core.testing.plugins import Seaside
from tests.registry.kit import SitePackages, card_data

from ocrzoo.testing import Result
from ocrzoo.testing import check as check_apart
from ocrzoo.testing.running import Job, run
from ocrzoo.testing.targets import read_project, zoo_for
from ocrzoo_registry.errors import UnknownModel, UsageError
from ocrzoo_registry.zoo import Zoo

pytestmark = pytest.mark.usefixtures("without_network")

CARD = """
from ocrzoo_registry import build_card, hookimpl

@hookimpl
def ocrzoo_model_cards():
    yield build_card({card!r}, origin=__file__)
"""


class TestTargets:
    def test_a_name_that_nothing_has(self) -> None:
        with pytest.raises(
            UnknownModel, match=r"no model is called 'PP-OCRv6_tiny_rex' \(did you mean PP-OCRv6_tiny_rec"
        ):
            list(run(Job(names=("PP-OCRv6_tiny_rex",))))

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (None, "pyproject.toml could not be read: No such file"),
            ("[project", "is not TOML"),
            ("[project]\nname = 'a'\n", r"add the table \[project.entry-points.ocrzoo\]"),
            (
                "[project]\nname = '../../../a'\n[project.entry-points.ocrzoo]\na = 'a'\n",
                "project.name is '../../../a': letters, digits",
            ),
            ("[project.entry-points.ocrzoo]\na = 'gone'\n", "has no package 'gone', which its entry point names"),
        ],
    )
    def test_a_folder_that_is_no_plugin(self, tmp_path: Path, content: str | None, message: str) -> None:
        if content is not None:
            (tmp_path / "pyproject.toml").write_text(content)
        with pytest.raises(UsageError, match=message):
            check_apart(tmp_path)

    def test_packages_are_found_in_src(self, tmp_path: Path, zoo: Zoo) -> None:
        plugin = Seaside(tmp_path / "seaside", zoo, module="", weights=b"")
        plugin.write()
        (tmp_path / "seaside" / "src").mkdir()
        (tmp_path / "seaside" / "ocrzoo_seaside").rename(tmp_path / "seaside" / "src" / "ocrzoo_seaside")

        [result, *_] = [one for one in run(Job(folder=plugin.folder)) if isinstance(one, Result)]

        assert [finding.message for finding in result.findings] == ["it registers nothing"]

    def test_each_folder_is_checked_by_its_own_code(self, tmp_path: Path, zoo: Zoo) -> None:
        good = Seaside(tmp_path / "good", zoo, weights=b"").write()
        bad = Seaside(tmp_path / "bad", zoo, module="import ocrzoo_no_such_module", weights=b"").write()

        found = [[one for one in run(Job(folder=folder)) if isinstance(one, Result)] for folder in (good, bad, good)]

        assert [[finding.where for finding in first.findings] for first, *_ in found] == [[], ["import"], []]

    def test_files_of_an_installed_package(self, site: SitePackages) -> None:
        files = {"ocrzoo_seaside/__init__.py": b"", "ocrzoo_seaside/model.pkl": pickle.dumps({})}
        site.install("ocrzoo-seaside", files=files, entry_points={"seaside": "ocrzoo_seaside"})

        found = [one for one in run(Job(names=("ocrzoo-seaside",))) if isinstance(one, Result) and one.check == "files"]

        assert [(one.where, one.message) for one in found[0].findings] == [
            ("ocrzoo_seaside/model.pkl", "is a pickle, or has pickles in it")
        ]

    def test_a_plugin_that_is_not_allowed(self, site: SitePackages, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OCRZOO_PLUGINS", "none")
        site.install("ocrzoo-one", {"ocrzoo_one": ""})

        found = [one for one in run(Job()) if isinstance(one, Result) and one.check == "plugin"]

        assert [str(finding) for finding in found[0].findings] == [
            "trust: OCRZOO_PLUGINS does not name ocrzoo-one ('ocrzoo plugins audit' has the reasons)"
        ]

    def test_a_folder_may_be_imported_unsigned_and_nothing_else_then(
        self, tmp_path: Path, zoo: Zoo, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OCRZOO_PLUGIN_KEYS", "release.pem")
        monkeypatch.setenv("OCRZOO_PLUGINS", "ocrzoo-signed")
        folder = Seaside(tmp_path / "seaside", zoo, weights=b"").write()

        settings = zoo_for(read_project(folder), tmp_path / "home", lambda: None).settings

        assert (settings.plugin_keys, settings.allowed_plugins) == ((), ("ocrzoo-seaside",))

    def test_an_alias_of_two_plugins(self, site: SitePackages) -> None:
        for number in ("one", "two"):
            card = card_data(name=f"{number}_det", aliases=["gull_det"])
            site.install(f"ocrzoo-{number}", {f"ocrzoo_{number}": CARD.format(card=card)})

        first = next(one for one in run(Job(names=("ocrzoo-one",))) if isinstance(one, Result))

        assert [finding.message.partition(":")[0] for finding in first.findings] == [
            "alias 'gull_det' is registered by 'ocrzoo_one' (ocrzoo-one 1.0) and 'ocrzoo_two' (ocrzoo-two 1.0)"
        ]

    def test_all_installed_plugins_but_those_of_ocrzoo(self, site: SitePackages) -> None:
        site.install("ocrzoo-one", {"ocrzoo_one": "import ocrzoo_no_such_module"})
        site.install("ocrzoo-two", {"ocrzoo_two": ""})

        found = [one for one in run(Job()) if isinstance(one, Result) and one.check == "plugin"]

        assert [(one.subject, one.findings[0].where or one.findings[0].message) for one in found] == [
            ("ocrzoo_one", "import"),
            ("ocrzoo_two", "ocrzoo_two"),
        ]
