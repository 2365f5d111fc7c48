"""Weights of the user's own: which card they are run by."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.registry.kit import SitePackages, card_data

from ocrzoo.custom_weights import custom_card, custom_files, task_of
from ocrzoo_registry.errors import IntegrityError, UsageError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inference.onnx").touch()
    return tmp_path


def says(folder: Path, name: str) -> Path:
    (folder / "inference.yml").write_text(f"Global: {{model_name: {name}}}\n")
    return folder


@pytest.mark.parametrize(
    ("files", "file_format"),
    [
        ({"inference.onnx"}, "onnx"),
        ({"inference.json", "inference.pdiparams"}, "paddle"),
        ({"inference.pdmodel", "inference.pdiparams"}, "paddle"),
        ({"inference.onnx", "inference.json", "inference.pdiparams"}, "onnx"),
    ],
)
def test_the_format_is_told_by_the_files(tmp_path: Path, files: set[str], file_format: str) -> None:
    for name in files:
        (tmp_path / name).touch()
    assert custom_files(tmp_path, "mine").file_format == file_format


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"could not be read for mine: No such file or directory$"):
        custom_files(tmp_path / "no", "mine")


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no model"):
        custom_files(tmp_path, "mine")


class TestNames:
    """A new name is fine where the task is known; two known names that differ are a mistake."""

    def test_the_published_one(self, zoo: Zoo, folder: Path) -> None:
        says(folder, "arabic_PP-OCRv5_mobile_rec")
        card = custom_card(zoo, "arabic_PP-OCRv5_mobile_rec", "text_recognition", folder)
        assert (card.name, card.scripts) == ("arabic_PP-OCRv5_mobile_rec", ("Arab",))
        assert card.charset is None, "the charset is the folder's"

    def test_the_folder_alone_says_it(self, zoo: Zoo, folder: Path) -> None:
        says(folder, "arabic_PP-OCRv5_mobile_rec")
        assert custom_card(zoo, None, "text_recognition", folder).name == "arabic_PP-OCRv5_mobile_rec"

    @pytest.mark.parametrize("given", [None, "arabic_PP-OCRv5_mobile_rec"])
    def test_a_former_name_in_the_folder(self, zoo: Zoo, folder: Path, given: str | None) -> None:
        says(folder, "arabic_PP-OCRv5_rec_mobile")
        assert custom_card(zoo, given, "text_recognition", folder).name == "arabic_PP-OCRv5_mobile_rec"

    def test_a_new_name_for_weights_made_from_published_ones(self, zoo: Zoo, folder: Path) -> None:
        says(folder, "arabic_PP-OCRv5_mobile_rec")
        card = custom_card(zoo, "receipts", "text_recognition", folder)
        assert (card.name, card.scripts) == ("receipts", ("Arab",))

    def test_a_new_name_in_the_folder(self, zoo: Zoo, folder: Path) -> None:
        card = custom_card(zoo, "PP-OCRv5_mobile_rec", "text_recognition", says(folder, "receipts"))
        assert card.name == "PP-OCRv5_mobile_rec"

    def test_an_unknown_name_is_accepted(self, zoo: Zoo, folder: Path) -> None:
        card = custom_card(zoo, None, "text_recognition", says(folder, "receipts"))
        assert card.name == "receipts"
        assert card.inference.predictor == "text_recognition"
        assert (card.languages, card.scripts, card.metrics) == ((), (), ())

    @pytest.mark.parametrize("stated", ["[a, b]", "{a: b}", "7"])
    def test_a_name_that_is_no_text_is_none(self, zoo: Zoo, folder: Path, stated: str) -> None:
        assert custom_card(zoo, None, "text_recognition", says(folder, stated)).name == folder.name

    def test_a_name_is_no_longer_than_a_message(self, zoo: Zoo, folder: Path) -> None:
        assert custom_card(zoo, None, "text_recognition", says(folder, "x" * 9000)).name == "x" * 200

    def test_none_at_all(self, zoo: Zoo, folder: Path) -> None:
        assert custom_card(zoo, None, "textline_orientation", folder).name == folder.name

    def test_two_published_names(self, zoo: Zoo, folder: Path) -> None:
        with pytest.raises(IntegrityError, match="holds en_PP-OCRv5_mobile_rec, not PP-OCRv5_mobile_rec"):
            custom_card(zoo, "PP-OCRv5_mobile_rec", "text_recognition", says(folder, "en_PP-OCRv5_mobile_rec"))

    def test_another_task(self, zoo: Zoo, folder: Path) -> None:
        with pytest.raises(UsageError, match="does text_detection, not text_recognition"):
            custom_card(zoo, None, "text_recognition", says(folder, "PP-OCRv5_mobile_det"))


class TestAddresses:
    """Whoever made a folder does not choose what else is looked at: an address in its ``inference.yml`` is no name."""

    @pytest.mark.parametrize("address", ["hf://org/name", "/home/somebody", "./weights"])
    def test_it_is_not_followed(self, zoo: Zoo, folder: Path, address: str) -> None:
        assert custom_card(zoo, None, "text_recognition", says(folder, address)).name == folder.name
        with pytest.raises(UsageError, match="its model is not registered: add task="):
            task_of(zoo, None, folder)


PLUGIN = """
from ocrzoo_registry import PredictorSpec, build_card, hookimpl

@hookimpl
def ocrzoo_predictors():
    yield PredictorSpec("beam", "nowhere:Beam", tasks=("text_detection",))

@hookimpl
def ocrzoo_model_cards():
    yield build_card({data!r}, origin=__file__)
"""


def test_nameless_weights_are_run_as_a_model_of_ocrzoo(site: SitePackages, folder: Path, tmp_path: Path) -> None:
    """Those of plugins may have a predictor of their own, whatever their names are."""
    site.install("sea-dist", {"sea": PLUGIN.format(data=card_data(name="A_det", inference={"predictor": "beam"}))})
    zoo = Zoo(Settings(home=tmp_path / "home"))
    assert next(card.name for card in zoo.models if card.task == "text_detection") == "A_det"

    assert custom_card(zoo, None, "text_detection", folder).inference.predictor == "text_detection"
