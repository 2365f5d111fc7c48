"""A model's former name works wherever a name is taken, and the user is told the present one."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.hubs.server import Hubs

from ocrzoo.pipelines.config import Configuration
from ocrzoo_registry.models import download
from ocrzoo_registry.plugins.aliases import warn_renamed
from ocrzoo_registry.zoo import Zoo

Run = Callable[..., Any]
OLD, NEW = "ch_PP-OCRv5_det_mobile", "PP-OCRv5_mobile_det"
WARNING = f"warning: '{OLD}' is now '{NEW}'\n"


@pytest.fixture(autouse=True)
def _nothing_warned() -> None:
    warn_renamed.cache_clear()


def rename_in(path: Path) -> None:
    """Let a lock file or an index be one from before the model was renamed."""
    data = json.loads(path.read_text(encoding="utf-8"))
    for model in data["models"]:
        if model["name"] == NEW:
            model["name"] = OLD
            if "card" in model:
                model["card"] |= {"name": OLD, "aliases": []}
    data["models"].sort(key=lambda model: (model["name"], model["format"]))
    path.write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("models", "show", OLD), f"Model\t{NEW}\n"),
        (("models", "show", OLD, "--json"), f'"name": "{NEW}"'),
        (("models", "list", OLD), f"\n{NEW}\t"),
        (("models", "pull", OLD, "--json"), f'"name": "{NEW}"'),
        (("models", "diff", OLD, "PP-OCRv5_server_det"), "tier\tmobile\tserver"),
        (("lock", OLD), "ocrzoo.lock: models 1, files "),
    ],
)
def test_commands_take_the_former_name(run: Run, folder: Path, command: tuple[str, ...], expected: str) -> None:
    ran = run(*command)
    assert ran.code == 0
    assert expected in ran.out
    assert ran.err.count(WARNING) == ("list" not in command)  # a pattern is not a name


def test_both_names_are_one_model(run: Run, folder: Path) -> None:
    assert len(json.loads(run("models", "pull", OLD, NEW, "--json").out)) == 1
    assert run("lock", NEW, OLD).out.startswith("ocrzoo.lock: models 1, ")


def test_the_store_has_it_under_the_present_name(run: Run, folder: Path) -> None:
    run("models", "pull", OLD, "--format", "paddle")
    assert [path.name for path in folder.iterdir() if path.name != ".ocrzoo"] == [NEW]
    assert run("models", "path", OLD).out == f"{folder / NEW}\n"
    assert f"{NEW}\tpaddle\tverified" in run("models", "verify", OLD).out
    assert run("models", "repair", OLD).code == 0
    assert run("models", "remove", OLD).out.startswith(f"{NEW} (paddle): removed")


def test_what_is_stored_under_the_former_name_is_removed_as_such(run: Run, folder: Path) -> None:
    run("models", "pull", NEW, "--format", "paddle")
    (folder / NEW).rename(folder / OLD)
    assert run("models", "remove", OLD).out.startswith(f"{OLD} (paddle): removed")


@pytest.mark.parametrize("names", [(), (OLD,), (NEW,)])
def test_a_lock_file_with_the_former_name_brings_the_files_that_it_pins(
    run: Run, folder: Path, hubs: Hubs, names: tuple[str, ...]
) -> None:
    run("lock", NEW, "--format", "paddle")
    rename_in(Path("ocrzoo.lock"))
    shutil.rmtree(folder)
    hubs.models[NEW]["inference.pdiparams"] = b"newer" * 9  # the commit that is pinned is still there
    ran = run("models", "pull", "--locked", *names)
    assert ran.code == 0
    assert WARNING in ran.err
    assert (folder / NEW / "inference.pdiparams").read_bytes() == b"w" * 9000


def test_a_name_that_no_lock_file_has_is_answered_with_the_nearest(run: Run, folder: Path) -> None:
    run("lock", NEW)
    assert run("models", "pull", "--locked", "PP-OCRv5_mobile_rec").error.endswith(
        f"does not lock PP-OCRv5_mobile_rec (did you mean {NEW}?)"
    )


def test_a_mirror_from_before_the_renaming_serves_the_model(
    run: Run, folder: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("mirror", "build", mirror, OLD, "--format", "paddle").code == 0
    rename_in(mirror / "current" / "index.json")
    shutil.rmtree(folder, ignore_errors=True)
    monkeypatch.setenv("OCRZOO_MIRROR", str(mirror))
    monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", "mirror")
    monkeypatch.setenv("OCRZOO_MIRROR_CARDS", "1")
    assert f"\n{NEW}\ttext_detection" in (listed := run("models", "list", "_det").out)
    assert f"\n{OLD}\t" not in listed
    assert re.search(rf"^{NEW}\t.*\tavailable", listed, re.MULTILINE)
    assert run("models", "pull", NEW, "--format", "paddle").code == 0
    assert (folder / NEW / "inference.pdiparams").is_file()


@pytest.mark.parametrize("name", [OLD, NEW])
def test_a_bundle_has_it_by_either_name(run: Run, folder: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / "models.tar"
    assert run("bundle", "export", target, OLD, "--format", "paddle").code == 0
    shutil.rmtree(folder)
    assert run("bundle", "import", target, name).code == 0
    assert (folder / NEW / "inference.pdiparams").is_file()


def test_python_takes_the_former_name(folder: Path) -> None:
    assert download(OLD, format="paddle").name == NEW


class TestPipelines:
    """Configurations have the present names once they are loaded, so that models are shared and receipts agree."""

    def test_a_module_and_further_models(self, caplog: pytest.LogCaptureFixture) -> None:
        zoo = Zoo()
        recognition = {
            "module_name": "text_recognition",
            "model_name": "PP-OCRv5_rec_mobile",
            "languages": ["en"],
            "others": [{"model_name": "eslav_PP-OCRv5_rec_mobile", "languages": ["ru"]}],
        }
        modules = {
            "TextDetection": {"module_name": "text_detection", "model_name": OLD},
            "TextRecognition": recognition,
        }
        found = Configuration.load(zoo, None, {"pipeline_name": "OCR", "SubModules": modules})
        assert found.model_names == [NEW, "PP-OCRv5_mobile_rec", "eslav_PP-OCRv5_mobile_rec"]
        assert len(caplog.messages) == 3

    def test_a_configuration_with_present_names_is_left_alone(self) -> None:
        found = Configuration.load(Zoo(), "OCR")
        assert found.with_current_names(Zoo()) is found
